"""The summary: as the client has it for the client, as ours for everybody else."""

import math
from pathlib import Path

import pytest

from belvedere.wandb_protocol.summary import client_summary, same
from tests.wandb_protocol.posting import Program, restarted, row
from tests.wandb_protocol.speaking import Speaking

OWN = ("_step", "_timestamp", "_runtime", "_wandb")
IMAGE = {"_type": "image-file", "path": "media/images/a.png", "sha256": "ab", "size": 3, "width": 1, "height": 1}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    found = Program(Speaking(tmp_path))
    found.arrive()
    return found


def told(program: Program) -> dict[str, object]:
    """What the client gets back, without what it adds itself."""
    return {key: value for key, value in client_summary(program.run).items() if key not in OWN}


def ours(program: Program) -> dict[str, object]:
    return {key: value for key, value in program.run.summary.items() if key not in OWN}


def facts(program: Program) -> set[str]:
    return {key for key in program.run.detail.foreign.get("wandb", {}) if key.startswith("summary/")}


def test_last_values_need_no_word_of_their_own(program: Program) -> None:
    program.post(0, [row(0, loss=1.5, epoch=3, text="a", nested={"a": 1})])
    program.summary({"loss": 1.5, "epoch": 3, "text": "a", "nested": {"a": 1}, "_step": 0})
    assert facts(program) == {"summary/_step"}
    assert told(program) == {"loss": 1.5, "epoch": 3, "text": "a", "nested": {"a": 1}}
    assert ours(program) == {"loss": 1.5, "epoch": 3.0, "text": "a", "nested/a": 1.0}


def test_what_the_user_put_in_is_in_both(program: Program) -> None:
    program.post(0, [row(0, loss=1.5)])
    program.summary(
        {"loss": 1.5, "best": {"loss": 0.1, "step": 7}, "ok": True, "none": None, "list": [1, 2], "_step": 0}
    )
    extra = {"ok": True, "none": None, "list": [1, 2]}
    assert told(program) == {"loss": 1.5, "best": {"loss": 0.1, "step": 7}, **extra}
    assert ours(program) == {"loss": 1.5, "best/loss": 0.1, "best/step": 7, **extra}


def test_a_value_set_over_a_logged_one_stays_until_the_client_says_otherwise(program: Program) -> None:
    program.post(0, [row(0, loss=1.5)])
    program.summary({"loss": 9, "_step": 0})
    assert (told(program), ours(program)) == ({"loss": 9}, {"loss": 9})
    program.post(1, [row(1, loss=1.25)])
    program.summary({"loss": 1.25, "_step": 1})
    assert (told(program), ours(program)) == ({"loss": 1.25}, {"loss": 1.25})


def test_a_minimum_is_ours_by_its_definition_and_theirs_as_they_said_it(program: Program) -> None:
    program.upsert(raw={"m": [{"1": "loss", "6": [3], "7": [1]}]})
    program.post(0, [row(0, loss=1.5), row(1, loss=2.5)])
    program.summary({"loss": {"min": 1.5}, "_step": 1})
    assert told(program) == {"loss": {"min": 1.5}}
    assert ours(program) == {"loss": 2.5, "loss.min": 1.5}


def test_what_is_not_finite_comes_back(program: Program) -> None:
    program.post(0, [row(0, a=math.nan)])
    program.summary({"a": math.nan, "b": math.inf, "_step": 0})
    assert same(told(program), {"a": math.nan, "b": math.inf})


def test_an_image_is_a_record_of_ours_and_theirs_again(program: Program) -> None:
    program.post(0, [row(0, image=IMAGE)])
    program.summary({"image": IMAGE, "_step": 0})
    assert told(program) == {"image": IMAGE}
    record = ours(program)["image"]
    assert isinstance(record, dict)
    assert (record["_type"], record["suffix"], record["width"]) == ("image", ".png", 1)


def test_what_the_finished_summary_lacks_is_missing(program: Program) -> None:
    program.post(0, [row(0, loss=1.5, hidden=2.0)])
    program.summary({"loss": 1.5, "_step": 0})
    program.end()
    assert told(program) == {"loss": 1.5}


def test_a_summary_from_before_the_last_row_is_old(program: Program) -> None:
    program.post(0, [row(0, loss=1.5), row(1, loss=2.5)])
    program.summary({"loss": 1.5, "_step": 0})
    program.summary({"loss": 1.5})
    assert told(program) == {"loss": 2.5}


def test_a_restarted_server_knows_the_summary(program: Program) -> None:
    program.post(0, [row(0, loss=1.5)])
    program.summary({"loss": 1.5, "best": 3, "_step": 0})
    again = Program(restarted(program.client))
    again.summary({"loss": 1.5, "best": 4, "_step": 0})
    assert told(again) == {"loss": 1.5, "best": 4}


def test_an_edit_through_the_api_counts(program: Program) -> None:
    program.post(0, [row(0, loss=1.5)])
    program.upsert(summaryMetrics='{"loss": 1.5, "note": "good"}')
    assert told(program) == {"loss": 1.5, "note": "good"}


def test_true_is_not_one() -> None:
    assert not same(True, 1)
    assert same([1, {"a": math.nan}], [1, {"a": math.nan}])
    assert not same({"a": 1}, {"b": 1})
