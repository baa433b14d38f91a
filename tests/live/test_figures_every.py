"""`figures_every`: figures of a run, drawn beside it, added to it, and nothing else about it changed."""

import errno
import os
import pkgutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.core.errors import UsageError
from belvedere.live.cadence import LIVE_FIGURES
from belvedere.live.companion import Companion
from belvedere.live.figure_process import CUT_OFF, TOLD, Painter, follow, main
from belvedere.runlog.layout import RunFolder
from belvedere.store.compact import compact_run
from belvedere.store.engines.memory import MemoryEngine
from belvedere.store.run import Run
from belvedere.store.store import Store, open_store
from tests.record.conftest import wait_for_warnings

Begin = Callable[..., bv.Run]
Output = pytest.CaptureFixture[str]
DEADLINE_SECS = 300.0  # a loaded machine imports plotly slowly


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    monkeypatch.setenv("BELVEDERE_SILENT", "1")
    begun: list[bv.Run] = []

    def init(**wishes: object) -> bv.Run:
        quiet: dict[str, object] = {"project": "p", "dir": tmp_path, "console": False, "hardware": False}
        begun.append(bv.init(**{**quiet, **wishes}))  # type: ignore[arg-type]
        return begun[-1]

    yield init
    for run in begun:
        run.finish(deadline_secs=DEADLINE_SECS)


def train(run: bv.Run, first: int, end: int) -> None:
    for step in range(first, end):
        run.log_vector("grad_norm", [0.1, 0.2, 0.3], ["embed", "h.0", "head"], step=step)
        run.log({"train/loss": 2.0 / (step + 1), "train/lr": 1e-3})


def folder_of(run: bv.Run) -> RunFolder:
    path = Path(run.dir)
    return RunFolder(path.parent.parent, path.parent.name, path.name)


def painter_of(run: bv.Run, say: Callable[[str], None], **options: object) -> Painter:
    wanted: dict[str, object] = {"every": 10, "figures": ("gradient_flow", "loss_curves"), "dashboard": None}
    companion = Companion(folder_of(run), "figures")
    return Painter(open_store(Path(run.dir).parent.parent), run.id, companion, say=say, **(wanted | options))  # type: ignore[arg-type]


def plotly_steps(run: Run) -> dict[str, list[int]]:
    return {info.key: [item.step for item in run.media(info.key)] for info in run.keys("*3d/*")}


def test_a_training_gets_its_figures_and_its_final_set_and_the_dashboard(begin: Begin, tmp_path: Path):
    run = begin(name="watched")
    bv.figures_every(10, which=["gradient_flow", "loss_curves"], dashboard=tmp_path / "viz")
    train(run, 0, 25)
    run.finish(deadline_secs=DEADLINE_SECS)
    found = open_store(tmp_path).run(run.id)
    assert found.state == "finished"
    assert (found.steps, len(found.attempts), found.world_size) == (25, 1, 1)
    steps = plotly_steps(found)
    assert steps["3d/gradient_flow"] == steps["3d/loss_curves"]
    assert steps["3d/gradient_flow"][-1] == 20
    assert steps["final/3d/gradient_flow"] == steps["final/3d/loss_curves"] == [24]
    assert set(found.summary) == {"train/loss", "train/lr"}
    assert (tmp_path / "viz" / "training_latest.png").read_bytes() == (
        tmp_path / "viz" / "training_step_000024.png"
    ).read_bytes()
    assert [item.step for item in found.media("final/dashboard")] == [24]


def test_a_figure_of_a_step_holds_nothing_from_after_it(begin: Begin):
    run = begin()
    train(run, 0, 25)
    painter = painter_of(run, pytest.fail, figures=("loss_curves",))
    assert painter.look() and not painter.look()
    stored = open_store(Path(run.dir).parent.parent).run(run.id)
    (item,) = stored.media("3d/loss_curves")
    assert item.step == 20 and item.path is not None
    assert b'"step"' in item.path.read_bytes()
    train(run, 25, 31)
    assert painter.look()
    assert [one.step for one in stored.media("3d/loss_curves")] == [20, 30]
    assert painter.left_out == 1  # 10 was never drawn


