"""What is wrong with logits and labels: the folds of `check`."""
