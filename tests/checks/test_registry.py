"""The table of checks: codes, names and words."""

import re

import pytest

from softmax_cli.checks import CHECKS, chosen
from softmax_cli.errors import UsageError


def test_codes_and_names_are_unique_and_in_order():
    assert list(CHECKS) == sorted(CHECKS, key=lambda code: ("XYSL".index(code[0]), code))
    assert len({check.name for check in CHECKS.values()}) == len(CHECKS)
    for code, check in CHECKS.items():
        assert check.code == code
        assert re.fullmatch(r"(X1|Y2|S3|L4)\d\d", code)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", check.name)
        assert check.severity in {"error", "warning", "note"}
        assert 0 < len(check.summary) <= 42
        assert len(check.name) <= 20


@pytest.mark.parametrize("code", CHECKS)
def test_each_check_says_why_it_is_sure(code):
    assert len(CHECKS[code].look.__doc__) > 60


@pytest.mark.parametrize("code", CHECKS)
def test_what_is_hidden_exists(code):
    for beginning in CHECKS[code].hides:
        assert any(other.startswith(beginning) for other in CHECKS)
        assert not code.startswith(beginning)


def test_beginnings_stand_for_all_that_have_them():
    assert [check.code for check in chosen(["S3", "L40"], ["S30"])] == [code for code in CHECKS if code[0] == "L"]
    assert chosen([], []) == tuple(CHECKS.values())
    assert [check.code for check in chosen(["X101, X105"], ["X105"])] == ["X101"]
    for bad in ("x101", "X2", "X101x", "", "X101,,Y2"):
        with pytest.raises(UsageError, match="no check's code begins so"):
            chosen([bad], [])
