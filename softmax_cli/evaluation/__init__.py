"""The folds: blocks of rows in, a report of plain numbers out."""
