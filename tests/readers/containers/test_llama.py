"""llama.cpp's logits file, written from the description of its source."""

import json
from pathlib import Path

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.containers import entries_of
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

from .llama_files import kl_divergence, log_probs, written


def drawn(chunks=3, context=9, classes=7, scale=3.0, seed=0):
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, scale, (chunks, context - 1 - context // 2, classes)).astype(np.float32)
    return logits, generator.integers(0, classes, (chunks, context)), context


def write(*given, name="x.kld"):
    content = written(*given)
    Path(name).write_bytes(content)
    return content


def opened(address, *, text=False):
    return open_table(Source(address), Dialect(), Selection(text=text))


@pytest.mark.parametrize(("context", "classes"), [(9, 7), (8, 6), (3, 2), (512, 33)])
@pytest.mark.parametrize("rows", [1, 5, 10_000])
def test_the_log_probabilities_are_those_of_llama_cpp(context, classes, rows):
    content = write(*drawn(3, context, classes))
    expected, tokens = log_probs(content)
    table = opened("x.kld:log_probs")
    assert table.shape == expected.shape
    assert np.concatenate(list(table.blocks(rows, 1))).tobytes() == expected.tobytes()
    assert np.concatenate(list(table.blocks(rows, 0))).tobytes() == np.ascontiguousarray(expected.T).tobytes()
    assert np.concatenate(list(table.blocks(rows, None))).tobytes() == expected.tobytes()
    of_labels = opened("x.kld:tokens", text=True)
    assert np.concatenate(list(of_labels.blocks(rows, None))).tolist() == tokens.tolist()


def test_the_log_probabilities_are_near_those_of_the_logits():
    logits, tokens, context = drawn(2, 40, 50, scale=1.5)
    write(logits, tokens, context)
    exact = logits - np.log(np.exp(logits.astype(float)).sum(axis=-1, keepdims=True))
    found = np.concatenate(list(opened("x.kld:log_probs").blocks(100, 1)))
    span = np.ptp(logits, axis=-1).max()
    assert np.abs(found - exact.reshape(found.shape)).max() < span / 65535 / 2 + 1e-5


def test_a_part_of_the_classes_can_be_chosen():
    expected, _ = log_probs(write(*drawn()))
    table = opened("x.kld:log_probs").select(1, "2,0")
    assert np.concatenate(list(table.blocks(5, 1))).tobytes() == expected[:, [2, 0]].tobytes()


def test_the_header_lists_both():
    write(*drawn())
    listed = [(entry.name, entry.kind, entry.shape) for entry in entries_of(Source("x.kld"))]
    assert listed == [("log_probs", "float32", (12, 7)), ("tokens", "int32", (12,))]


def test_one_file_gives_the_loss_that_llama_cpp_computes(run):
    expected, tokens = log_probs(write(*drawn(4, 65, 20)))
    outcome = run("loss", "x.kld", "-q", "--variant", "nll_loss")
    signature = run("loss", "x.kld").lines[1][-1]
    losses = -expected[np.arange(len(tokens)), tokens].astype(float)
    assert float(outcome.out) == pytest.approx(losses.mean(), abs=2e-4)  # the rows sum to 1 within the codes' width
    assert "values:log-probabilities|logits_array:log_probs|labels_array:tokens" in signature


def test_a_pipe_is_read_too(run):
    content = write(*drawn(4, 65, 20))
    assert run("loss", "-", "-q", stdin=content).out == run("loss", "x.kld", "-q").out


def test_tokens_at_the_floor_are_counted_and_said(run):
    logits, tokens, context = drawn(4, 33, 20)
    flat, following = logits.reshape(-1, 20), tokens[:, context // 2 + 1 :].reshape(-1)
    for row in (3, 4, 50):
        flat[row, following[row]] = flat[row].max() - 17 - row
    flat[5, following[5]] = flat[5].min() - 0.5  # the smallest of a row that does not reach so far down
    write(logits, tokens, context)
    said = "x.kld:log_probs: 3 of 64 tokens lie at the floor of the 16-bit codes, 16 nats or more below the likeliest"
    outcome = run("loss", "x.kld", "-q")
    assert outcome.status == 0
    assert said in outcome.err
    assert "lower bounds" in outcome.err


def test_nothing_is_said_where_no_token_lies_there(run):
    write(*drawn(4, 33, 20, scale=1.0))
    assert "floor" not in run("loss", "x.kld", "-q").err


@pytest.mark.parametrize("whole", [0, 1, 2])
def test_a_short_file_says_how_many_chunks_are_whole(run, whole):
    content = write(*drawn(3, 9, 7))
    of_chunk = 4 * 2 * (2 * 4 + 4)
    data = 20 + 4 * 27
    Path("x.kld").write_bytes(content[: data + whole * of_chunk + of_chunk - 1])
    outcome = run("loss", "x.kld")
    assert outcome.status == 3
    assert outcome.err.startswith(f"error: x.kld: cut short: {whole} of 3 chunks are whole; look for space on the disk")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("size", [12, 16, 19, 20, 60])
def test_a_file_that_ends_before_its_rows_is_refused(size):
    content = write(*drawn())
    Path("x.kld").write_bytes(content[:size])
    with pytest.raises(InputError, match=r"^x\.kld: cut short"):
        opened("x.kld:tokens")


@pytest.mark.parametrize(
    "sizes", [(0, 7, 3), (2, 7, 3), (9, 0, 3), (9, 7, 0), (9, -7, -3), (2**24 - 1, 2**31 - 1, 2**31 - 1)]
)
def test_sizes_that_cannot_be_are_refused(sizes):
    content = write(*drawn())
    Path("x.kld").write_bytes(content[:8] + np.array(sizes, "<i4").tobytes() + content[20:])
    with pytest.raises(InputError) as refused:
        entries_of(Source("x.kld"))
    assert str(refused.value).startswith("x.kld: ")
    assert "\n" not in str(refused.value)


def test_bytes_behind_the_rows_are_said():
    content = write(*drawn())
    Path("x.kld").write_bytes(content + b"more")
    assert opened("x.kld:log_probs").notes == ("x.kld: the 4 bytes behind its rows are left unread",)


def test_a_row_of_nan_stays_one():
    logits, tokens, context = drawn()
    content = bytearray(written(logits, tokens, context))
    content[20 + 4 * 27 : 20 + 4 * 27 + 4] = np.array([np.nan], "<f4").tobytes()
    Path("x.kld").write_bytes(content)
    found = np.concatenate(list(opened("x.kld:log_probs").blocks(100, 1)))
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1:]).all()


