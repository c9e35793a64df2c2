"""torch, with torch's own softmax and losses: whether they agree is the question. Nothing else imports torch."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.base import Array, Backend
from softmax_cli.errors import UsageError
from softmax_cli.losses import sigmoid as sigmoids
from softmax_cli.losses import softmax as formulas
from softmax_cli.losses.batch import Batch
from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.targets import Indices, Target
from softmax_cli.losses.variants import Variant

try:
    import array_api_compat.torch as torch_namespace
    import torch
    import torch.nn.functional as F  # noqa: N812  (the name that all of torch's documentation uses)
except ModuleNotFoundError as error:
    # Only a missing extra: a torch that is there but broken must say so itself.
    if error.name != "torch":
        raise
    raise UsageError(
        "the torch backend needs torch, which is not installed; pip install 'softmax-loss[torch]'"
    ) from None


_DEVICE_BLOCK_BYTES = 1 << 25  # the bus then limits a copy to the device, and not the starting of it
_IGNORED = -100  # torch's default ignore_index; any number that is no class would do


class TorchBackend(Backend):
    """torch on the CPU, a CUDA device or Apple's MPS."""

    name = "torch"
    xp = torch_namespace
    lanes = 64  # two AVX-512 registers of bfloat16; what is left over it computes one by one, with other last bits
    block_bytes = 1 << 21  # torch works row by row: only its results need stay in the cache

    def __init__(self, device: str, dtype: str) -> None:
        super().__init__(device, dtype)
        self._device = _device(device)
        self._dtype: torch.dtype = getattr(torch, dtype)
        self._streams = threading.local()
        if self._device.type != "cpu":
            self.block_bytes = _DEVICE_BLOCK_BYTES
        if self._device.type == "mps" and dtype == "float64":
            raise UsageError("the device mps has no float64; use --dtype float32")

    @property
    def version(self) -> str:
        return str(torch.__version__)

    @contextmanager
    def on_one_thread(self) -> Iterator[None]:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)

    @contextmanager
    def arithmetic(self) -> Iterator[None]:
        with torch.no_grad(), self._lane():
            yield

    def _lane(self) -> AbstractContextManager[Any]:
        """On CUDA a stream for each thread: the copy of one's block overlaps with the arithmetic on another's."""
        if self._device.type != "cuda":
            return nullcontext()
        if not hasattr(self._streams, "own"):
            self._streams.own = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]  # as torch ships it
        lane: AbstractContextManager[Any] = torch.cuda.stream(self._streams.own)
        return lane

    def asarray(self, values: NDArray[Any]) -> Array:
        if self.dtype != "bfloat16":
            # Round in NumPy: torch goes from float64 to float16 by way of float32, which rounds twice.
            with np.errstate(over="ignore"):
                values = values.astype(self.dtype, copy=False)
        return self._tensor(values).to(self._dtype)

    def exactly(self, values: NDArray[Any]) -> Array:
        return self._tensor(values)

    def _tensor(self, values: NDArray[Any]) -> Array:
        # torch cannot mark a tensor read-only, and warns of such an array (another thread may show the warning).
        values = np.ascontiguousarray(values) if values.flags.writeable else values.copy()
        tensor = torch.from_numpy(values)
        if self._device.type == "cuda":
            # Pinned memory is copied without waiting; torch keeps it until the copy is done.
            return tensor.pin_memory().to(self._device, non_blocking=True)
        return tensor.to(self._device)

    def to_numpy(self, array: Array) -> NDArray[Any]:
        array = array.detach().cpu()
        values: NDArray[Any] = (array.float() if array.dtype == torch.bfloat16 else array).numpy()
        return values

    def softmax(self, logits: Array) -> Array:
        return F.softmax(logits, dim=-1)

    def log_softmax(self, logits: Array) -> Array:
        return F.log_softmax(logits, dim=-1)

    def nll_loss(self, log_probs: Array, target: Target, criterion: Criterion) -> Array:
        if isinstance(target, Indices) and not criterion.label_smoothing:
            return F.nll_loss(
                log_probs, _labels(target), criterion.weight, ignore_index=_IGNORED, reduction=criterion.reduction
            )
        if isinstance(target, Indices):
            # torch.nn.functional.nll_loss does not smooth: this is what cross_entropy does around it.
            losses = F.nll_loss(log_probs, _labels(target), criterion.weight, ignore_index=_IGNORED, reduction="none")
            losses = target.counted_only(formulas.smoothed(losses, log_probs, criterion, self.xp), self.xp)
        else:
            # It takes class indices only; for probabilities this is its expectation.
            losses = formulas.nll_loss(log_probs, target, criterion, self.xp)
        return criterion.reduced(losses, target, self.xp)

    def cross_entropy(self, logits: Array, target: Target, criterion: Criterion) -> Array:
        if criterion.zero_log_zero and (criterion.label_smoothing or not isinstance(target, Indices)):
            return self.nll_loss(F.log_softmax(logits, dim=-1), target, criterion)
        return F.cross_entropy(
            logits,
            _labels(target),
            criterion.weight,
            ignore_index=_IGNORED,
            reduction=criterion.reduction,
            label_smoothing=criterion.label_smoothing,
        )

    def sigmoid(self, logits: Array) -> Array:
        return torch.sigmoid(logits)

    def log_sigmoid(self, logits: Array) -> Array:
        return F.logsigmoid(logits)

    def binary_cross_entropy(self, probs: Array, labels: Array, criterion: Criterion) -> Array:
        if criterion.pos_weight is None:
            return _between_0_and_1(F.binary_cross_entropy, probs, labels, criterion.weight, criterion.reduction)
        # torch's function has no pos_weight: its two terms, weighted apart.
        yes = _between_0_and_1(F.binary_cross_entropy, probs, torch.ones_like(labels))
        no = _between_0_and_1(F.binary_cross_entropy, probs, torch.zeros_like(labels))
        return criterion.reduced_elements(sigmoids.expected(yes, no, labels, criterion, self.xp), self.xp)

    def binary_cross_entropy_with_logits(self, logits: Array, labels: Array, criterion: Criterion) -> Array:
        if criterion.zero_log_zero:
            elements = sigmoids.expected(-F.logsigmoid(logits), -F.logsigmoid(-logits), labels, criterion, self.xp)
            return criterion.reduced_elements(elements, self.xp)
        return F.binary_cross_entropy_with_logits(
            logits, labels, criterion.weight, reduction=criterion.reduction, pos_weight=criterion.pos_weight
        )

    def multilabel_soft_margin_loss(self, logits: Array, labels: Array, criterion: Criterion) -> Array:
        return F.multilabel_soft_margin_loss(logits, labels, criterion.weight, reduction=criterion.reduction)

    def gradient(self, variant: Variant, batch: Batch) -> Array:
        """By autograd."""
        with torch.enable_grad():
            leaf = batch.logits.detach().clone().requires_grad_()
            losses = variant.losses(Batch(self, leaf, batch.target, batch.criterion))
            (slopes,) = torch.autograd.grad(batch.target.counted_only(losses, self.xp).sum(), leaf)
        return batch.target.counted_only(slopes, self.xp)


