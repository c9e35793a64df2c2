"""Samples as lm-evaluation-harness writes them, after lm_eval/api/task.py and lm_eval/loggers/evaluation_tracker.py."""

import json
from pathlib import Path

import numpy as np

_WORDS = ("cat", "a dog", "Öl", "鳥", "seven long words that are one choice", "x")


def drawn_choices(generator, number):
    """Texts of a few choices, all different."""
    return [f"{_WORDS[generator.integers(len(_WORDS))]} {place}" for place in range(number)]


def multiple_choice(
    doc_id, choices, log_likelihoods, gold, *, delimiter=" ", layout="text", target=None, metrics=("acc", "acc_norm")
):
    """One sample: the figures by the harness's own formulas, the values as texts (since 0.4.3) or as numbers."""
    lls = np.array(log_likelihoods)
    by_length = np.array([float(len(choice)) for choice in choices])
    by_bytes = np.array([float(len(choice.encode("utf-8"))) for choice in choices])
    taken = {"acc": lls, "acc_norm": lls / by_length, "acc_bytes": lls / by_bytes}
    right = gold if isinstance(gold, list) else [gold]
    requests = [(f"Question {doc_id}:", f"{delimiter}{choice}") for choice in choices]
    pairs = [(value, bool(value == lls.max())) for value in log_likelihoods]
    sample = {
        "doc_id": doc_id,
        "doc": {"question": f"Question {doc_id}", "gold": gold},
        "target": gold if target is None else target,
        "arguments": requests,
        "resps": [[pair] for pair in pairs],
        "filtered_resps": pairs,
        "filter": "none",
        "metrics": list(metrics),
        "doc_hash": "0" * 64,
        **{name: 1.0 if int(np.argmax(taken[name])) in right else 0.0 for name in metrics},
    }
    return as_text(sample) if layout == "text" else sample


def as_text(sample):
    """What the harness makes of a sample before it writes it."""
    arguments = {
        f"gen_args_{place}": {f"arg_{part}": text for part, text in enumerate(request)}
        for place, request in enumerate(sample["arguments"])
    }
    texts = {name: _sanitized(sample[name]) for name in ("resps", "filtered_resps")}
    return {**sample, **texts, "arguments": arguments, "target": str(sample["target"])}


def _sanitized(value):
    return [_sanitized(each) for each in value] if isinstance(value, list | tuple) else str(value)


def write(name, samples, *, as_list=False):
    """One object a line, or a list as versions before 0.4.2 wrote it."""
    lines = "".join(json.dumps(sample, ensure_ascii=False) + "\n" for sample in samples)
    Path(name).write_text(json.dumps(samples, indent=2) if as_list else lines, encoding="utf-8")