def test_a_column_of_that_name_is_text():
    Path("x.csv").write_text("_logits_,b\n0.5,1.5\n")
    assert opened("x.csv").column_names == ("_logits_", "b")


def test_compare_gives_what_kl_divergence_prints(run):
    logits, tokens, context = drawn(6, 65, 40, scale=2.0)
    noise = np.random.default_rng(1).normal(0, 0.3, logits.shape).astype(np.float32)
    base, q = (
        log_probs(write(each, tokens, context, name=name)) for each, name in ((logits, "a"), (logits + noise, "b"))
    )
    printed = kl_divergence(base, q)
    found = json.loads(run("compare", "a", "b", "--format", "json").out)["figures"]
    names = {
        "Mean PPL(Q)": "perplexity_b",
        "Mean PPL(base)": "perplexity_a",
        "Cor(ln(PPL(Q)), ln(PPL(base)))": "loss_correlation",
        "Mean ln(PPL(Q)/PPL(base))": "loss_change",
        "Mean PPL(Q)/PPL(base)": "perplexity_ratio",
        "Mean PPL(Q)-PPL(base)": "perplexity_change",
        "Mean KLD": "kl",
        "Mean Δp": "p_label_change",
        "RMS Δp": "rms_p_label_change",
    }
    # A row of codes sums to 1 only within their width, 16 / 65535: the tool divides by the sum, llama.cpp does not.
    near = {"rel": 1e-2, "abs": 1e-4}
    for name, quantity in names.items():
        value, error = printed[name]
        assert found[quantity]["value"] == pytest.approx(value, **near)
        assert error is None or found[quantity]["standard_error"] == pytest.approx(error, **near)
    shares = {"min": 0, "p001": 0.001, "p01": 0.01, "p05": 0.05, "p10": 0.1, "p50": 0.5, "p90": 0.9}
    shares |= {"p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1}
    for of, values in (("kl", printed["kld"]), ("p_label_change", printed["p_diff"])):
        for share, at in shares.items():
            assert found[f"{share}_{of}"]["value"] == pytest.approx(np.quantile(values, at), **near)
    for share, at in (("p25", 0.25), ("p75", 0.75)):
        assert found[f"{share}_p_label_change"]["value"] == pytest.approx(np.quantile(printed["p_diff"], at), **near)
    same = (base[0].argmax(axis=1) == q[0].argmax(axis=1)).mean()
    assert found["top1_agreement"]["value"] == same
    error = np.sqrt(same * (1 - same) / (len(base[0]) - 1))
    assert found["top1_agreement"]["standard_error"] == pytest.approx(error)
