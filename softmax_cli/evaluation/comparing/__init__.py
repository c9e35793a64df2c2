"""Two versions of the same logits: the folds of `compare`."""
