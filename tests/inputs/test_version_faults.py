"""What is said where two versions of the same logits do not belong together."""

import numpy as np
import pytest

import softmax_cli
from softmax_cli.errors import InputError

LOGITS = np.random.default_rng(0).standard_normal((40, 6)).astype(np.float32)


def fault(a, b, **options):
    with pytest.raises(InputError) as caught:
        softmax_cli.compare(a, b, **options)
    return str(caught.value)


def text(path, rows, header=None):
    lines = [header] if header else []
    path.write_text("\n".join([*lines, *(",".join(map(str, row)) for row in rows)]) + "\n", "utf-8")
    return path


def padded(more, value=-np.inf):
    return np.pad(LOGITS, ((0, 0), (0, more)), constant_values=value)


def test_surplus_classes_are_named_with_the_option_that_leaves_them_out():
    assert fault(LOGITS, padded(3)).endswith("classes 6 to 8 of b are not in a; --logit-columns 0:6 leaves them out")
    assert fault(padded(1, 0.0), LOGITS).endswith("class 6 of a is not in b; --logit-columns 0:6 leaves it out")


def test_one_value_per_row_is_no_part_of_the_classes():
    """No option makes them comparable: of columns that are left out, none would be the same thing."""
    for given in ((LOGITS, LOGITS.argmax(axis=1)[:, None]), (LOGITS[:, :1], LOGITS)):
        message = fault(*given)
        assert "--logit-columns" not in message
        assert message.endswith(" is a prediction or a logit of two classes, not 6")


def test_the_option_runs_as_printed(run, tmp_path):
    """Text has its columns chosen alike; the padding is the only difference."""
    a, b = text(tmp_path / "a.csv", LOGITS), text(tmp_path / "b.csv", padded(3, -100.0))
    refused = run("compare", a, b)
    assert refused.status == 3
    option = refused.err.split("; ")[-1].split(" leaves")[0].split()
    found = run("compare", a, b, *option, "--fail-if", "max_abs_diff > 0")
    assert (found.status, found.err) == (0, "")


def test_a_class_more_in_front_is_told_from_one_at_the_end():
    b = np.insert(LOGITS, 0, 0.5, axis=1)
    assert fault(LOGITS, b).endswith("class 0 of b is not in a: its class 1 is class 0 there")
    assert "--logit-columns" not in fault(LOGITS, b)


def test_classes_are_named(tmp_path):
    a = text(tmp_path / "a.csv", LOGITS, "a,b,c,d,e,f")
    b = text(tmp_path / "b.csv", padded(2, 0.0), "a,b,c,d,e,f,pad1,pad2")
    assert "classes 'pad1' to 'pad2' of " in fault(a, b)


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (np.delete(LOGITS, 17, 0), "row 17 of {a} is not in {b}"),
        (np.delete(LOGITS, [3, 4, 5], 0), "rows 3 to 5 of {a} are not in {b}"),
        (LOGITS[:-2], "rows 38 to 39 of {a} are not in {b}"),
        (np.delete(LOGITS, [3, 9], 0), "2 rows of {a} are not in {b}, the first of them row 3"),
        (np.insert(LOGITS, 8, LOGITS[7], 0), "row 8 of {b} is not in {a}, which repeats the rows before"),
        (LOGITS[:20] + 1, "compare needs the same rows in both"),
    ],
)
def test_missing_and_repeated_rows_are_named(tmp_path, kept, said, as_text):
    if as_text:
        a, b = text(tmp_path / "a.csv", LOGITS), text(tmp_path / "b.csv", kept)
    else:
        a, b = tmp_path / "a.npy", tmp_path / "b.npy"
        np.save(a, LOGITS)
        np.save(b, kept)
    assert fault(a, b).endswith(said.format(a=a, b=b))


def test_rows_of_text_beside_an_array(tmp_path):
    """The shortest digits of float32 are other numbers in float64."""
    np.save(tmp_path / "a.npy", LOGITS)
    b = text(tmp_path / "b.csv", np.delete(LOGITS, 17, 0))
    assert fault(tmp_path / "a.npy", b).endswith(f"row 17 of {tmp_path / 'a.npy'} is not in {b}")


def test_a_row_more_in_front_of_text_may_be_a_header(tmp_path):
    a, b = text(tmp_path / "a.csv", LOGITS), text(tmp_path / "b.csv", np.insert(LOGITS, 0, 9.5, 0))
    assert f"row 0 of {b} is not in {a}; a header may have been read as data" in fault(a, b)


def test_files_of_few_different_rows_are_not_told_apart():
    assert fault(np.zeros((5, 3)), np.zeros((4, 3))).endswith("compare needs the same rows in both")


def test_a_file_on_its_side():
    assert fault(LOGITS, LOGITS.T).endswith("one of the two is transposed")
