"""Which columns have a meaning."""

from datetime import datetime, timezone

import pytest

from belvedere.importers.table.columns import Columns, columns_of, microseconds, whole


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([{"step": 0, "epoch": 0, "loss": 1.0}], Columns("step", "")),
        ([{"Wall time": 1.7e9, "Step": 3, "Value": 2.0}], Columns("Step", "Wall time")),
        ([{"_step": 1.0, "_timestamp": 1.7e9}], Columns("_step", "_timestamp")),
        ([{"epoch": 0.5, "loss": 1.0}], Columns("", "")),
        ([{"step": "warmup", "iteration": 4}], Columns("iteration", "")),
        ([{"time": 12.5, "epoch": 1}], Columns("epoch", "")),
        ([{"loss": 1.0}, {"epoch": 2}], Columns("epoch", "")),
        ([], Columns()),
    ],
)
def test_the_step_is_whole_and_the_time_is_a_moment(rows: list[dict[str, object]], columns: Columns) -> None:
    assert columns_of(rows) == columns  # type: ignore[arg-type]


def test_a_moment_is_seconds_or_milliseconds_or_iso_text() -> None:
    moment = datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc)
    same = [
        1.7e9,
        1_700_000_000,
        1.7e12,
        "2023-11-14T22:13:20Z",
        "2023-11-14 22:13:20",
        moment,
        moment.replace(tzinfo=None),
    ]
    assert [microseconds(value) for value in same] == [1_700_000_000_000_000] * 7
    odd = [None, True, "soon", 12.5, float("nan"), 1e20]
    assert [microseconds(value) for value in odd] == [None] * 6
    assert [whole(value) for value in (3, 3.0, 3.5, float("inf"), True, "3", 1e300)] == [
        3,
        3,
        None,
        None,
        None,
        None,
        None,
    ]


def test_the_step_is_no_series_of_its_own_but_an_epoch_is() -> None:
    row = {"step": 3, "epoch": 1, "time": 1.7e9, "loss": 0.5, "empty": None}
    assert Columns("step", "time").values(row) == {"epoch": 1, "loss": 0.5}
    assert Columns("epoch").values(row) == {"step": 3, "epoch": 1, "time": 1.7e9, "loss": 0.5}
    assert Columns("step", "time").moment({"step": None}, number=7, time_us=5) == (7, 5)
