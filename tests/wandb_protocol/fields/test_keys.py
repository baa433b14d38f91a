"""Which keys a run logged."""

import math
from pathlib import Path

from belvedere.core.entries import Stored
from tests.wandb_protocol.landed import BEGAN, land
from tests.wandb_protocol.speaking import Speaking

KEYS = 'query RunHistoryKeys { project(name: "p") { run(name: "run1") { historyKeys } } }'


def test_every_key_has_a_type_a_count_and_its_last_value(tmp_path: Path) -> None:
    histogram: dict[str, Stored] = {"_type": "histogram", "values": [1], "bins": [0.0, 1.0]}
    land(
        tmp_path, rows=[{"a": 1, "t": "x", "d": {"a": 1}}, {"a": 2, "h": histogram}, {"a": math.nan, "n": None}],
        system=[{"system.cpu": 1.0}],
    )  # fmt: skip
    found = Speaking(tmp_path).data(KEYS)["project"]["run"]["historyKeys"]

    def told(kind: str, count: int, value: object) -> dict[str, object]:
        return {"typeCounts": [{"type": kind, "count": count}], "previousValue": value}

    assert found == {
        "sets": [], "lastStep": 2, "keys": {
            "a": told("number", 3, "NaN"), "t": told("string", 1, "x"), "d.a": told("number", 1, 1),
            "h": told("histogram", 1, histogram), "n": told("nil", 1, None), "_runtime": told("number", 3, 2.0),
            "_step": {**told("number", 3, 2), "monotonic": True},
            "_timestamp": {**told("number", 3, BEGAN + 2), "monotonic": True},
        },
    }  # fmt: skip


def test_the_last_step_counts_only_what_is_visible(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"a": step} for step in range(9)])
    land(tmp_path, rows=[{"_step": 3, "a": -3}], number=1, resume_from=3)
    found = Speaking(tmp_path).data(KEYS)["project"]["run"]["historyKeys"]
    assert (found["lastStep"], found["keys"]["a"]["previousValue"]) == (3, -3)
