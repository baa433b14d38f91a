"""Mongo-style filters over plain facts."""

from collections.abc import Mapping

import pytest

from belvedere.compat.mongo_filter import fits
from belvedere.core.errors import FilterError

FACTS: Mapping[str, object] = {
    "state": "finished", "tags": ["a", "b"], "display_name": "Calm Lake",
    "config": {"lr": 0.1, "model": {"depth": 2}, "with.dot": 1}, "summary_metrics": {"val/loss": 0.5},
}  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ({}, True),
        ({"state": "finished", "config.lr": 0.1}, True),
        ({"config.lr.value": 0.1}, True),
        ({"config.model.depth": {"$gte": 2, "$lt": 3}}, True),
        ({"config.with.dot": 1}, True),
        ({"config.nothing": {"$exists": False}}, True),
        ({"config.nothing": {"$gt": 1}}, False),
        ({"summary_metrics.val/loss": {"$lt": 0.5}}, False),
        ({"tags": "a"}, True),
        ({"tags": {"$in": ["c", "b"]}}, True),
        ({"tags": {"$nin": ["c", "b"]}}, False),
        ({"display_name": {"$regex": "^calm", "$options": "i"}}, True),
        ({"display_name": {"$regex": "^calm"}}, False),
        ({"$or": [{"state": "running"}, {"config.lr": {"$ne": 1}}]}, True),
        ({"$and": [{"state": "finished"}, {"state": "running"}]}, False),
        ({"$nor": [{"state": "running"}]}, True),
        ({"$not": {"state": "running"}}, True),
        ({"config.lr": {"$not": {"$gt": 1}}}, True),
        ({"state": {"$gt": 1}}, False),
    ],
)
def test_what_fits(condition: Mapping[str, object], wanted: bool) -> None:
    assert fits(FACTS, condition) is wanted


def test_an_unknown_operator_is_named() -> None:
    with pytest.raises(FilterError, match=r"the operator '\$near' is not known"):
        fits(FACTS, {"state": {"$near": 1}})
    with pytest.raises(FilterError, match=r"\$or takes a list of filters, got dict"):
        fits(FACTS, {"$or": {}})
