"""How good a model's predictions and probabilities are: the folds of `report`."""
