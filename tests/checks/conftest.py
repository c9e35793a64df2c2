"""The digits sample as arrays."""

import csv

import numpy as np
import pytest


@pytest.fixture(scope="session")
def digits(request):
    """Logits (500, 10) and labels (500,) of the sample, not to be written to."""
    samples = request.config.rootpath / "samples"
    with (samples / "digits_logits.csv").open() as file:
        logits = np.array(list(csv.reader(file))[1:], float)
    labels = np.array((samples / "digits_labels.csv").read_text().split()[1:], int)
    logits.flags.writeable = labels.flags.writeable = False
    return logits, labels
