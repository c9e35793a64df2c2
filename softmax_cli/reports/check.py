"""What `check` found, and the table of checks that `checks` lists."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from softmax_cli.reports.display import Displayed
from softmax_cli.reports.findings import FAILING, SEVERITIES, Finding, Severity
from softmax_cli.reports.grid import Column, Grid, Records, count
from softmax_cli.reports.signature import Signature

_NAMES = (
    "code",
    "name",
    "severity",
    "where",
    "rows",
    "first_row",
    "message",
    "evidence",
    "effect",
    "remedy",
    "command",
)


@dataclass(frozen=True, eq=False)
class CheckReport(Displayed):
    """The findings, the gravest first; ``checks`` is how many checks were made."""

    signature: Signature
    files: tuple[str, ...]
    rows: int
    classes: int
    checks: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether there is an error or a warning."""
        return any(finding.severity in FAILING for finding in self.findings)

    def grids(self) -> Iterator[Grid]:
        """None: findings are no tables."""
        return iter(())

    def diagnostics(self) -> Iterator[Finding]:
        """The findings, one under the other."""
        return iter(self.findings)

    def remarks(self) -> tuple[str, ...]:
        """What was looked at, and that nothing is wrong, where nothing is."""
        return () if self.failed else (self._summary,)

    def warnings(self) -> tuple[str, ...]:
        """How much is wrong."""
        return (self._summary,) if self.failed else ()

    @property
    def _summary(self) -> str:
        severities = [finding.severity for finding in self.findings]
        numbers = [(severity, severities.count(severity)) for severity in SEVERITIES]
        found = ", ".join(count(number, severity) for severity, number in numbers if number)
        looked_at = f"{count(self.rows, 'row')} of {count(self.classes, 'class', 'classes')}"
        return f"{f'Found {found}' if found else 'Nothing found'} in {looked_at}, by {count(self.checks, 'check')}."

    def records(self) -> Records:
        """A finding a line."""
        rows = [
            (
                finding.code,
                finding.name,
                finding.severity,
                finding.where,
                finding.row_count,
                finding.rows[0] if finding.rows else "",
                finding.message,
                "; ".join(finding.evidence),
                "; ".join(effect.text() for effect in finding.effects),
                finding.remedy,
                finding.command,
                self.signature.line(),
            )
            for finding in self.findings
        ]
        return Records((*_NAMES, "signature"), rows)

    def as_dict(self) -> dict[str, Any]:
        """The signature, what was looked at, and a list of the findings."""
        return {
            "signature": self.signature.as_dict(),
            "files": self.files,
            "rows": self.rows,
            "classes": self.classes,
            "checks": self.checks,
            "failed": self.failed,
            "findings": [asdict(finding) for finding in self.findings],
            "notes": self.notes,
        }

    def signature_line(self) -> str:
        """What it takes to find the same again."""
        return self.signature.line()


SUBJECTS = {
    "X10": "logits: what they are",
    "X11": "logits: their range and their digits",
    "X12": "logits: their rows",
    "X13": "logits: their classes",
    "Y2": "labels",
    "S3": "shapes",
    "L4": "loss",
}


@dataclass(frozen=True)
class ListedCheck:
    """A row of the table of checks."""

    code: str
    name: str
    severity: Severity
    summary: str


@dataclass(frozen=True, eq=False)
class CheckListing(Displayed):
    """All checks there are."""

    checks: Sequence[ListedCheck]
    notes: tuple[str, ...] = ()

    def grids(self) -> Iterator[Grid]:
        """A check a line, in a table for each subject."""
        columns = tuple(map(Column, ("code", "name", "severity", "what it finds")))
        for beginning, subject in SUBJECTS.items():
            yield Grid(subject, columns, [row for row in self._rows if row[0].startswith(beginning)])

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        return [(check.code, check.name, check.severity, check.summary) for check in self.checks]

    def remarks(self) -> tuple[str, ...]:
        """What the severities mean, and what the options take."""
        return (
            "An error or a warning makes the exit status 1, a note leaves it 0.",
            "--select and --ignore take codes, or what they begin with: X, X11, X113.",
        )

    def warnings(self) -> tuple[str, ...]:
        """None."""
        return ()

    def records(self) -> Records:
        """A check a line."""
        return Records(("code", "name", "severity", "summary"), self._rows)

    def as_dict(self) -> dict[str, Any]:
        """A list of objects."""
        return {"checks": [asdict(check) for check in self.checks]}

    def signature_line(self) -> str:
        """Of the version alone: nothing was computed."""
        return Signature((), ()).line()
