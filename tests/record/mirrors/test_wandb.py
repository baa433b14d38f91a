"""The mirror to W&B, with a stand-in for its client: what it hears, and that one that is unwell disturbs nobody."""

import json
import math
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from tests.record.conftest import Begin, clean_environment, rows, warnings_of_this_test  # noqa: F401

Told = Callable[[], list[list[object]]]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the client heard, with the stand-in installed for the mirror's process."""
    package, log = tmp_path / "site" / "wandb", tmp_path / "heard.jsonl"
    package.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("fake_wandb.py"), package / "__init__.py")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join((str(package.parent), *filter(None, [os.environ.get("PYTHONPATH")])))
    )
    monkeypatch.setenv("FAKE_WANDB_LOG", str(log))
    for name in ("FAKE_WANDB_MODE", "WANDB_MODE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return lambda: [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    begun: list[bv.Run] = []

    def init(**wishes: object) -> bv.Run:
        quiet: dict[str, object] = {"project": "p", "dir": tmp_path / "runs", "console": False, "hardware": False}
        begun.append(bv.init(**{**quiet, **wishes}))  # type: ignore[arg-type]
        return begun[-1]

    yield init
    for run in begun:
        run.finish()


def test_everything_that_is_recorded_reaches_the_client(begin: Begin, told: Told, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("kept")
    run = begin(name="calm", config={"lr": 0.5}, group="g", tags=["t"], mirror="wandb")
    run.define("val/*", x="epoch", summary="min")
    run.log({"loss": 1.5, "nan": math.nan, "words": "w"}, commit=False)
    run.log_vector("norm", np.array([1.0, 2.0]), ["a", "b"])
    run.log({"more": True})
    run.stage("sft")
    run.log({"loss": 0.5})
    run.alert("low", "text", "warn")
    run.save(tmp_path / "notes.txt", base_path=tmp_path)
    run.log_artifact(tmp_path / "notes.txt", "data", "dataset", aliases=["first"])
    run.summary["best"] = 3
    run.tags += ("late",)
    run.finish(exit_code=3)
    heard = told()
    facts = {"project": "p", "id": run.id, "name": "calm", "resume": "allow", "group": "g", "tags": ["t"]}
    assert heard[0][:2] == ["init", facts]
    logged: dict[int, dict[str, object]] = {}
    for _, step, values in (entry for entry in heard if entry[0] == "log"):
        logged.setdefault(step, {}).update({key: value for key, value in values.items() if key != "_timestamp"})  # type: ignore[arg-type,attr-defined]
    nan = logged[0].pop("nan")
    assert isinstance(nan, float) and math.isnan(nan)
    assert logged == {
        0: {"loss": 1.5, "words": "w", "norm/a": 1.0, "norm/b": 2.0, "more": True},
        1: {"training_stage": "sft", "loss": 0.5},
    }
    assert ["config", {"lr": 0.5}] in heard
    assert ["define", "val/*", "epoch", "min"] in heard
    last_row = max(place for place, entry in enumerate(heard) if entry[0] == "log")
    assert heard.index(["alert", "low", "text", "WARN"]) > last_row  # else it stood at a step before its own
    assert ["save", "notes.txt", "kept"] in heard
    assert ["artifact", ["data", "dataset", {}, ["notes.txt", "kept"]], ["first"]] in heard
    assert heard[-2:] == [["summary", {"best": 3}], ["finish", 3]]


def test_a_client_that_blocks_costs_the_training_nothing(
    begin: Begin, told: Told, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKE_WANDB_MODE", "block")
    run = begin(mirror="wandb")
    for step in range(500):
        run.log({"loss": float(step)})
    run.finish(deadline_secs=1.0)
    said = capfd.readouterr().err
    assert "the mirror wandb is not done yet; it goes on by itself (process " in said
    os.kill(int(said.partition("(process ")[2].partition(")")[0]), signal.SIGKILL)
    assert [values for _, values in rows(run)] == [{"loss": float(step)} for step in range(500)]
    assert run.state == "finished"


def test_a_client_that_raises_is_told_once_and_the_recording_is_whole(
    begin: Begin, told: Told, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKE_WANDB_MODE", "raise")
    run = begin(mirror="wandb")
    for step in range(20):
        run.log({"loss": float(step)})
    run.finish()
    assert len(rows(run)) == 20
    assert capfd.readouterr().err.count("the client is unwell") == 1
    assert told()[-1] == ["finish", 0]


def test_a_server_that_does_not_answer_makes_it_an_offline_run(
    begin: Begin, told: Told, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKE_WANDB_MODE", "no-server")
    run = begin(mirror="wandb:http://127.0.0.1:1")
    run.log({"loss": 1.0})
    run.finish()
    said = capfd.readouterr().err
    assert "the server cannot be reached, so the run is kept here: ConnectionError: nobody answers" in said
    assert "send it with: wandb sync " in said
    assert [entry[0] for entry in told()] == ["teardown", "init", "log", "finish"]


@pytest.mark.parametrize(
    ("mode", "words"),
    [("broken", "wandb cannot begin a run: ConnectionError: nobody answers"), ("absent", "not installed")],
)
def test_without_a_client_it_is_one_sentence(
    begin: Begin, told: Told, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], mode: str, words: str
) -> None:
    monkeypatch.setenv("FAKE_WANDB_MODE", mode)
    if mode == "absent":
        monkeypatch.setenv("PYTHONPATH", "")
    run = begin(mirror="wandb:offline")
    run.log({"loss": 1.0})
    run.finish()
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("belvedere: mirror")]
    assert len(lines) == 1 and words in lines[0]
    assert rows(run) == [(0, {"loss": 1.0})]


def test_an_address_is_where_it_goes(begin: Begin, told: Told) -> None:
    run = begin(mirror=["wandb:http://127.0.0.1:7007/"])
    run.finish()
    settings = told()[0][2]
    assert isinstance(settings, dict)
    assert (settings["base_url"], len(settings["api_key"])) == ("http://127.0.0.1:7007", 46)


def test_a_mirror_that_does_not_exist_is_a_warning(begin: Begin) -> None:
    with pytest.warns(bv.RecordingWarning, match="mirror='nothing' is not known; use 'wandb' or 'tensorboard'"):
        begin(mirror="nothing")


def test_the_variable_names_mirrors_with_commas(monkeypatch: pytest.MonkeyPatch, begin: Begin, told: Told) -> None:
    monkeypatch.setenv("BELVEDERE_MIRROR", "wandb:offline, ")
    begin().finish()
    assert told()[-1] == ["finish", 0]
