"""Figures by name, a line each: for programs, and for conditions."""

from typing import Any, NamedTuple


class Figure(NamedTuple):
    """A number, and what there is to say of it: how uncertain it is, and where it is from."""

    quantity: str
    value: float
    standard_error: float | str = ""
    low: float | str = ""
    high: float | str = ""
    row: int | str = ""
    class_name: str = ""

    def as_dict(self) -> dict[str, Any]:
        """What there is of it but its name."""
        return {name: value for name, value in self._asdict().items() if value != "" and name != "quantity"}
