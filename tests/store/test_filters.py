"""The filter language: what it understands, and what it says when it does not."""

from pathlib import Path

import pytest

from belvedere.core.errors import FilterError
from belvedere.store.filters import as_filter, fields_of, holds, parse
from belvedere.store.records import RunRow
from belvedere.store.samples import write_run
from belvedere.store.store import open_store

ROW = RunRow(
    "demo", "r1", name="calm-lake", group="seeds", tags=("sft", "big model"), state="finished", steps=100,
    config={"lr": 3e-4, "model": {"depth": 4, "name": "gpt"}, "betas": [0.9, 0.95], "amp": True,
            "odd (key)": 1, "a.b": "x"},
    summary={"val/loss": 1.5, "note": 'say "hi"', "train/loss.min": 0.5},
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        'config.lr > 1e-4 and summary.val/loss < 2 and tags has "sft" and state == "finished"',
        "config.lr >= 3e-4 and config.lr <= 0.0003 and not config.lr < 3e-4",
        "config.model.depth == 4",
        'config.model.name != "mlp"',
        "config.missing != 3",
        'not config.missing == 3 and not (state == "failed" or group ~ "^x")',
        "config.betas has 0.95",
        "config.amp == true",
        'state in ["failed", "finished"]',
        'name ~ "^calm-.*e$" and name contains "m-l"',
        'config."odd (key)" == 1',
        'config."a.b" == "x" and config.a.b == "x"',
        "summary.train/loss.min < 1",
        r'summary.note == "say \"hi\""',
        "tags has 'big model'",
        'tags ~ "^big"',
        "steps == 100 and steps == 1e2",
        'id == "r1" and project == "demo"',
    ],
)
def test_a_true_filter_holds_and_survives_being_written_again(text: str) -> None:
    condition = parse(text)
    assert holds(condition, fields_of(ROW))
    assert parse(as_filter(condition)) == condition


@pytest.mark.parametrize(
    "text",
    ["config.lr > 1", "config.missing == 3", "config.missing < 3", 'config.lr == "0.0003"', "name > 3",
     'tags has "SFT"',
     "summary.val/loss > 2 or state == 'running'", "not steps == 100"],
)  # fmt: skip
def test_a_false_filter_does_not_hold(text: str) -> None:
    assert not holds(parse(text), fields_of(ROW))


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("config.lr >", 12, "a number, text in quotes, true or false"),
        ("config.lr > 1 state", 15, "'and', 'or' or the end"),
        ("(config.lr > 1", 15, "')'"),
        ("lr > 1", 1, "a field: config.…"),
        ("config.lr = 1", 11, ""),
        ("", 1, "a field"),
        ('state in "a"', 10, "'['"),
        ("state in [1, ", 14, "a number"),
        ("state in [1 2]", 13, "',' or ']'"),
        ("config.lr 5", 11, "one of =="),
        ("name contains 3", 15, "text in quotes"),
        ('name ~ "("', 8, "no regular expression"),
        ('name ~ "(a+)+$"', 8, "could take for ever"),
        ("and", 1, "a field"),
    ],
)
def test_a_wrong_filter_names_the_place(text: str, place: int, expected: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert f"at character {place}" in str(caught.value)
    assert expected in str(caught.value)


def test_the_store_filters_in_its_catalogue(tmp_path: Path) -> None:
    for number in range(5):
        write_run(
            tmp_path, [(0, {"val/loss": float(number)})], f"r{number}", config={"lr": number / 10}, start=1e9 + number
        )
    store = open_store(tmp_path)
    assert [run.id for run in store.runs("config.lr > 0.1 and summary.val/loss < 4")] == ["r3", "r2"]
    assert [run.id for run in open_store(tmp_path).runs('id ~ "[01]$"')] == ["r1", "r0"]
