"""Hints: what the first rows show for certain to be something else than logits, said while the rows are read."""

FIRST_ROWS = 256
"""How many rows are looked at first."""
