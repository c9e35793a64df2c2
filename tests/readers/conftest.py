"""What the tests of the readers share."""

import sys

import pytest

from softmax_cli.readers import delimited


@pytest.fixture(autouse=True)
def _here(here):
    """Every test of this folder runs in a folder of its own."""


@pytest.fixture(params=["loadtxt", "polars"])
def csv_reader(request, monkeypatch):
    """Each of the two readers of delimited files, whatever the size of the file."""
    monkeypatch.setattr(delimited, "POLARS_FROM", {"loadtxt": sys.maxsize, "polars": 0}[request.param])
    monkeypatch.setattr(delimited, "POLARS_CHUNK", delimited.CHUNK)  # so that long files have several chunks
    return request.param
