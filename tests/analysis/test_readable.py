"""What a run delivers for what was asked, and how what is missing is said."""

import pytest

from belvedere.analysis.readable import Held, first_series, missing
from belvedere.core.query import Needs, resolved
from tests.analysis.runs import run_data

DATA = run_data({"loss": [1.0], "val/loss": [2.0], "lr": [0.1]}, {"grad_norm": [[1.0, 1.0, 1.0]]})


@pytest.mark.parametrize(
    ("entry", "keys"),
    [
        ("lr", ["lr"]),
        ("train/loss|loss", ["loss"]),
        ("*/loss", ["val/loss"]),
        ("train/loss|*/loss|loss", ["val/loss"]),
        ("reward", []),
    ],
)
def test_an_entry_stands_for_the_matches_of_its_first_alternative_that_has_any(entry: str, keys: list[str]) -> None:
    assert resolved(entry, DATA.series) == keys


def test_a_held_run_delivers_what_was_asked_and_nothing_else() -> None:
    data = Held(DATA).data(Needs(series=("train/loss|loss",), optional=("grad_norm", "reward")))
    assert (list(data.series), list(data.vectors)) == (["loss"], ["grad_norm"])


def test_a_missing_series_is_named_with_its_alternatives() -> None:
    needs = Needs(series=("train/reward|reward", "lr"), vectors=("update_ratio",))
    assert missing(needs, DATA) == "no series train/reward or reward and no vector series update_ratio"


def test_a_series_without_points_is_missing() -> None:
    assert missing(Needs(series=("loss",)), run_data({"loss": []})) == "no series loss"


def test_the_first_series_of_an_entry_is_found() -> None:
    assert first_series(DATA, "train/loss|loss") is DATA.series["loss"]
    assert first_series(DATA, "reward") is None
