"""How likely so many hits are by luck alone: bounds that hold for every number of rows, not only for large ones."""

import math

ALPHA = 1e-6
"""A conclusion is drawn where luck alone gives what was seen less often than this."""

LOG_ALPHA = math.log(ALPHA)


def log_binomial_tail(hits: float, trials: float, probability: float) -> float:
    """An upper bound of ln P(X >= hits), X ~ Binomial(trials, probability): -n KL(hits / n || probability).

    0 where so many are to be expected. (Chernoff 1952; Hoeffding 1963, theorem 1, for trials that are bounded and
    independent, whose probabilities may differ.)

    >>> round(log_binomial_tail(20, 20, 0.5) / math.log(2), 6)
    -20.0
    """
    if trials <= 0 or hits <= trials * probability:
        return 0.0
    if probability <= 0:
        return -math.inf
    share = min(hits / trials, 1.0)
    divergence = share * math.log(share / probability)
    if share < 1:
        divergence += (1 - share) * math.log((1 - share) / (1 - probability))
    return -trials * divergence


def log_poisson_tail(count: float, mean: float) -> float:
    """An upper bound of ln P(X >= count), X ~ Poisson(mean): count - mean - count ln(count / mean).

    0 where so many are to be expected. (The limit of the binomial one.)

    >>> round(log_poisson_tail(1, 1e-9), 2)
    -19.72
    """
    if count <= mean:
        return 0.0
    return -math.inf if mean <= 0 else count - mean - count * math.log(count / mean)


def beats(wins: int, losses: int) -> bool:
    """Whether one way beats another on the rows where just one of the two is right: the sign test.

    Where the two are equally good, each such row is a toss of a coin. (McNemar 1947, with the exact distribution
    bounded instead of approximated.)
    """
    return log_binomial_tail(wins, wins + losses, 0.5) < LOG_ALPHA
