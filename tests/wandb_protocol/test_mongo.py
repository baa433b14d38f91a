"""Filters as W&B takes them: which of four runs they leave."""

import json

import pytest

from belvedere.core.errors import FilterError
from belvedere.store.records import RunRow
from belvedere.wandb_protocol.mongo import chosen

ROWS = [
    RunRow(
        "p", "a", "first", group="g", job_type="train", tags=("x", "y"), state="finished", steps=10, created=1.7e9,
        updated=1.7e9 + 60, config={"lr": 0.1, "model": {"layers": 2}, "sizes": [1, 2], "use": True},
        summary={"loss": 1.0, "val": {"acc": 0.5}}, notes="try it", facts={"wandb": {"sweep": "s1", "host": "box"}},
    ),
    RunRow(
        "p", "b", "second", tags=("x",), state="stopped", created=1.8e9, config={"lr": 0.2},
        summary={"loss": 2.0, "nested/a": 3, "_runtime": 5.0},
    ),
    RunRow("p", "c", "third", state="failed", created=1.9e9, config={"lr": "auto"}, summary={"loss": float("nan")}),
    RunRow("p", "d", "fourth", group="g", state="running", created=2.0e9),
]  # fmt: skip
CASES: list[tuple[object, str]] = [
    ({}, "abcd"),
    ({"state": "finished"}, "a"),
    ({"state": "killed"}, "b"),
    ({"state": {"$in": ["killed", "failed"]}}, "bc"),
    ({"state": {"$nin": ["killed", "failed"]}}, "ad"),
    ({"state": {"$in": []}}, ""),
    ({"name": "b"}, "b"),
    ({"display_name": "second"}, "b"),
    ({"displayName": {"$regex": "^f"}}, "ad"),
    ({"display_name": {"$regex": "^F", "$options": "i"}}, "ad"),
    ({"display_name": {"$not": {"$regex": "^f"}}}, "bc"),
    ({"config.lr": 0.1}, "a"),
    ({"config.lr.value": 0.1}, "a"),
    ({"config.lr": {"$gt": 0.1}}, "b"),
    ({"config.lr": {"$gte": 0.1, "$lt": 0.2}}, "a"),
    ({"config.lr": {"$lte": 0.2}}, "ab"),
    ({"config.lr": {"$ne": 0.1}}, "bcd"),
    ({"config.lr": {"$exists": True}}, "abc"),
    ({"config.lr": {"$exists": False}}, "d"),
    ({"config.lr": None}, "d"),
    ({"config.lr": "auto"}, "c"),
    ({"config.model.layers": 2}, "a"),
    ({"config.model.value.layers": 2}, "a"),
    ({"config.model": {"layers": 2}}, "a"),
    ({"config.sizes": 2}, "a"),
    ({"config.sizes": {"$exists": True}}, "a"),
    ({"config.use": True}, "a"),
    ({"config.use": False}, ""),
    ({"summary_metrics.loss": {"$lt": 1.5}}, "a"),
    ({"summaryMetrics.loss": {"$gt": 0}}, "ab"),
    ({"summary_metrics.val.acc": 0.5}, "a"),
    ({"summary_metrics.nested.a": 3}, "b"),
    ({"summary_metrics._step": 9}, "a"),
    ({"summary_metrics._wandb.runtime": {"$gte": 5}}, "b"),
    ({"tags": "x"}, "ab"),
    ({"tags": {"$in": ["y", "z"]}}, "a"),
    ({"tags": {"$nin": ["x"]}}, "cd"),
    ({"tags": {"$all": ["x", "y"]}}, "a"),
    ({"tags": {"$all": []}}, ""),
    ({"tags": {"$exists": False}}, "cd"),
    ({"group": "g"}, "ad"),
    ({"group": None}, "bc"),
    ({"group": {"$exists": False}}, "bc"),
    ({"config.lr": float("nan")}, ""),
    ({"jobType": "train"}, "a"),
    ({"sweep": "s1"}, "a"),
    ({"host": "box"}, "a"),
    ({"notes": {"$regex": "try"}}, "a"),
    ({"duration": {"$gte": 60}}, "a"),
    ({"username": "belvedere"}, "abcd"),
    ({"created_at": {"$gt": "2027-01-16T00:00:00Z"}}, "cd"),
    ({"createdAt": {"$lt": {"$date": "2025-01-01"}}}, "a"),
    ({"created_at": {"$lt": 1.75e9}}, "a"),
    ({"$and": [{"config.lr": {"$gt": 0}}, {"tags": "y"}]}, "a"),
    ({"$or": [{"config.lr": 0.2}, {"state": "running"}]}, "bd"),
    ({"$or": [{"config.lr": 0.2}, {}]}, "abcd"),
    ({"$nor": [{"config.lr": 0.2}, {"state": "running"}]}, "ac"),
    ({"$not": {"state": "running"}}, "abc"),
    ({"$not": {}}, ""),
    ({"group": "g", "state": {"$ne": "running"}}, "a"),
]


@pytest.mark.parametrize(("query", "left"), CASES, ids=[json.dumps(query) for query, _ in CASES])
def test_a_filter_leaves_the_runs_that_fulfil_it(query: object, left: str) -> None:
    assert "".join(row.id for row in chosen(ROWS, json.dumps(query))) == left


@pytest.mark.parametrize("text", [None, ""])
def test_no_filter_leaves_all(text: object) -> None:
    assert chosen(ROWS, text) == ROWS


def test_a_setting_that_is_called_value_is_found() -> None:
    row = RunRow("p", "a", config={"lr": {"value": 3}})
    assert chosen([row], '{"config.lr.value": 3}') == [row]


REFUSED: list[tuple[str, str]] = [
    ("{", "cannot be read"),
    ("[1]", r"a filter is an object such as .*, not \[1\]"),
    ('{"loss": 1}', "runs have no field 'loss'"),
    ('{"config.lr": {"$size": 1}}', r"operator '\$size' is not known here; use one of \$gt"),
    ('{"$where": "1"}', r"operator '\$where' is not known here"),
    ('{"$or": {}}', r"\$or takes a list of filters"),
    ('{"$or": []}', r"\$or takes a list of filters"),
    ('{"config.lr": {"$in": 3}}', "take a list of values, not 3"),
    ('{"config.lr": {"$gt": [1]}}', "cannot be compared with"),
    ('{"config.lr": {"$eq": [1, 2]}}', "cannot be compared with"),
    ('{"name": {"$regex": "("}}', "is no regular expression"),
    ('{"name": {"$regex": "(a+)+$"}}', "could take for ever"),
    ('{"name": {"$regex": 3}}', r"\$regex takes a text"),
    ('{"name": {"$regex": "a", "$options": "q"}}', r"\$options takes some of the letters"),
    ('{"created_at": {"$gt": "yesterday"}}', "is no date"),
    ('{"$not": ' * 40 + '{"name": "a"}' + "}" * 40, "nested more than 32 levels"),
    ('{"config.a": ' + '{"a": ' * 40 + "1" + "}" * 41, "nested more than 32 levels"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=[text[:40] for text, _ in REFUSED])
def test_a_filter_that_makes_no_sense_says_why(text: str, reason: str) -> None:
    with pytest.raises(FilterError, match=reason):
        chosen(ROWS, text)
