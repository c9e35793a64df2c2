"""What was given: files or arrays, held against each other, handed on in blocks of rows. No statistics."""
