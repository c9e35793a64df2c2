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


def kl_divergence(base, q):
    """What --kl-divergence prints (as numbers, not in percent) of logits of Q against the file of a base.

    ``base`` and ``q`` are log-probabilities (rows, classes), and Q's are its logits here; ``tokens`` the next tokens.
    """
    (log_p, tokens), (logits, _) = base, q
    log_sum = np.log(np.exp(logits.astype(float)).sum(axis=1))
    rows = np.arange(len(tokens))
    nll, nll_base = log_sum - logits[rows, tokens], -log_p[rows, tokens].astype(float)
    terms = np.exp(log_p.astype(float)) * (log_p.astype(float) - logits + log_sum[:, np.newaxis])
    kld = np.where(log_p > -16, terms, 0).sum(axis=1)
    p_diff = np.exp(-nll) - np.exp(-nll_base)
    return {"nll": nll, "nll_base": nll_base, "kld": kld, "p_diff": p_diff, **printed(nll, nll_base, kld, p_diff)}


def printed(nll, nll_base, kld, p_diff):
    """The figures of the two sections at the end, each with its ± where it has one."""
    count = len(nll)

    def mean(values):
        variance = (values**2).mean() - values.mean() ** 2
        return values.mean(), np.sqrt(variance / (count - 1))

    (of_q, error_q), (of_base, error_base) = mean(nll), mean(nll_base)
    covariance = ((nll * nll_base).mean() - nll.mean() * nll_base.mean()) / (count - 1)
    ratio, ratio_error = of_q - of_base, np.sqrt(error_q**2 + error_base**2 - 2 * covariance)
    ppl, ppl_base = np.exp(of_q), np.exp(of_base)
    square, square_error = mean(p_diff**2)
    change_error = np.sqrt((ppl * error_q) ** 2 + (ppl_base * error_base) ** 2 - 2 * ppl * ppl_base * covariance)
    return {
        "Mean PPL(Q)": (ppl, ppl * error_q),
        "Mean PPL(base)": (ppl_base, ppl_base * error_base),
        "Cor(ln(PPL(Q)), ln(PPL(base)))": (covariance / (error_q * error_base), None),
        "Mean ln(PPL(Q)/PPL(base))": (ratio, ratio_error),
        "Mean PPL(Q)/PPL(base)": (np.exp(ratio), np.exp(ratio) * ratio_error),
        "Mean PPL(Q)-PPL(base)": (ppl - ppl_base, change_error),
        "Mean KLD": mean(kld),
        "Mean Δp": mean(p_diff),
        "RMS Δp": (np.sqrt(square), 0.5 / np.sqrt(square) * square_error),
    }
