"""Whether two classifiers are equally often right on the same rows."""

import math
from dataclasses import dataclass

EXACT_PAIRS = 1000
"""Up to so many discordant pairs McNemar's test is exact."""


@dataclass(frozen=True)
class McNemar:
    """The rows that one alone has right, and how likely so uneven a split is (p, two-sided) if both are as good."""

    only_a: int
    only_b: int
    p: float
    exact: bool


def mcnemar(only_a: int, only_b: int) -> McNemar:
    """Whether two classifiers are equally often right, from the rows that one alone has right.

    Exact up to 1,000 such rows: p = min(1, 2 P(X <= min(only_a, only_b))) with X binomial, n = only_a + only_b and
    1/2. Beyond, the chi-square of one degree of freedom with Edwards' continuity correction,
    (max(|only_a - only_b| - 1, 0))^2 / n, whose upper tail at x is erfc(sqrt(x / 2)).

    Sources: McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12, 1947; Edwards, Psychometrika 13, 1948; Dietterich, "Approximate statistical tests for comparing
    supervised classification learning algorithms", Neural Computation 10, 1998.

    >>> mcnemar(5, 15).p  # scipy.stats.binomtest(5, 20).pvalue
    0.04138946533203125
    """
    pairs = only_a + only_b
    if pairs <= EXACT_PAIRS:
        tail = sum(math.comb(pairs, few) for few in range(min(only_a, only_b) + 1))
        return McNemar(only_a, only_b, min(1.0, 2 * tail / 2**pairs), exact=True)
    return McNemar(only_a, only_b, _chi_square_tail(only_a, only_b), exact=False)


def _chi_square_tail(only_a: int, only_b: int) -> float:
    statistic = max(abs(only_a - only_b) - 1, 0) ** 2 / (only_a + only_b)
    return math.erfc(math.sqrt(statistic / 2))
