"""Copies of checkpoints are bounded and take no room."""

from pathlib import Path

from belvedere.recipes.streaming.kept import keep_copy


def test_the_newest_stay_and_hold_what_they_held(tmp_path: Path) -> None:
    path, other = tmp_path / "slimpajama-x.pt", tmp_path / "slimpajama-y-step_000001.pt"
    other.write_text("another run's")
    for step in (10, 20, 30, 30):
        path.unlink(missing_ok=True)
        path.write_text(f"step {step}")
        keep_copy(path, step, count=2)
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {
        "slimpajama-x.pt": "step 30", "slimpajama-x-step_000020.pt": "step 20",
        "slimpajama-x-step_000030.pt": "step 30", "slimpajama-y-step_000001.pt": "another run's",
    }  # fmt: skip
    assert path.stat().st_ino == (tmp_path / "slimpajama-x-step_000030.pt").stat().st_ino
