"""`belvedere landscape`: from checkpoints to a run, a page, or JSON."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import belvedere as bv
from belvedere.cli.main import run as belvedere
from belvedere.cli.where import open_run
from belvedere.core.query import Needs

FUNCTION = """
import torch
from torch import nn

def quadratic(path):
    model = nn.Linear(3, 2, bias=False)
    model.load_state_dict(torch.load(path, weights_only=True))
    return model, lambda one: one.weight.square().sum()

def interrupted(path):
    model, loss_fn = quadratic(path)
    calls = []
    def once(one):
        calls.append(1)
        if len(calls) > 4:
            raise KeyboardInterrupt
        return loss_fn(one)
    return model, once

def nothing(path):
    return 3

def failing(path):
    raise OSError("no such shard")

def dividing(path):
    return quadratic(path)[0], lambda one: 1 / 0

def holed(path):
    return quadratic(path)[0], lambda one: one.weight[0, 0].sub(2.9).log().neg()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a module `mine` and three checkpoints: 3, 2 and 1 in another place each, so the path bends."""
    (tmp_path / "mine.py").write_text(FUNCTION)
    for number, step in enumerate((0, 50, 100)):
        weight = torch.zeros(2, 3)
        weight[0, number] = 3.0 - number
        torch.save({"weight": weight}, tmp_path / f"step_{step:06d}.pt")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    import sys

    sys.modules.pop("mine", None)


def checkpoints() -> list[str]:
    return sorted(path.name for path in Path().glob("*.pt"))


def finished_run() -> str:
    with bv.init(project="p", id="done", dir="runs", console=False, hardware=False) as run:
        run.log({"train/loss": 1.0})
    return "done"


def test_a_path_is_surveyed_in_its_own_plane_and_logged_to_a_finished_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = finished_run()
    words = ["landscape", *checkpoints(), "--loss", "mine:quadratic", "--size", "5", "--run", run, "--dir", "runs"]
    assert belvedere([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["plane"] == "pca"
    assert sum(told["explained"]) == pytest.approx(1.0)
    kept = open_run(run, "runs")
    assert kept.state == "finished"
    assert len(kept.attempts) == 1
    media = kept.data(Needs(media=("array:landscape/surface",))).media["landscape/surface"]
    assert media[0].step == 100
    assert not list(Path().glob("*.cells"))


def test_one_checkpoint_is_surveyed_at_random_into_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["landscape", checkpoints()[0], "--loss", "mine:quadratic", "--size", "3"]
    assert belvedere([*words, "-o", "x.json"]) == 0
    found = json.loads(Path("x.json").read_text())
    array = found[0]["landscape/surface"]
    assert array["values"][1][1] == pytest.approx(9.0)
    assert array["about"]["alphas"] == [-1.0, 0.0, 1.0]
    assert belvedere([*words, "-o", "x.html"]) == 0
    assert "Loss surface" in Path("x.html").read_text()
    assert "random" in capsys.readouterr().out


def test_a_line_and_curvatures_with_their_limit() -> None:
    words = ["landscape", *checkpoints(), "--loss", "mine:quadratic"]
    assert belvedere([*words, "--what", "line", "--size", "3", "-o", "line.json"]) == 0
    line = json.loads(Path("line.json").read_text())[0]["landscape/line"]
    assert line["values"] == pytest.approx([9.0, 2.5, 1.0])  # (1.5, 0, 0.5) in the middle
    assert belvedere([*words, "--what", "hessian", "--lr", "0.5", "-o", "hessian.json"]) == 0
    rows = json.loads(Path("hessian.json").read_text())
    assert [row["step"] for row in rows] == [0, 50, 100]
    assert [row["hessian/top_eigenvalue"] for row in rows] == pytest.approx([2.0] * 3)
    assert [row["hessian/sharpness_limit"] for row in rows] == [4.0] * 3
    assert belvedere([*words, "--what", "hessian", "-o", "hessian.html"]) == 0


def test_an_interrupted_survey_says_that_it_goes_on_and_does(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["landscape", checkpoints()[0], "--size", "3", "--loss"]
    assert belvedere([*words, "mine:interrupted"]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    kept = next(Path().glob("*.cells"))
    assert len(kept.read_text().splitlines()) == 1 + 3
    assert belvedere([*words, "mine:quadratic"]) == 0
    assert not kept.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "no checkpoint named; give the path of at least one"),
        (["x.pt", "--loss", "mine:quadratic"], "no checkpoint at x.pt; check the path"),
        (["x.pt"], "no checkpoint at x.pt"),
        (["step_000000.pt"], "name its function: --loss MODULE:FUNCTION"),
        (["step_000000.pt", "--loss", "mine"], "names no function; write --loss MODULE:FUNCTION"),
        (["step_000000.pt", "--loss", "mine:missing"], "mine has no function 'missing'"),
        (["step_000000.pt", "--loss", "no_such:f"], "cannot be imported"),
        (["step_000000.pt", "--loss", "mine:nothing"], "gave (int) for step_000000.pt; return (model, loss_fn)"),
        (["step_000000.pt", "--loss", "mine:quadratic", "-o", "x.gif"], "'.gif' is no format of a landscape"),
        (["step_000000.pt", "--loss", "mine:quadratic", "-o", "no/x.html"], "no such directory; make it first"),
        (["step_000000.pt", "--loss", "mine:quadratic", "--what", "line"], "a line needs two checkpoints"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert belvedere(["landscape", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_errors_of_other_programs_are_one_sentence_that_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    Path("junk.pt").write_text("junk")
    Path("broken.py").write_text("1 / 0")
    zero = "(ZeroDivisionError: division by zero)"
    for words, expected in {
        ("junk.pt",): "junk.pt is not a readable checkpoint (BadZipFile); give another; for one of your own ",
        ("step_000100.pt", "--loss", "mine:failing"): "step_000100.pt cannot be loaded (OSError: no such shard); look ",
        ("step_000100.pt", "--loss", "mine:dividing"): f"the loss cannot be computed {zero}; look at mine.py, line ",
        ("junk.pt", "--loss", "broken:f"): f"--loss 'broken:f' cannot be imported {zero}; look at broken.py, line 1",
    }.items():
        assert belvedere(["landscape", *words, "--size", "2"]) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"belvedere: {expected}") and told.count("\n") == 1


def test_an_unknown_run_is_refused_before_any_time_is_spent(capsys: pytest.CaptureFixture[str]) -> None:
    finished_run()
    words = ["landscape", "step_000100.pt", "--loss", "mine:dividing", "--run", "nosuch", "--dir", "runs"]
    assert belvedere(words) == 2
    assert "no run 'nosuch'" in capsys.readouterr().err


def test_what_was_computed_is_kept_until_it_is_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    words = ["landscape", "step_000100.pt", "--loss", "mine:quadratic", "--size", "3", "-o", "x.json"]
    with monkeypatch.context() as patch:
        patch.setattr("belvedere.cli.surveys.Results.to_file", full)
        assert belvedere(words) == 2
    assert len(list(Path().glob("*.cells"))) == 1
    assert belvedere(words) == 0
    assert list(Path().glob("*.cells")) == [] and Path("x.json").exists()


def test_places_without_a_number_do_not_hide_the_lowest(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["landscape", "step_000000.pt", "--loss", "mine:holed", "--size", "3", "--json"]
    assert belvedere(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["not finite"] >= 1 and told["lowest"] <= told["loss of the model"] <= told["highest"]
