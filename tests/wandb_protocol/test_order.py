"""In which order runs are listed."""

import math

import pytest

from belvedere.core.errors import FilterError
from belvedere.store.records import RunRow
from belvedere.wandb_protocol.order import ordered

ROWS = [
    RunRow("p", "a", created=3.0, updated=4.0, config={"lr": 0.2}, summary={"loss": 1.0}),
    RunRow("p", "b", created=1.0, updated=9.0, config={"lr": 0.1}, summary={"loss": math.nan}),
    RunRow("p", "c", created=2.0, updated=5.0, config={"lr": "auto"}),
    RunRow("p", "d", created=4.0, updated=6.0, config={"lr": 0.1}, summary={"loss": 0.5}),
]


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (None, "bcad"),
        ("", "bcad"),
        ("+created_at", "bcad"),
        ("created_at", "bcad"),
        ("-created_at", "dacb"),
        ("heartbeat_at", "acdb"),
        ("-summary_metrics.loss", "adbc"),
        ("+summary_metrics.loss", "dabc"),
        ("config.lr.value", "bdac"),
        ("-config.lr.value", "abdc"),
        ("config.lr,-created_at", "dbac"),
        ("config.missing", "bcad"),
    ],
)
def test_runs_stand_in_the_order_that_was_asked_for(order: object, found: str) -> None:
    assert "".join(row.id for row in ordered(ROWS, order)) == found


def test_an_order_by_nothing_we_know_is_refused() -> None:
    with pytest.raises(FilterError, match="runs have no field 'luck'"):
        ordered(ROWS, "-luck")