def _between_0_and_1(
    loss: Callable[..., Array], probs: Array, labels: Array, weight: Array = None, reduction: str = "none"
) -> Array:
    """A loss of probabilities; where one is nan torch raises an error, and here it is nan."""
    undefined = torch.isnan(probs)
    if not undefined.any():
        return loss(probs, labels, weight, reduction=reduction)
    elements = loss(probs.masked_fill(undefined, 0.5), labels, weight, reduction="none")
    return Criterion(reduction=reduction).reduced_elements(elements.masked_fill(undefined, torch.nan), torch_namespace)


def _labels(target: Target) -> Array:
    """The labels as torch takes them: ignored rows have its own ignore_index."""
    if not isinstance(target, Indices):
        return target.rows
    return target.classes if target.counted is None else target.classes.masked_fill(~target.counted, _IGNORED)


def _device(name: str) -> torch.device:
    """The device of that name, if this machine has it: never another one in its place."""
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UsageError(f"there is no device {name!r}; the devices are cpu, cuda, cuda:N and mps") from None
    if device.type == "cpu" and device.index is None:
        return device
    if device.type == "mps" and torch.backends.mps.is_available():
        return device
    if device.type == "cuda":
        if not torch.cuda.is_available():
            raise UsageError(f"device {name}: this torch ({torch.__version__}) sees no CUDA device; use --device cpu")
        count = torch.cuda.device_count()
        if device.index is None or device.index < count:
            return device
        raise UsageError(f"device {name}: this machine has {count} CUDA device(s), cuda:0 to cuda:{count - 1}")
    raise UsageError(f"device {name} is not available on this machine; use --device cpu")
