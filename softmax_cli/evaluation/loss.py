"""The fold of `loss`: blocks of rows to partial sums to a report."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends import load_backends
from softmax_cli.backends.base import Backend
from softmax_cli.errors import UsageError
from softmax_cli.evaluation.edges import Edges
from softmax_cli.evaluation.inputs import Reading, computing_dtype
from softmax_cli.evaluation.pairs import Block, Pair, open_pair
from softmax_cli.losses import softmax as formulas
from softmax_cli.losses.batch import Batch
from softmax_cli.losses.causes import Row, explain
from softmax_cli.losses.distance import distances
from softmax_cli.losses.partial import Partial
from softmax_cli.losses.targets import Indices, Probabilities, Target
from softmax_cli.losses.variants import VARIANTS, Variant
from softmax_cli.reports.grid import Numbers
from softmax_cli.reports.loss import REDUCTIONS, LossLine, LossReport, RowLine
from softmax_cli.reports.signature import BackendSignature, Signature


def evaluate(
    logits: Any,
    labels: Any = None,
    *,
    backend: str = "numpy",
    device: str = "cpu",
    dtype: str | None = None,
    variants: Sequence[str] = (),
    reduction: str = "mean",
    reference: bool = True,
    preview: bool = True,
    **reading: Any,
) -> LossReport:
    """Softmax cross-entropy by every variant, side by side, each held against float64.

    L_i = -log softmax(x_i)[y_i] for class indices y (N,), -sum_c q_ic log softmax(x_i)_c for probabilities q
    (N, C); in nats. ``mean`` divides their sum by N. Rows are computed in ``dtype``, summed in float64.

    Args:
        logits: a path, ``"-"`` for standard input, or an array: (C,), (N, C), or more axes.
        labels: likewise: class indices, class names, or a row of probabilities each. May be left out where
            ``label_column`` names a column of the logits' file.
        backend: ``numpy``, ``torch`` or ``all``.
        device: ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; torch's.
        dtype: ``float16``, ``bfloat16``, ``float32`` or ``float64``; None for the file's own.
        variants: names out of VARIANTS; all of them if empty.
        reduction: ``mean``, ``sum`` or ``none``.
        reference: whether to compute the float64 reference.
        preview: whether to keep the first and last rows for the softmax table.
        **reading: the fields of :class:`softmax_cli.evaluation.inputs.Reading`.

    Raises:
        UsageError: what is asked for does not exist (a variant, a backend, a device).
        InputError: a file or an array does not hold what it should.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html

    >>> evaluate([[2.0, 1.0], [0.0, 3.0]], [0, 1]).loss("cross_entropy")
    0.18092451954598246
    """
    fold, edges = run_fold(
        logits,
        labels,
        Reading(**reading),
        backend=backend,
        device=device,
        dtype=dtype,
        variants=variants,
        reduction=reduction,
        reference=reference,
    )
    return fold.report(edges if preview else [])


def run_fold(
    logits: Any,
    labels: Any,
    reading: Reading,
    *,
    backend: str,
    device: str,
    dtype: str | None,
    variants: Sequence[str],
    reduction: str,
    reference: bool,
) -> tuple["Fold", list[Block]]:
    """Read all rows; gives their sums, and the first and the last rows themselves. See `evaluate`."""
    chosen = _chosen(variants)
    if reduction not in REDUCTIONS:
        raise UsageError(f"there is no reduction {reduction!r}; the reductions are {', '.join(REDUCTIONS)}")
    pair = open_pair(logits, labels, reading)
    backends = load_backends(backend, device, computing_dtype(dtype, pair.logits))
    fold = Fold(pair, backends, chosen, reduction, reference=reference)
    edges = Edges()
    for block in pair.blocks():
        fold.add(block)
        edges.add(block)
    return fold, edges.blocks()


def _chosen(names: Sequence[str]) -> tuple[Variant, ...]:
    for name in names:
        if name not in VARIANTS:
            raise UsageError(f"there is no variant {name!r}; the variants are {', '.join(VARIANTS)}")
    return tuple(variant for name, variant in VARIANTS.items() if not names or name in names)


class Fold:
    """The partial sums of every backend and variant, as far as the rows have been read."""

    def __init__(
        self,
        pair: Pair,
        backends: list[Backend],
        variants: tuple[Variant, ...],
        reduction: str,
        *,
        reference: bool,
    ) -> None:
        self.pair = pair
        self.backends = backends
        self.rows = 0
        self._variants = variants
        self._reduction = reduction
        self._with_reference = reference
        self._reference = Partial()
        self._partials = {(b.name, v.name): Partial() for b in backends for v in variants}
        self._faults: dict[tuple[str, str], Block] = {}
        self._row_losses: dict[tuple[str, str], list[NDArray[Any]]] | None = (
            {key: [] for key in self._partials} if reduction == "none" else None
        )
        self._labels: list[str] = []

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes' names: the header's, else their indices."""
        return self.pair.class_names or tuple(map(str, range(self.pair.classes)))

    @property
    def divisor(self) -> int:
        """What the sum of the losses is divided by."""
        return self.rows if self._reduction == "mean" else 1

    def add(self, block: Block) -> None:
        """Add a block to every sum."""
        reference = None
        for backend in self.backends:
            with backend.arithmetic():
                batch = to_batch(backend, block)
                if reference is None and self._with_reference:
                    # The backends round the block alike, so that one reference serves all of them.
                    reference = _reference_losses(backend, batch)
                    self._reference += Partial.of(reference, None, block.start, np)
                for variant in self._variants:
                    losses = backend.to_numpy(variant.losses(batch)) + 0  # adding 0 turns torch's -0.0 into 0.0
                    self._add((backend.name, variant.name), losses, reference, block)
        if self._row_losses is not None:
            self._labels += self.pair.rule.text(block.target)
        self.rows += len(block.logits)

    def _add(
        self, key: tuple[str, str], losses: NDArray[Any], reference: NDArray[np.float64] | None, block: Block
    ) -> None:
        partial = Partial.of(losses.astype(np.float64), reference, block.start, np)
        if partial.first_nonfinite is not None and key not in self._faults:
            place = partial.first_nonfinite - block.start
            self._faults[key] = block.part(place, place + 1)
        self._partials[key] += partial
        if self._row_losses is not None:
            self._row_losses[key].append(losses)

    def report(self, edges: list[Block]) -> LossReport:
        """Everything that was found; ``edges`` are the rows of the softmax table."""
        reference = self._reference.losses.value(self.divisor) if self._with_reference else None
        return LossReport(
            signature=self.signature(),
            reduction=self._reduction,
            rows=self.rows,
            class_names=self.class_names,
            losses=tuple(
                self._line(backend, variant, reference) for backend in self.backends for variant in self._variants
            ),
            reference=reference,
            preview=tuple(line for block in edges for line in self._preview(block)),
            labels=self._labels,
            notes=self.pair.notes,
        )

    def _line(self, backend: Backend, variant: Variant, reference: float | None) -> LossLine:
        key = (backend.name, variant.name)
        partial = self._partials[key]
        loss: float | Numbers = partial.losses.value(self.divisor)
        delta = None if reference is None else float(distances(np.float64(loss), np.float64(reference), np))
        if self._row_losses is not None:
            loss = np.concatenate(self._row_losses[key])
            delta = None if reference is None else partial.largest_delta
        fault = self._faults.get(key)
        cause = "" if fault is None else explain(_row(backend, fault, self.class_names), variant)
        return LossLine(
            variant.name,
            backend.name,
            backend.device,
            backend.dtype,
            loss,
            delta,
            partial.losses.nonfinite,
            cause,
        )

    def _preview(self, block: Block) -> list[RowLine]:
        backend = self.backends[0]
        with backend.arithmetic():
            batch = to_batch(backend, block)
            probabilities = backend.to_numpy(batch.softmax)
            sums = backend.to_numpy(batch.xp.sum(batch.softmax, axis=-1))
            losses = backend.to_numpy(backend.cross_entropy(batch.logits, batch.target)) + 0
        targets = block.target.classes if isinstance(block.target, Indices) else [None] * len(sums)
        return [
            RowLine(
                row=block.start + place,
                label=label,
                target=None if target is None else int(target),
                probabilities=probabilities[place].tolist(),
                row_sum=float(sums[place]),
                loss=float(losses[place]),
            )
            for place, (label, target) in enumerate(zip(self.pair.rule.text(block.target), targets, strict=True))
        ]

    def signature(self) -> Signature:
        """What it takes to get the same figures again."""
        return Signature(
            backends=backend_signatures(self.backends),
            settings=(
                ("dtype", self.backends[0].dtype),
                ("accumulate", "float64"),
                ("reduction", self._reduction),
                ("label_smoothing", 0.0),
                ("ignore_index", None),
                ("weight", None),
                ("class_axis", self.pair.class_axis),
            ),
        )


