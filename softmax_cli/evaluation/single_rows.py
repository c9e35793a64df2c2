"""What is said of single rows: the preview, and why a loss is nan, infinite or clamped."""

from softmax_cli.backends.base import Backend
from softmax_cli.evaluation.fold import Fold, row_losses
from softmax_cli.inputs.pairs import Block
from softmax_cli.losses.causes import Row, explain
from softmax_cli.losses.sigmoid_causes import Elements, explain_clamp, explain_elements
from softmax_cli.losses.targets import Indices
from softmax_cli.losses.variants import Variant
from softmax_cli.reports.rows import RowLine


def preview(fold: Fold, block: Block) -> list[RowLine]:
    """Return the rows of a block as the softmax table shows them."""
    backend = fold.backends[0]
    with backend.arithmetic():
        batch = fold.batch(backend, block)
        found = batch.sigmoid if fold.pair.multilabel else batch.softmax
        probabilities = backend.to_numpy(found)[: batch.rows]
        sums = backend.to_numpy(batch.xp.sum(found, axis=-1))[: batch.rows]
        losses = block.weighted(row_losses(fold.family.variants[fold.family.headline], batch))
    targets: list[int | None] = [None] * len(sums)
    if isinstance(block.target, Indices):
        counted = block.target.counted
        targets = [
            int(target) if counted is None or counted[place] else None
            for place, target in enumerate(block.target.classes)
        ]
    return [
        RowLine(block.start + place, label, target, probabilities[place].tolist(), float(sums[place]), float(loss))
        for place, (label, target, loss) in enumerate(
            zip(fold.pair.rule.text(block.target), targets, losses, strict=True)
        )
    ]


def cause(fold: Fold, backend: Backend, fault: Block, variant: Variant) -> str:
    """Why a row's loss is nan or infinite."""
    if fold.pair.multilabel:
        return explain_elements(_elements(fold, backend, fault), variant.name)
    return explain(_row(fold, backend, fault), variant)


def clamp(fold: Fold, backend: Backend, fault: Block) -> str:
    """Where a row's logarithm is clamped."""
    return explain_clamp(_elements(fold, backend, fault))


def _elements(fold: Fold, backend: Backend, fault: Block) -> Elements:
    with backend.arithmetic():
        batch = fold.batch(backend, fault)
        logits, sigmoid, labels = (
            backend.to_numpy(array)[0].tolist() for array in (batch.logits, batch.sigmoid, batch.yes_or_no)
        )
    return Elements(
        fault.start, backend.dtype, fault.logits[0].tolist(), logits, sigmoid, labels, fold.pair.display_names
    )


def _row(fold: Fold, backend: Backend, fault: Block) -> Row:
    with backend.arithmetic():
        batch = fold.batch(backend, fault)
        logits, softmax, labels = (
            backend.to_numpy(array)[0].tolist() for array in (batch.logits, batch.softmax, batch.one_hot)
        )
    by_index = isinstance(fault.target, Indices) and not fold.criterion.label_smoothing
    return Row(
        fault.start, backend.dtype, fault.logits[0].tolist(), logits, softmax, labels, fold.pair.display_names, by_index
    )
