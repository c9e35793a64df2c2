"""`softmax-cli losses`."""

from softmax_cli.cli.options import AUTO, FormatOption, SafeCsvOption
from softmax_cli.losses.others import LOSSES
from softmax_cli.losses.sigmoid_variants import SIGMOIDS
from softmax_cli.losses.variants import VARIANTS


def command(output_format: FormatOption = AUTO, safe_csv: SafeCsvOption = False) -> None:
    """List every loss: its formula, its parameters with their defaults, and its source."""
    from softmax_cli.cli.output import deliver
    from softmax_cli.reports.listing import ListedLoss, LossListing

    listed = tuple(
        ListedLoss(
            loss.name,
            loss.recipe,
            " ".join(f"{loss.name}.{name}={value:g}" for name, value in loss.parameters.items()),
            loss.source,
        )
        for loss in (*VARIANTS.values(), *SIGMOIDS.values(), *LOSSES.values())
    )
    deliver(LossListing(listed), output_format, safe_csv=safe_csv)
