"""A small campaign, the same in every run: nothing is found in so many inputs and faults of one seed."""

from tests.fuzz import campaign

INPUTS, FAULTS = 6000, 24


def test_nothing_is_found(tmp_path):
    tally = campaign.run(campaign.Plan(seed=2026, folder=tmp_path, inputs=INPUTS, faults=FAULTS))
    assert sum(tally.drawn.values()) == INPUTS + FAULTS
    assert not tally.findings, tally.folders
    assert sum(count for name, count in tally.results.items() if "held against the oracle's" in name) > INPUTS // 10
