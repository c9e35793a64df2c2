"""How a report shows itself where nobody wrote it out: at a Python prompt, in a rich console, in a notebook."""

from collections.abc import Iterator
from typing import Any, cast

from softmax_cli.reports.charts import Chart
from softmax_cli.reports.findings import Finding
from softmax_cli.reports.grid import Report


class Displayed:
    """Mixed into the reports. The one place where a report reaches up to a writer, and only when it is shown."""

    def lead(self) -> str:
        """What to say above everything; nothing, but for a report that says otherwise."""
        return ""

    @property
    def hints(self) -> tuple[str, ...]:
        """What the files certainly hold and were not read as, a sentence each, with the option that mends it."""
        return ()

    def charts(self) -> Iterator[Chart]:
        """None, but for a report that says otherwise."""
        return iter(())

    def diagnostics(self) -> Iterator[Finding]:
        """None, but for a report that says otherwise."""
        return iter(())

    def __str__(self) -> str:
        from softmax_cli.writers.table import as_text

        return as_text(cast(Report, self))

    def __rich__(self) -> Any:
        from softmax_cli.writers.table import renderable

        return renderable(cast(Report, self))

    def _repr_html_(self) -> str:
        from softmax_cli.writers.table import as_html

        return as_html(cast(Report, self))