def test_nothing_is_drawn_at_step_0_nor_before_the_first_multiple(begin: Begin):
    run = begin()
    painter = painter_of(run, pytest.fail)
    assert not painter.look()
    train(run, 0, 10)
    assert not painter.look()


def test_one_figure_that_cannot_be_drawn_takes_no_other_with_it_and_is_told_once(begin: Begin):
    run = begin()
    run.log({"train/loss": 1.0}, step=20)
    told: list[str] = []
    painter = painter_of(run, told.append, figures=("nonsense", "gradient_flow", "loss_curves"))
    follow(painter, lambda secs: TOLD, has_final=True)
    assert [line.split(":")[0] for line in told] == ["nonsense is not drawn", "gradient_flow is not drawn"]
    assert "No gradients were recorded" in told[1]
    assert plotly_steps(open_store(Path(run.dir).parent.parent).run(run.id)) == {
        "3d/loss_curves": [20], "final/3d/loss_curves": [20],
    }  # fmt: skip


def test_a_companion_changes_neither_state_nor_attempts_whatever_becomes_of_it(begin: Begin):
    run = begin()
    train(run, 0, 3)
    companion = Companion(folder_of(run), "figures")
    companion.log(2, {"note": bv.Text("hello")})
    run.finish()
    root = Path(run.dir).parent.parent
    for store in (open_store(root), Store(MemoryEngine(root))):
        found = store.run(run.id)
        assert (found.state, len(found.attempts)) == ("finished", 1)  # though the companion has not ended
        assert found.steps == 3
    compact_run(folder_of(run))
    assert open_store(root).run(run.id).state == "finished"  # the manifest knows it too
    companion.close()
    resumed = begin(id=run.id, resume="must")
    resumed.log({"train/loss": 0.5})
    assert resumed.step == 4  # one behind the last step of the training
    resumed.finish(1)
    again = open_store(root).run(run.id)
    assert (again.state, len(again.attempts)) == ("failed", 2)
    assert [item.step for item in again.media("note")] == [2]


def test_the_process_may_be_killed_and_the_training_hears_it_at_most_once(begin: Begin):
    run = begin()
    bv.figures_every(5, which=["loss_curves"])
    train(run, 0, 3)
    (stop,) = [close for doing, close in run._senders if doing == "figures"]
    beside = stop.__closure__[0].cell_contents  # type: ignore[union-attr,index]
    waited = time.monotonic() + DEADLINE_SECS
    while beside.pid is None and time.monotonic() < waited:
        time.sleep(0.02)

    def kill_and_wait() -> None:
        os.kill(beside.pid, signal.SIGKILL)
        while beside.is_alive and time.monotonic() < waited:
            time.sleep(0.02)
        wait_for_warnings()

    with pytest.warns(bv.RecordingWarning, match="figures: the process ended with exit code -9"):
        kill_and_wait()
    train(run, 3, 6)
    run.finish()
    assert open_store(Path(run.dir).parent.parent).run(run.id).state == "finished"


def test_runs_that_want_no_figures_get_no_process(begin: Begin):
    run = begin(mode="disabled")
    bv.figures_every(10)
    assert run._senders == []
    run.finish()
    run = begin(name="dummy")
    bv.figures_every(10)
    assert run._senders == []


