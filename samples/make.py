"""Makes the samples anew: python samples/make.py (needs the dev extra). The same versions give the same files."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

PROPERTIES = {
    "even": (0, 2, 4, 6, 8),
    "prime": (2, 3, 5, 7),
    "square": (0, 1, 4, 9),
    "loop": (0, 6, 8, 9),
    "nine": (9,),
}

HOSTILE = """\
1.0,2.0,0.5,1
105.0,0.0,1.0,0
800.0,0.0,-1.0,0
0.0,-200.0,3.0,1
0.0,-inf,1.0,0
100000000.0,100000000.0,0.0,0
-40.0,0.0,-50.0,1
"""


def worked_example() -> None:
    """The 3x5 logits that torch.manual_seed(1) gives at the second call, as float32 holds them."""
    torch.manual_seed(1)
    torch.rand(3, 5)
    rows = torch.rand(3, 5).double().tolist()
    (HERE / "logits.csv").write_text("".join(",".join(map(repr, row)) + "\n" for row in rows))
    (HERE / "labels.csv").write_text("3\n0\n4\n")


def fitted(train: Any, labels: Any, test: Any) -> Any:
    """The logits that a logistic regression gives, in float32."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=1000))
    model.fit(train, labels)
    return model.decision_function(test).astype(np.float32)


def digits() -> None:
    """What a logistic regression says of 500 handwritten digits that it was not trained on.

    In the second form with the place of each image in the whole set, and which half of the set it comes from.
    """
    pixels, labels = load_digits(return_X_y=True)
    places = np.arange(len(labels))
    train, test, train_labels, test_labels, _, image = train_test_split(
        pixels, labels, places, test_size=500, random_state=0
    )
    logits = fitted(train, train_labels, test)
    half = np.where(image < len(labels) // 2, "first", "second")
    np.savez(HERE / "digits.npz", logits=logits, labels=test_labels, image=image, half=half)
    lines = [",".join(DIGITS), *(",".join(map(str, row)) for row in logits)]
    (HERE / "digits_logits.csv").write_text("\n".join(lines) + "\n")
    (HERE / "digits_labels.csv").write_text("\n".join(["digit", *map(str, test_labels)]) + "\n")


def properties() -> None:
    """Multi-label: what five logistic regressions say of the properties of 200 of these digits, a yes or no each."""
    pixels, labels = load_digits(return_X_y=True)
    train, test, train_labels, test_labels = train_test_split(pixels, labels, test_size=200, random_state=0)
    logits, right = [], []
    for digits_with_it in PROPERTIES.values():
        logits.append(fitted(train, np.isin(train_labels, digits_with_it), test))
        right.append(np.isin(test_labels, digits_with_it).astype(int))
    for name, columns in (("logits", np.round(logits, 3)), ("labels", np.array(right))):
        lines = [",".join(PROPERTIES), *(",".join(map(str, row)) for row in columns.T)]
        (HERE / f"properties_{name}.csv").write_text("\n".join(lines) + "\n")


def hostile() -> None:
    """Rows where the variants disagree; the label is a column of the same file."""
    (HERE / "hostile.csv").write_text("a,b,c,label\n" + HOSTILE)


def sequence() -> None:
    """A language model's shape, (batch, time, vocabulary), with a label for each token."""
    rng = np.random.default_rng(0)
    labels = rng.integers(11, size=(4, 6))
    logits = rng.standard_normal((4, 6, 11)).astype(np.float32)
    logits[np.arange(4)[:, None], np.arange(6), labels] += 2
    np.save(HERE / "sequence_logits.npy", logits)
    np.save(HERE / "sequence_labels.npy", labels.astype(np.int16))


if __name__ == "__main__":
    for make in (worked_example, digits, properties, hostile, sequence):
        make()
