"""Causes: what one of two files may be of the other, each tried on all rows."""
