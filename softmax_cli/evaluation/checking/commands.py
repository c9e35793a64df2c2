"""What was given, as far as a finding's command line needs to know it."""

import glob
from dataclasses import fields
from typing import Any

from softmax_cli.checks.remedies import Given
from softmax_cli.inputs.column_words import column_words
from softmax_cli.inputs.raw import RawPair
from softmax_cli.inputs.reading import Reading
from softmax_cli.readers.pieces import Files
from softmax_cli.readers.table import Table


def given(logits: Any, labels: Any, reading: Reading, others: dict[str, Any], pair: RawPair) -> Given:
    """The files by their names, and the options that they were read with; ``others`` are not those of reading."""
    return Given(
        logits=_names(logits),
        labels=_names(labels),
        options={**_options(reading), **_asked(others)},
        with_labels=labels is not None or reading.label_column is not None,
        columns=column_words(pair.logits, pair.classes, reading),
        logit_lines=_is_text(logits, pair.logits),
        label_lines=_is_text(labels if labels is not None else logits, pair.labels),
    )


def _is_text(source: Any, table: Table | None) -> bool:
    """Whether it is a file that tells only at its end how many rows it has."""
    return isinstance(source, Files) and table is not None and table.shape[:1] == (None,)


def _names(source: Any) -> tuple[str, ...]:
    """The pattern of several files, or their paths; nothing for what is no file."""
    if not isinstance(source, Files):
        return ()
    is_pattern = len(source.paths) > 1 and glob.has_magic(source.name) and source.name not in source.paths
    alone = is_pattern and not any(path in source.name for path in source.paths)
    return (source.name,) if alone else source.paths


def _asked(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None and value is not False}


def _options(reading: Reading) -> dict[str, Any]:
    """The options that are not as by default."""
    found = {field.name: getattr(reading, field.name) for field in fields(Reading) if field.name in Reading.options()}
    return {
        field.name: found[field.name]
        for field in fields(Reading)
        if field.name in found and found[field.name] != field.default
    }
