"""How far apart two distributions over the same classes are, row by row, from their log-probabilities."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Divergences:
    """Of each row, (n,), in nats: KL(p || q), KL(q || p) and Jensen-Shannon; of each class |p - q|, (n, C)."""

    kl: Floats
    reverse_kl: Floats
    js: Floats
    apart: Floats


def divergences(log_p: Floats, log_q: Floats) -> Divergences:
    """KL(p || q) = sum_c p_c log(p_c / q_c), the same the other way round, and Jensen-Shannon.

    Jensen-Shannon is (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2, at most ln 2; its root is a metric.
    ``log_p`` and ``log_q`` are log-probabilities (n, C) in nats, -inf where a probability is 0; 0 log 0 is 0, and
    p_c > 0 where q_c = 0 makes KL(p || q) inf. A row that is nan in either has nan throughout.

    Summed as it stands, the formula of KL cancels: rows that differ by 1e-8 have terms of that size, of both signs,
    for a sum of 1e-16, and rounding may turn it negative. Since both distributions sum to 1, q - p may be added to
    every term, and each is then never negative and as small as the sum: p log(p / q) - p + q. With d = |log(p / q)|,
    D = exp(-d) - 1 (by expm1) and M = max(p, q) the terms are, M times,

    - d + D for the divergence of the likelier from the other, -D - d (1 + D) the other way round;
    - -(1 + D/2) log(1 + D/2) - d (1 + D) / 2 for Jensen-Shannon;

    and |p - q| = -M D. Nothing overflows, and nothing is the difference of two probabilities.
    Against 60 digits they are off by 1e-15 of themselves at ordinary distances, 3e-10 at a KL of 1e-12, and 8e-7 at
    1e-18: what rounding leaves of the logarithms' difference.

    Sources: Kullback and Leibler, "On information and sufficiency", Ann. Math. Stat. 22, 1951; Lin, "Divergence
    measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37, 1991; the terms p log(p / q) - p + q are
    those of Csiszar, "Why least squares and maximum entropy?", Ann. Stat. 19, 1991 (scipy.special.kl_div's too).

    >>> found = divergences(np.log([[0.5, 0.5]]), np.log([[0.25, 0.75]]))
    >>> found.kl.round(4).tolist(), found.reverse_kl.round(4).tolist(), found.js.round(4).tolist()
    ([0.1438], [0.1308], [0.0338])
    """
    with np.errstate(all="ignore"):
        gap = log_p - log_q
        lone = None if np.isfinite(gap).all() else _take_out_infinities(gap, log_p, log_q)
        larger = np.maximum(log_p, log_q)
        np.exp(larger, out=larger)
        size = np.abs(gap)
        drop = np.expm1(-size)
        # The terms are skew - bend for p of q and -skew - bend for q of p, and so are their sums.
        bend = size * drop
        bend *= 0.5
        js = _jensen_shannon_terms(size, drop, bend, larger).sum(axis=1)
        skew = np.add(size, drop, out=size)
        skew += bend
        np.copysign(skew, gap, out=skew)
        skew *= larger
        bend *= larger
        skews, bends = skew.sum(axis=1), bend.sum(axis=1)
        apart = np.multiply(drop, larger, out=drop)
        found = Divergences(skews - bends, -skews - bends, js, np.abs(apart, out=apart))
        if lone is not None:
            found = _with_lone_classes(found, larger, *lone)
        # A rounding of expm1 can leave a term at -1e-31 where d is near 1e-15.
        kl, reverse_kl, js = (np.maximum(sums, 0.0) for sums in (found.kl, found.reverse_kl, found.js))
        return Divergences(kl, reverse_kl, js, found.apart)


def _jensen_shannon_terms(size: Floats, drop: Floats, bend: Floats, larger: Floats) -> Floats:
    half = drop * 0.5
    terms = np.log1p(half)
    half += 1
    terms *= half
    np.multiply(size, 0.5, out=half)
    half += bend
    terms += half
    terms *= larger
    return np.negative(terms, out=terms)


def _take_out_infinities(gap: Floats, log_p: Floats, log_q: Floats) -> tuple[Mask, Mask]:
    """Count the classes that one of the two lacks as no way apart; returns those of p alone and those of q alone."""
    gap[log_p == log_q] = 0.0  # -inf in both: a class that neither has
    alone = gap == math.inf, gap == -math.inf
    gap[alone[0] | alone[1]] = 0.0
    return alone


def _with_lone_classes(found: Divergences, larger: Floats, of_p: Mask, of_q: Mask) -> Divergences:
    """Those of the classes that both have, and the limits of the terms of the others; ``larger`` is max(p, q)."""
    p, q = ((larger * alone).sum(axis=1) for alone in (of_p, of_q))
    return Divergences(
        np.where(of_p.any(axis=1), math.inf, found.kl + q),
        np.where(of_q.any(axis=1), math.inf, found.reverse_kl + p),
        found.js + (p + q) * (math.log(2) / 2),
        np.where(of_p | of_q, larger, found.apart),
    )
