"""What the tests of the inputs share."""

import pytest


@pytest.fixture(autouse=True)
def _here(here):
    """Every test of this folder runs in a folder of its own."""
