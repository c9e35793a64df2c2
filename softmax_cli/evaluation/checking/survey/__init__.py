"""One pass over logits and labels that finds out all that the checks want to know.

`Survey` is a fold in parts, a file each: what the values are, how the rows and columns look, what the labels say, and
what the loss is. Each part measures a block (several at a time) and adds what it found (in order); what comes out
depends neither on how the rows were split nor on threads.
"""

from softmax_cli.evaluation.checking.survey.fold import Survey, survey
from softmax_cli.evaluation.checking.survey.view import View

__all__ = ["Survey", "View", "survey"]
