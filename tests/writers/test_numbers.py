import numpy as np
import pytest

from softmax_cli.writers.numbers import exact, is_odd, rounded

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.3333333333333333"),
        (1e-320, "1e-320"),
        (0.1 + 0.2, "0.30000000000000004"),
        (12, "12"),
        (NAN, "nan"),
        (-INF, "-inf"),
        ("a name", "a name"),
        (np.float32(0.1), "0.1"),
        (np.float32(1 / 3), "0.33333334"),
        (np.float16(1 / 3), "0.3333"),
        (np.float64(1 / 3), "0.3333333333333333"),
    ],
)
def test_exact(value, text):
    assert exact(value) == text


def test_what_is_exact_reads_back_as_the_same_number():
    bits = np.random.default_rng(0).integers(0, 1 << 32, 2000, dtype=np.uint32)
    for number in bits.view(np.float32)[np.isfinite(bits.view(np.float32))]:
        assert np.float32(exact(number)) == number


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.66524, "decimal", "0.6652"),
        (0.999999, "decimal", "1.0000"),
        (1.0, "decimal", "1"),
        (0.0, "decimal", "0"),
        (-0.0, "decimal", "0"),
        (3e-46, "decimal", "3e-46"),
        (-3e-46, "decimal", "-3e-46"),
        (-12.34567, "decimal", "-12.3457"),
        (99999.0, "decimal", "99999.0000"),
        (1234567.0, "decimal", "1.235e+06"),
        (NAN, "decimal", "nan"),
        (1.4478376526408516, "loss", "1.447838"),
        (0.000123456789, "loss", "1.234568e-04"),
        (203048612.5, "loss", "2.030486e+08"),
        (0.0, "loss", "0"),
        (-0.0, "loss", "0"),
        (INF, "loss", "inf"),
        (2.220446049250313e-16, "distance", "2.2e-16"),
        (0.0, "distance", "0"),
        (NAN, "distance", "nan"),
        (INF, "distance", "inf"),
        (7, "integer", "7"),
        (12345678, "integer", "12345678"),
        ("", "decimal", ""),
        ("[class]", "text", "[class]"),
    ],
)
def test_rounded(value, kind, text):
    assert rounded(value, kind) == text


@pytest.mark.parametrize(("value", "odd"), [(NAN, True), (INF, True), (-INF, True), (0.0, False), ("nan", False)])
def test_is_odd(value, odd):
    assert is_odd(value) is odd


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0.0, "0"), (1.0, "1.00"), (1.7, "1.70"), (-0.63171, "-0.632"), (1.2345e-7, "1.23e-07"), (768.4, "768")],
)
def test_a_measure_has_three_digits(number, shown):
    assert rounded(number, "measure") == shown
