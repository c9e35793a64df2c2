"""What writers of tables make of a finding."""

from softmax_cli.reports.findings import Finding
from softmax_cli.reports.grid import Column, Grid

_COLUMNS = (Column("effect"), Column("loss", "loss"), Column("accuracy", "decimal"), Column("number", "decimal"))


def headline(finding: Finding) -> str:
    """``error X101: the logits are probabilities``."""
    return f"{finding.severity} {finding.code}: {finding.message}"


def effects_grid(finding: Finding) -> Grid:
    """The figures of its effects, a line each, in the columns that these fill."""
    rows = [(effect.name, effect.loss, effect.accuracy, effect.number) for effect in finding.effects]
    used = [place for place in range(len(_COLUMNS)) if any(row[place] is not None for row in rows)]
    cells = [["" if row[place] is None else row[place] for place in used] for row in rows]
    return Grid(headline(finding), tuple(_COLUMNS[place] for place in used), cells)


def sentences(finding: Finding) -> list[str]:
    """Where it is, and what was seen."""
    return [finding.where, *finding.evidence]
