"""How far rounding may put a probability beyond 0 or 1, its logarithm above 0, and the sum of a row off 1."""

ROUNDING = 1e-6
"""One that is the rest of a float32 sum is off by 6e-8 per step; a few decimals were cut off where it was written."""

LOOSEST = 5e-3
"""How far a sum of probabilities may be off, relative: those of bfloat16 are off by 2^-9 = 2e-3."""
