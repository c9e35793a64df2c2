"""The families of losses: several ways to one number, that of a softmax or that of a sigmoid per class."""

from collections.abc import Mapping
from dataclasses import dataclass

from softmax_cli.losses.sigmoid_variants import SIGMOID_HEADLINE, SIGMOIDS
from softmax_cli.losses.variants import HEADLINE, VARIANTS, Variant


@dataclass(frozen=True)
class Family:
    """Ways to one loss: ``name`` it, ``headline`` is the one that `-q` prints, ``probabilities`` what it takes."""

    name: str
    probabilities: str
    variants: Mapping[str, Variant]
    headline: str

    def exact_of(self, variant: Variant) -> Variant:
        """Return what a variant is held against, in float64: the headline, or itself where its rows are others."""
        ways = self.variants.get(variant.name)
        return variant if ways is None or ways.of_rows else self.variants[self.headline]

    def chosen(self, names: object) -> str:
        """Return the headline, or the only variant chosen by name."""
        chosen = list(names) if isinstance(names, list | tuple) else []
        return chosen[0] if len(chosen) == 1 else self.headline


SOFTMAX = Family("cross-entropy", "softmax", VARIANTS, HEADLINE)
SIGMOID = Family("binary cross-entropy", "sigmoid", SIGMOIDS, SIGMOID_HEADLINE)


def family_of(*, multilabel: bool) -> Family:
    """Return the sigmoids' family for multi-label files, else the softmax's."""
    return SIGMOID if multilabel else SOFTMAX
