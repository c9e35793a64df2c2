"""What llama.cpp's `llama-perplexity --kl-divergence` prints and no table here shows: for records and conditions.

https://github.com/ggml-org/llama.cpp/blob/master/tools/perplexity/perplexity.cpp
"""

KL_SHARES = {"min": 0.0, "p001": 0.001, "p01": 0.01, "p05": 0.05, "p10": 0.1, "p95": 0.95}
"""Quantiles of KL(A || B) beside those of every spread."""

CHANGE_SHARES = {
    "min": 0.0,
    "p001": 0.001,
    "p01": 0.01,
    "p05": 0.05,
    "p10": 0.1,
    "p25": 0.25,
    "p50": 0.5,
    "p75": 0.75,
    "p90": 0.9,
    "p95": 0.95,
    "p99": 0.99,
    "p999": 0.999,
    "max": 1.0,
}
"""Quantiles of how much more probable B makes the label than A does, which is negative where it is less so."""

LOSS_CORRELATION = "loss_correlation"
RMS_CHANGE = "rms_p_label_change"
OF_KL = tuple(f"{share}_kl" for share in KL_SHARES)
OF_CHANGE = (LOSS_CORRELATION, RMS_CHANGE, *(f"{share}_p_label_change" for share in CHANGE_SHARES))