def test_other_ranks_draw_nothing(begin: Begin, monkeypatch: pytest.MonkeyPatch):
    for name, value in {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    run = begin(id="shared01")
    bv.figures_every(10)
    assert run._senders == []


def test_what_cannot_be_is_said_in_one_sentence(begin: Begin):
    with pytest.raises(UsageError, match="there is no run"):
        bv.figures_every(10)
    begin(name="real")
    for wrong in (0, -5, 1.5, True):
        with pytest.raises(UsageError, match="is no number of steps; pass a whole number from 1 on"):
            bv.figures_every(wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"which='gradient_flow' is one word; pass a list of ids"):
        bv.figures_every(10, which="gradient_flow")
    bv.figures_every(10, which=[], final=False)
    with pytest.raises(UsageError, match="was called before"):
        bv.figures_every(10)


def test_the_live_set_is_the_known_four():
    assert LIVE_FIGURES == ("loss_landscape", "gradient_flow", "reward_landscape", "training_dynamics")


def test_a_folder_that_is_no_run_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([str(tmp_path / "p" / "nothing"), "--every", "5"]) == 2
    assert "no run log there; pass the folder of a run" in capsys.readouterr().err


def test_a_training_that_was_cut_off_gets_what_was_due_but_no_final_set(begin: Begin, capfd: Output):
    run = begin()
    train(run, 0, 12)
    root = Path(run.dir).parent.parent
    arguments = [sys.executable, "-m", "belvedere.live.figure_process", run.dir, "--every", "10"]
    arguments += ["--figure", "loss_curves"]
    # standard input is closed from the start, as after SIGKILL
    subprocess.run(arguments, stdin=subprocess.DEVNULL, timeout=DEADLINE_SECS, check=True)
    assert plotly_steps(open_store(root).run(run.id)) == {"3d/loss_curves": [10]}
    words = "the final set is not drawn: the training was cut off before it said that it ended"
    assert capfd.readouterr().err == f"belvedere: figures: {words}\n"


def test_a_training_that_ended_gets_its_final_set_though_nobody_told_the_process(begin: Begin):
    run = begin()
    train(run, 0, 12)
    painter = painter_of(run, pytest.fail, figures=("loss_curves",))
    run.finish(1)
    follow(painter, lambda secs: CUT_OFF, has_final=True)
    assert plotly_steps(open_store(Path(run.dir).parent.parent).run(run.id)) == {
        "3d/loss_curves": [10], "final/3d/loss_curves": [11],
    }  # fmt: skip


def test_a_run_that_goes_on_does_not_draw_again_what_it_had(begin: Begin):
    run = begin()
    train(run, 0, 25)
    painter = painter_of(run, pytest.fail, figures=("loss_curves",), after=24)
    assert not painter.look()
    train(run, 25, 41)
    assert painter.look()
    assert (painter.drawn_step, painter.left_out) == (40, 1)


def test_a_full_disk_is_said_once_and_the_next_set_is_tried_again(begin: Begin, monkeypatch: pytest.MonkeyPatch):
    run = begin()
    train(run, 0, 12)
    told: list[str] = []
    painter = painter_of(run, told.append, figures=("loss_curves",))
    with monkeypatch.context() as patch:
        patch.setattr("belvedere.runlog.media.keep", full_disk)
        assert painter.look()
    train(run, 12, 22)
    assert painter.look()
    assert plotly_steps(open_store(Path(run.dir).parent.parent).run(run.id)) == {"3d/loss_curves": [20]}
    why = "it cannot be written (no space left on device); make room or mend the folder"
    assert told == [f"the set of step 10 is not drawn: {why}"]


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_an_unknown_figure_is_refused_at_once_and_without_plotly(begin: Begin):
    begin()
    with pytest.raises(UsageError, match=r"no figure 'gradient_flw'; did you mean 'gradient_flow'\? `belvedere figure"):
        bv.figures_every(10, which=["gradient_flw"])
    with pytest.raises(UsageError, match="no figure 3; `belvedere figure --list` lists them"):
        bv.figures_every(10, which=[3])  # type: ignore[list-item]


def test_every_module_of_the_gallery_has_the_name_of_its_figure():
    from belvedere.figures import gallery
    from belvedere.figures.render import all_figures

    names = {module.name for module in pkgutil.iter_modules(gallery.__path__)}
    assert names == {figure.id for figure in all_figures()}
