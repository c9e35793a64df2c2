"""A campaign against the command line: drawn inputs and drawn faults, held against an oracle of its own.

``python -m tests.fuzz --help`` says how to run it; CONTRIBUTING.md how to add a kind of input. Nothing here but
``sandbox.py``, ``options.py`` and ``coverage.py`` imports softmax_cli: what is right is worked out from Python's csv
module, float(), numpy.load, and math's exp, log and fsum.
"""
