"""All recipes in a row: every part's words are understood, the plan holds, a part leaves its runs in the project."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.cli.sights import SIGHTS
from belvedere.recipes import arguments, pipeline
from belvedere.recipes.pipeline import PARTS, OnTwoRanks, Part

FULL_SECONDS, QUICK_SECONDS = 240, 60


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_the_words_of_every_part_are_understood(part: Part) -> None:
    module = importlib.import_module(f"belvedere.recipes.{part.module}")
    parser = getattr(module, "parser", arguments.parser)
    for words in (part.words, (*part.words, *(part.quick or ()))):
        given = parser().parse_args([*words, "--group", part.group, "--project", "demo", "--dir", "runs"])
        assert (given.group, given.project, given.dir) == (part.group, "demo", "runs")


def test_the_plan_is_four_minutes_or_one() -> None:
    assert sum(part.planned for part in PARTS) <= FULL_SECONDS
    quick = [part for part in PARTS if part.quick is not None]
    assert sum(part.planned_quick for part in quick) <= QUICK_SECONDS
    for part in PARTS:
        assert part.planned > seconds_of(part.words), part.name
        assert part.quick is None or part.planned_quick > seconds_of(part.quick), part.name


def seconds_of(words: Sequence[str]) -> float:
    return float(words[list(words).index("--seconds") + 1]) if "--seconds" in words else 0.0


def test_every_sight_is_one_of_a_run_that_the_pipeline_records() -> None:
    names = {part.words[list(part.words).index("--run") + 1] for part in PARTS if "--run" in part.words}
    assert {sight.run for sight in SIGHTS} <= names | {part.group for part in PARTS}


@dataclass(frozen=True)
class Recalled(Part):
    """A part that trains nothing and keeps its words."""

    code: int = 0

    def main(self, words: Sequence[str]) -> int:
        BEGUN.append((self.name, list(words)))
        if self.code == pipeline.STOPPED:
            raise KeyboardInterrupt
        return self.code


BEGUN: list[tuple[str, list[str]]] = []


@pytest.fixture(autouse=True)
def nothing_begun() -> None:
    BEGUN.clear()


def test_quick_says_more_words_and_leaves_parts_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = Recalled("first", "pretrain", "a", ("--run", "x"), planned=2, quick=("--seconds", "1"), planned_quick=1)
    second = Recalled("second", "digits", "b", ("--sweep",), planned=3)
    monkeypatch.setattr(pipeline, "PARTS", (first, second))
    kept = ["--out-dir", "belvedere-checkpoints"]
    assert pipeline.main(["--quick", "--dir", str(tmp_path)]) == 0
    where = ["--project", "demo", "--dir", str(tmp_path)]
    assert [("first", ["--run", "x", "--seconds", "1", "--group", "a", *where, *kept])] == BEGUN
    BEGUN.clear()
    assert pipeline.main(["--only", "second", "--dir", str(tmp_path)]) == 0
    assert [("second", ["--sweep", "--group", "b", *where])] == BEGUN


def test_ctrl_c_and_a_part_that_fails_end_the_whole_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped = Recalled("first", "pretrain", "a", (), planned=1, code=pipeline.STOPPED)
    second = Recalled("second", "pretrain", "a", (), planned=1)
    monkeypatch.setattr(pipeline, "PARTS", (stopped, second))
    assert pipeline.main([]) == pipeline.STOPPED
    monkeypatch.setattr(pipeline, "PARTS", (replace(stopped, code=2), second))
    assert pipeline.main([]) == 2
    assert [name for name, _ in BEGUN] == ["first", "first"]
    assert "--- first: 0 s, exit code 2" in capsys.readouterr().out


def test_a_part_leaves_its_run_in_the_project_of_the_demo(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    short = [part for part in PARTS if part.name == "multimodal"]
    [part] = [replace(one, words=("--run", "multimodal", "--steps", "3")) for one in short]
    where = ["--dir", str(tmp_path / "runs"), "--out-dir", str(tmp_path / "kept"), "--project", "demo"]
    assert part.main([*part.words, "--group", part.group, *where]) == 0
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.project, run.group, run.name, run.state) == ("demo", "multimodal", "multimodal", "finished")


def test_two_ranks_are_one_run(tmp_path: Path) -> None:
    [part] = [part for part in PARTS if isinstance(part, OnTwoRanks)]
    text = tmp_path / "text"
    text.mkdir()
    for number in range(40):
        (text / f"{number}.txt").write_text("the way up and the way down are one and the same\n" * 20)
    words = ["--preset", "tiny", "--run", "two-ranks", "--no-pictures", "--steps", "3", "--data", str(text)]
    where = ["--dir", str(tmp_path / "runs"), "--out-dir", str(tmp_path / "kept"), "--project", "demo"]
    assert part.main([*words, *where]) == 0
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.name, run.config["world_size"]) == ("two-ranks", 2)
