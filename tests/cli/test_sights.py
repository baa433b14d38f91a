"""The end of the demo: every sight exists, only what these runs can fill is named, findings are told."""

from dataclasses import replace
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.cli.sights import SIGHTS, diagnoses, drawings, tell
from belvedere.core.errors import NotFound
from belvedere.figures.render import find
from belvedere.store.run import Run

STEPS = 30


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    """A run called rl that rose, and one called ranks whose loss became NaN; newest first."""
    for name, ends_in in (("ranks", float("nan")), ("rl", 0.5)):
        with bv.init(project="demo", name=name, dir=tmp_path / "runs", console=False, hardware=False) as run:
            run.stage("rl")
            for step in range(STEPS):
                loss = ends_in if step > STEPS // 2 else 1.0 - step / STEPS
                run.log({"train/loss": loss, "reward": step / STEPS, "val/accuracy": step / STEPS, "rl/nll": loss})
    return list(bv.open(tmp_path / "runs").runs())


def test_every_sight_names_a_figure_that_there_is() -> None:
    for sight in SIGHTS:
        assert set(sight.options) <= set(find(sight.figure).options), sight.figure


def test_only_what_the_runs_can_fill_is_drawn(
    runs: list[Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = list(drawings(runs, tmp_path / "figures"))
    assert [one.sight.figure for one in drawn] == ["training_trajectory", "reward_landscape"]
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "rl-reward_landscape.html", "rl-training_trajectory.html",
    ]  # fmt: skip
    assert "not drawn: rank_spread of ranks (" in capsys.readouterr().err
    rl = next(run for run in runs if run.name == "rl")
    assert drawn[0].address("http://x") == f"http://x/demo/{rl.id}/observatory?scene=training_trajectory" + (
        "&options=%7B%22x%22%3A%22cumulative%22%7D"
    )
    assert drawn[0].command(tmp_path / "runs") == (
        f"belvedere figure {rl.id} training_trajectory --set x=cumulative --dir {tmp_path / 'runs'} "
        "-o rl-training_trajectory.html"
    )
    spaced = replace(drawn[0], path=Path("lr 0.064, 4 × 16.html"))
    assert spaced.command(tmp_path / "runs").endswith(" -o 'lr 0.064, 4 × 16.html'")


def test_findings_are_told_and_healthy_runs_share_a_line(runs: list[Run]) -> None:
    lines = list(diagnoses(runs))
    assert lines[0].startswith("ranks (demo/")
    assert any(line.startswith("  critical: ") and "nan_loss" in line for line in lines)
    assert lines[-1] == "nothing found: rl"


def test_the_whole_list(runs: list[Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "runs"
    tell(root, runs, "http://x")
    said = capsys.readouterr().out
    assert f"2 figures are drawn in {tmp_path / 'belvedere-figures'}" in said
    assert f"whole runs on one sheet: {tmp_path / 'belvedere-figures' / 'rl-dashboard.png'}" in said
    assert "all 2 runs\n    http://x/demo\n" in said
    with pytest.raises(NotFound, match="left no run"):
        tell(root, [], "http://x")
