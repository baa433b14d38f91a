"""The command, with real trainings of seconds: broken runs show it, twins do not, the truth lies beside them."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes.faults import labels
from belvedere.recipes.faults.__main__ import main
from belvedere.recipes.faults.catalogue import SCENARIOS
from belvedere.recipes.faults.labels import NAME
from belvedere.recipes.faults.trace import traced
from belvedere.recipes.faults.trainings.course import Order


@pytest.mark.parametrize("name", ["nan_loss", "frozen_layer", "dead_relu"])
def test_a_fault_shows_and_its_twin_does_not(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = SCENARIOS[name]
    assert main([name, "--dir", str(tmp_path)]) == 0
    assert "what the scenario is about shows in this run" in capsys.readouterr().out
    assert main([name, "--dir", str(tmp_path), "--healthy"]) == 0
    assert "what the scenario is about does not show in this run" in capsys.readouterr().out
    assert scenario.label is not None
    assert main(["--check", "--dir", str(tmp_path)]) == 1  # the twin's other scenarios were not run
    assert re.search(rf"^ok  {name} .* 1 of 1 +0 of 1$", capsys.readouterr().out, re.MULTILINE)
    broken, twin = labels.read(tmp_path / "faults" / NAME)
    assert (broken.label, broken.is_twin) == (scenario.label.pathology, False)
    assert (twin.label, twin.is_twin) == (None, True)
    assert traced(str(tmp_path), broken.run_id).config["seed"] == 0


def test_all_of_a_family_is_run_once_and_checked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["--all", "--only", "numerics", "--dir", str(tmp_path), "--steps", "3"]
    assert main(words) == 0
    out = capfd.readouterr().out
    assert re.findall(r"^ +\d of 4  (.*)$", out, re.MULTILINE) == [
        "nan_loss, seed 0", "nan_loss_half, seed 0", "nan_loss (twin), seed 0", "nan_loss_half (twin), seed 0",
    ]  # fmt: skip
    assert main(words) == 0
    assert capfd.readouterr().out.startswith("4 runs, 4 are there; labels go to ")
    assert main(["--check", "--dir", str(tmp_path)]) == 2  # three steps show nothing
    assert "no labelled run of full length" in capfd.readouterr().err


def test_recording_changes_no_loss(tmp_path: Path) -> None:
    for name in ("saturation", "entropy_collapse", "memory_leak", "posterior_collapse", "loss_imbalance"):
        settings = replace(SCENARIOS[name].settings(is_twin=False), steps=12)  # type: ignore[type-var]
        recorded = settings.train(Order(seed=1, dir=str(tmp_path)))
        assert recorded.losses == settings.train(Order(seed=1, is_recorded=False)).losses
        assert len(recorded.losses) == 12


def test_who_is_asked_to_stop_stops_and_has_no_label(tmp_path: Path) -> None:
    outcome = SCENARIOS["nan_loss"].healthy.train(Order(seed=0, dir=str(tmp_path), asked=([2],)))
    assert outcome.is_stopped
    assert bv.open(str(tmp_path)).run(outcome.run_id).state == "stopped"
    assert not (tmp_path / "faults" / NAME).exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["overfiting"], "there is no scenario 'overfiting'; --list names them"),
        ([], "name a scenario, or pass --list, --all or --check; see --help"),
        (["nan_loss", "--steps", "0"], "--seed and --seeds are 0 or more, --steps and --jobs 1 or more"),
        (["--check", "--dir", "nowhere"], "no labelled run of full length in nowhere/faults; make them with --all"),
    ],
)
def test_a_mistake_is_one_sentence(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == f"faults: {sentence}\n"


def test_a_file_that_holds_no_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("[1]")
    with pytest.raises(bv.UsageError, match="is no file of labels"):
        labels.read(tmp_path / NAME)


def test_the_list_is_told_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list", "--json", "--only", "representation"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert (first["id"], first["switch"], first["label"]["onset"]) == (
        "representation_collapse", {"variance_lost_at": 150}, 150,
    )  # fmt: skip
