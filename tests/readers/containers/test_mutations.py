"""A few hundred damaged pickles and files of torch.save; ``mutations.py`` reads as many as it is asked to."""

import pytest

from tests.readers.containers.mutations import mutated, originals, wrongs


@pytest.mark.filterwarnings("ignore:Sparse CSR", "ignore:.*nested tensors", "ignore:Sparse invariant")
@pytest.mark.parametrize("part", range(4))
def test_nothing_runs_and_nothing_grows(part):
    found = {index: list(wrongs(mutated(7, index))) for index in range(100 * part, 100 * part + 100)}
    assert {index: wrong for index, wrong in found.items() if wrong} == {}


def test_what_the_libraries_wrote_is_read():
    assert [list(wrongs(data)) for data in originals()] == [[] for _ in originals()]
