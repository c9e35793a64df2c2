"""Statistics of predictions: pure functions and small sums over NumPy float64 arrays, one idea a file."""
