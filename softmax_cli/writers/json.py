"""JSON: one object, or one record a line. JSON has no nan: it is the string "nan", as are "inf" and "-inf"."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from softmax_cli.reports.grid import Report
from softmax_cli.writers.numbers import exact
from softmax_cli.writers.text import CONTROLS_IN_LINES


def write_json(report: Report, stream: TextIO) -> None:
    """Everything the report holds, as one object on one line."""
    _write(report.as_dict(), stream)


def write_jsonl(report: Report, stream: TextIO) -> None:
    """One object a record."""
    records = report.records()
    for row in records.rows:
        _write(dict(zip(records.columns, row, strict=True)), stream)


def _write(value: Any, stream: TextIO) -> None:
    # Where the encoding lacks characters JSON has its own way to spell them; the stream's would not be JSON.
    as_ascii = not (stream.encoding or "utf-8").lower().startswith("utf")
    stream.write(_visible(json.dumps(_plain(value), ensure_ascii=as_ascii, allow_nan=False)) + "\n")


def _visible(text: str) -> str:
    """JSON with its control characters as JSON itself spells them: the same data, and harmless at a terminal."""
    return text if text.isprintable() else CONTROLS_IN_LINES.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return float(exact(value)) if math.isfinite(value) else exact(value)
