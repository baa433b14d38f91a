"""What of which data set was seen."""

from belvedere.recipes.tasks.mixture import Mixture


def test_a_mixture_counts_examples_shares_and_coverage() -> None:
    start = Mixture({"aqua": 200, "sums": None})
    assert start.row() == {
        "mixture/aqua/examples_seen": 0, "mixture/aqua/coverage_percent": 0, "mixture/sums/examples_seen": 0,
    }  # fmt: skip
    later = start.with_seen({"aqua": 30}).with_seen({"aqua": 20, "sums": 150})
    assert later.row() == {
        "mixture/aqua/examples_seen": 50, "mixture/aqua/ratio": 0.25, "mixture/aqua/coverage_percent": 25,
        "mixture/sums/examples_seen": 150, "mixture/sums/ratio": 0.75,
    }  # fmt: skip
    assert start.seen == {}


def test_more_than_one_epoch_is_more_than_100_percent() -> None:
    assert Mixture({"aqua": 10}, {"aqua": 25}).row()["mixture/aqua/coverage_percent"] == 250
