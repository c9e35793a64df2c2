"""The maths. Written once over an array namespace ``xp``: nothing here imports numpy or torch."""