def backend_signatures(backends: Sequence[Backend]) -> tuple[BackendSignature, ...]:
    """What the signature says of the backends."""
    return tuple(BackendSignature(backend.name, backend.version, backend.device) for backend in backends)


def to_batch(backend: Backend, block: Block) -> Batch:
    """A block as the backend's arrays."""
    return Batch(backend, backend.asarray(block.logits), backend.target(block.target))


def _reference_losses(backend: Backend, batch: Batch) -> NDArray[np.float64]:
    """The cross-entropy of the values that the backend holds, in float64."""
    with np.errstate(all="ignore"):
        losses: NDArray[np.float64] = formulas.cross_entropy(
            _wide(backend, batch.logits), _wide_target(backend, batch.target), np
        )
    return losses


def _wide(backend: Backend, array: Any) -> NDArray[np.float64]:
    return backend.to_numpy(array).astype(np.float64, copy=False)


def _wide_target(backend: Backend, target: Target) -> Target:
    if isinstance(target, Indices):
        return Indices(backend.to_numpy(target.classes))
    return Probabilities(_wide(backend, target.rows))


def _row(backend: Backend, fault: Block, names: tuple[str, ...]) -> Row:
    with backend.arithmetic():
        batch = to_batch(backend, fault)
        logits, softmax, labels = (
            _wide(backend, array)[0].tolist() for array in (batch.logits, batch.softmax, batch.one_hot)
        )
    return Row(fault.start, backend.dtype, fault.logits[0].tolist(), logits, softmax, labels, names)
