"""What was given, as far as a finding's command line needs to know it."""

import glob
from dataclasses import fields
from typing import Any

from softmax_cli.checks.remedies import Given
from softmax_cli.inputs.raw import RawPair
from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.wrapped import is_single, unwrapped
from softmax_cli.readers.pieces import Files, positions_of
from softmax_cli.readers.table import Table


def given(logits: Any, labels: Any, reading: Reading, others: dict[str, Any], pair: RawPair) -> Given:
    """The files by their names, and the options that they were read with; ``others`` are not those of reading."""
    return Given(
        logits=_names(logits),
        labels=_names(labels),
        options={**_options(reading), **_asked(others)},
        with_labels=labels is not None or reading.label_column is not None,
        columns=_columns(pair, reading),
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
    found = {field.name: getattr(reading, field.name) for field in fields(Reading)}
    return {field.name: found[field.name] for field in fields(Reading) if found[field.name] != field.default}


def _columns(pair: RawPair, reading: Reading) -> tuple[str, ...] | None:
    """What --logit-columns calls each class: its position in the file, or its name where that is all there is to it.

    None where no column is one class: a single value per row is both of them.
    """
    if is_single(pair.logits):
        return None
    positions = positions_of(unwrapped(pair.logits))
    names = pair.names
    if positions is None and reading.logit_columns is not None:
        return None
    texts = tuple(map(str, range(pair.classes) if positions is None else positions))
    # A name that is a number would be taken for the position of another column.
    if names is not None and set(names) & set(texts) and names != texts:
        return names if len(set(names)) == len(names) else None
    return texts
