"""Files as llama-perplexity --save-all-logits writes them, and what llama-perplexity --kl-divergence makes of two.

Written from the source, https://github.com/ggml-org/llama.cpp/blob/master/tools/perplexity/perplexity.cpp, with a
float where C++ has a float, and a double where it has a double.
"""

import numpy as np

F = np.float32


def encoded(logits):
    """The uint16 of a row of float32 logits: scale and smallest log-probability, then codes, an even number."""
    largest = logits.max()
    smallest = max(logits.min(), F(largest - F(16)))
    sum_exp = np.exp(F(logits - largest)).astype(np.float64).sum()
    log_sum_exp = F(np.log(sum_exp))
    scale = F((largest - smallest) / F(65535))
    row = np.zeros(2 * ((len(logits) + 1) // 2) + 4, np.uint16)
    row[:4] = np.array([scale, F(F(smallest - largest) - log_sum_exp)], F).view(np.uint16)
    if scale:
        inverse = F(F(1) / scale)
        # nearest_int: to the nearest, halves to even, as adding 12582912 in float32 does.
        codes = np.rint(F(inverse * F(logits - smallest))).astype(np.int64)
        row[4 : 4 + len(logits)] = np.where(logits > smallest, codes, 0)
    return row


def written(logits, tokens, context):
    """The bytes of a file; logits (chunks, rows, classes) are those of the second half of each chunk of tokens."""
    chunks, rows, classes = logits.shape
    assert rows == context - 1 - context // 2
    assert tokens.shape == (chunks, context)
    sizes = np.array([context, classes, chunks], "<i4").tobytes()
    codes = [encoded(row).astype("<u2").tobytes() for chunk in logits.astype(F) for row in chunk]
    return b"_logits_" + sizes + tokens.astype("<i4").tobytes() + b"".join(codes)


def log_probs(content):
    """The log-probabilities (rows, classes) of a file as --kl-divergence computes them, and the token after each."""
    context, classes, chunks = np.frombuffer(content[8:20], "<i4").tolist()
    tokens = np.frombuffer(content[20 : 20 + 4 * context * chunks], "<i4").reshape(chunks, context)
    codes = 2 * ((classes + 1) // 2) + 4
    found = []
    next_tokens = []
    place = 20 + 4 * context * chunks
    for chunk in range(chunks):
        for row in range(context - 1 - context // 2):
            values = np.frombuffer(content[place : place + 2 * codes], "<u2")
            scale, smallest = values[:4].view(F)
            found.append(F(F(scale * values[4 : 4 + classes].astype(F)) + smallest))
            next_tokens.append(tokens[chunk, context // 2 + row + 1])
            place += 2 * codes
    return np.array(found), np.array(next_tokens)
