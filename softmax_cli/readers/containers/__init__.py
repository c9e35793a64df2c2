"""Files that hold several arrays, each by its name. One module a format; no format knows of another.

Each module answers two questions: which arrays are in the file, from its header alone, and where the values of one
of them lie. What reads the values is the same for all: see :mod:`softmax_cli.readers.stored`.
"""
