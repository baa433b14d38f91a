"""Rows of a run, as `history` and `scan_history` ask for them."""

import json
import math
from pathlib import Path
from typing import Any

from tests.wandb_protocol.landed import BEGAN, land
from tests.wandb_protocol.speaking import Speaking

RUN = 'query Q(%s) { project(name: "p", entityName: "team") { run(name: "run1") { %s } } }'
PAGE = RUN % ("$low: Int64, $high: Int64, $size: Int", "history(minStep: $low, maxStep: $high, samples: $size)")
SAMPLED = RUN % ("$specs: [JSONString!]!", "sampledHistory(specs: $specs)")


def asked(client: Speaking, text: str, **variables: object) -> dict[str, Any]:
    run: dict[str, Any] = client.data(text, **variables)["project"]["run"]
    return run


def test_rows_are_texts_in_which_nan_and_infinity_stand_bare(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"nan": math.nan, "high": math.inf, "low": -math.inf, "i": 3}])
    (text,) = asked(Speaking(tmp_path), PAGE)["history"]
    assert '"nan":NaN' in text and '"high":Infinity' in text and '"low":-Infinity' in text
    row = json.loads(text)
    assert math.isnan(row.pop("nan"))
    assert row == {
        "high": math.inf, "low": -math.inf, "i": 3, "_step": 0, "_timestamp": BEGAN, "_runtime": 0.0,
    }  # fmt: skip


def test_rows_by_keys_are_objects_in_which_nan_is_a_word(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"nan": math.nan, "high": math.inf, "low": -math.inf, "i": 3}, {"i": 4}])
    specs = [{"keys": ["_step", "nan", "high", "low"], "samples": 5}, {"keys": ["i"], "minStep": 1, "maxStep": 1}]
    assert asked(Speaking(tmp_path), SAMPLED, specs=[json.dumps(spec) for spec in specs])["sampledHistory"] == [
        [{"_step": 0, "nan": "NaN", "high": "Infinity", "low": "-Infinity"}],
        [{"i": 4}],
    ]


def test_one_spec_may_stand_alone(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"i": step} for step in range(9)])
    text = RUN % ("$spec: JSONString!", "sampledHistory(specs: [$spec])")
    found = asked(Speaking(tmp_path), text, spec='{"keys": ["i"], "samples": 3}')["sampledHistory"]
    assert found == [[{"i": 0}, {"i": 4}, {"i": 8}]]


def test_pages_join_to_the_whole_history(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"_step": 3 * step, "i": step} for step in range(20)])
    client = Speaking(tmp_path)
    pages = [asked(client, PAGE, low=low, high=low + 7, size=7)["history"] for low in range(0, 60, 7)]
    assert [json.loads(text)["i"] for page in pages for text in page] == list(range(20))


def test_without_numbers_there_are_five_hundred_rows(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"i": step} for step in range(1200)])
    found = asked(Speaking(tmp_path), RUN.replace("(%s)", "") % "history")["history"]
    assert len(found) == 500
    assert [json.loads(found[place])["i"] for place in (0, -1)] == [0, 1199]


def test_numbers_that_make_no_sense_do_no_harm(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"i": step} for step in range(3)])
    client = Speaking(tmp_path)
    for low, high, size, count in (
        (-(10**30), 10**30, 10**30, 3),
        ("x", None, 500, 3),
        (2, 1, 500, 0),
        (None, None, -5, 1),
        (True, 1.5, 500, 1),
    ):
        assert len(asked(client, PAGE, low=low, high=high, size=size)["history"]) == count


def test_a_spec_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"i": 1}])
    client = Speaking(tmp_path)
    assert "is an object such as" in client.error(SAMPLED, specs=["3"])
    assert "this is not JSON" in client.error(SAMPLED, specs=["{"])
    assert "needs a list of 1 to 1000 keys" in client.error(SAMPLED, specs=['{"keys": []}'])
    assert "needs a list of 1 to 1000 keys" in client.error(SAMPLED, specs=[json.dumps({"keys": ["a"] * 1001})])
    assert "ask for at most 100" in client.error(SAMPLED, specs=['{"keys": ["i"]}'] * 101)


def test_measurements_of_the_machine_are_events(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"i": 1}], system=[{"system.gpu.0.temp": 40.0}])
    (text,) = asked(Speaking(tmp_path), RUN % ("$samples: Int", "events(samples: $samples)"), samples=5)["events"]
    assert json.loads(text) == {"_wandb": True, "_timestamp": BEGAN, "_runtime": 0.0, "system.gpu.0.temp": 40.0}


def test_nothing_lies_in_parquet_files(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"i": 1}])
    text = RUN % ("$keys: [String!]!", "parquetHistory(liveKeys: $keys) { parquetUrls liveData }")
    found = asked(Speaking(tmp_path), text, keys=["_step"])["parquetHistory"]
    assert found == {"parquetUrls": [], "liveData": [{"_step": 0}]}  # read from there on, in pages


def test_a_run_is_read_while_it_is_written(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    for count in (1, 3):
        land(tmp_path, f"of{count}", rows=[{"i": step} for step in range(count)], state=None)
        text = PAGE.replace("run1", f"of{count}")
        assert len(asked(client, text)["history"]) == count
