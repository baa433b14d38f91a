"""The whole recipe, short: it learns, records its panels, resumes, raises its flags, and two ranks equal one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes import london
from belvedere.recipes.historical.arguments import Order, order_of
from belvedere.recipes.london import Outcome, learning_rate, train
from belvedere.recipes.ranks import Ranks
from tests.recipes.forked_ranks import run_ranks

SLOWER = {"mfu_drop", "dt_drift"}  # red flags of a machine that really became slower, as one with other work does
PANELS = ["train/dt_ms", "train/iter", "train/loss", "train/lr", "train/mfu"]


@pytest.fixture
def words(corpus_folder: Path, tmp_path: Path) -> list[str]:
    """The tiny preset on the small corpus, everything kept below tmp_path."""
    return [
        *("--preset", "tiny", "--data", str(corpus_folder), "--device", "cpu", "--threads", "1"),
        *("--dir", str(tmp_path / "runs"), "--out-dir", str(tmp_path / "checkpoints"), "--sample-tokens", "0"),
    ]


def trained(*words: str) -> Outcome:
    return train(order_of(words, Ranks()), Ranks())


def stop_after(order: Order, *, steps: int) -> Outcome:
    """Train in this process and press Ctrl-C once so many steps are done."""
    counted = []

    class Counting(london.Training):
        def advance(self, fraction: float, meter: london.Meter) -> "tuple[london.Tensor, float]":
            counted.append(fraction)
            if len(counted) == steps:
                signal.raise_signal(signal.SIGINT)
            return super().advance(fraction, meter)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(london, "Training", Counting)
        return train(order, Ranks())


def test_it_learns_from_near_ln_v(words: list[str]) -> None:
    outcome = trained(*words, "--no-record", "--steps", "60")
    assert outcome.losses[0] == pytest.approx(5.55, abs=0.15)
    assert sum(outcome.losses[-5:]) / 5 < outcome.losses[0] - 1.3
    assert outcome.evaluated is not None
    assert outcome.evaluated.held_out < 4.2
    assert (outcome.step, outcome.is_stopped) == (60, False)
    assert set(outcome.told) <= SLOWER


def test_recording_changes_no_bit_of_the_training(words: list[str]) -> None:
    recorded = trained(*words, "--steps", "9", "--eval-every", "4", "--sample-tokens", "8")
    without = trained(*words, "--steps", "9", "--eval-every", "4", "--no-record")
    assert recorded.losses == without.losses
    assert recorded.evaluated == without.evaluated


def test_a_run_holds_the_panels_and_only_what_was_measured(words: list[str], tmp_path: Path) -> None:
    outcome = trained(*words, "--steps", "9", "--log-every", "2", "--eval-every", "4", "--sample-tokens", "8")
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.project, run.state, run.steps) == ("london-historical-llm", "finished", 10)
    assert run.name is not None and run.name.startswith("london-tiny-20")
    assert set(run.tags) == {"london", "historical", "llm", "gpt2", "1500-1850"}
    assert sorted(info.key for info in run.keys("train/*")) == PANELS
    assert sorted(info.key for info in run.keys("eval/*")) == [
        "eval/iter", "eval/train_loss", "eval/val_loss", "eval/val_ppl",
    ]  # fmt: skip
    points = [0, 2, 4, 6, 8]
    assert run.series("train/loss").steps.tolist() == points
    assert run.series("train/loss").values.tolist() == [outcome.losses[step] for step in points]
    assert run.series("train/iter").values.tolist() == points
    settings = order_of([*words, "--steps", "9"], Ranks()).settings
    assert run.series("train/lr").values.tolist() == [learning_rate(settings, step, step / 9) for step in points]
    assert run.series("train/dt_ms").steps.tolist() == points[1:]  # the first step compiles
    assert run.series("throughput/compile_ms").steps.tolist() == [0]
    assert run.series("train/mfu").steps.tolist() == points[1:]
    assert min(run.series("train/mfu").values) > 0
    assert run.series("grad/norm_unclipped").steps.tolist() == points
    assert run.series("eval/iter").values.tolist() == [0, 4, 8, 9]
    assert run.series("eval/val_ppl").values[-1] == pytest.approx(2.718281828 ** run.series("eval/val_loss").values[-1])
    assert [item.step for item in run.media("samples")] == [0, 4, 8, 9]
    assert [(stage.name, stage.step) for stage in run.stages] == [("early", 0), ("mid", 1), ("late", 3)]
    config = run.config
    assert (config["gpu_count"], config["precision"], config["distributed"]) == (0, "float32", "one process")
    assert (config["parameters"], config["decayed_tensors"]) == (32_928, 10)
    assert (config["historical_period"], config["special_tokens"]) == ("1500-1850", 0)


def test_without_texts_of_its_own_a_run_does_not_call_itself_historical(tmp_path: Path) -> None:
    order = order_of(["--dir", str(tmp_path)], Ranks())
    assert order.tags == ("london", "llm", "gpt2")
    assert order_of(["--tags", "a, b"], Ranks()).tags == ("a", "b")


def test_a_dummy_run_leaves_no_folder(words: list[str], tmp_path: Path) -> None:
    trained(*words, "--run=dummy", "--steps", "2")
    assert not (tmp_path / "runs").exists()


def test_a_resumed_training_goes_on_exactly_dropout_and_all(words: list[str], tmp_path: Path) -> None:
    straight = trained(*words, "--no-record", "--steps", "20", "--dropout", "0.3")
    order = order_of([*words, "--steps", "20", "--dropout", "0.3", "--run", "whole"], Ranks())
    stopped = stop_after(order, steps=7)
    assert (stopped.is_stopped, stopped.step) == (True, 7)
    resumed = trained(*words, "--resume")
    assert (*stopped.losses, *resumed.losses) == straight.losses
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.name, run.state, run.steps) == ("whole", "finished", 21)
    series = run.series("train/loss")
    assert series.values.tolist() == [straight.losses[step] for step in series.steps]
    assert series.steps.tolist() == list(range(0, 20, 2))


def test_a_killed_training_goes_on_from_its_last_checkpoint(words: list[str], tmp_path: Path) -> None:
    own = [*words, "--steps", "4000", "--save-every", "5", "--log-every", "1", "--eval-every", "4000"]
    launch = [sys.executable, "-m", "belvedere.recipes.london", *own]
    process = subprocess.Popen(launch, stdout=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"})
    while not list((tmp_path / "checkpoints").glob("london-*.pt")) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    order = order_of([*own, "--resume"], Ranks())
    assert order.resumed is not None
    resumed = stop_after(order, steps=3)
    straight = stop_after(order_of([*own, "--no-record"], Ranks()), steps=resumed.step)
    assert resumed.losses == straight.losses[-3:]
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.state, resumed.step) == ("stopped", order.resumed.step + 3)
    assert run.series("train/loss").values.tolist() == list(straight.losses)


def test_small_forward_passes_add_up_to_the_whole_batch(words: list[str]) -> None:
    whole = trained(*words, "--no-record", "--steps", "5", "--dropout", "0", "--batch", "4")
    pieces = trained(*words, "--no-record", "--steps", "5", "--dropout", "0", "--batch", "4", "--micro-batch", "3")
    assert pieces.losses == pytest.approx(whole.losses, abs=1e-4)


def test_two_ranks_equal_one_dropout_and_all(words: list[str], tmp_path: Path) -> None:
    sizes = ["--steps", "6", "--batch", "8", "--micro-batch", "4"]
    alone = trained(*words, *sizes, "--no-record")
    run_ranks("belvedere.recipes.london", *words, *sizes, "--log-every", "1")
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.world_size, run.state, run.config["distributed"]) == (2, "finished", "gloo, 2 ranks")
    for rank in (0, 1):
        found = run.series("train/loss", rank=rank).values.tolist()
        assert found == pytest.approx(list(alone.losses), abs=1e-4)


def test_a_rate_that_was_made_far_too_high_is_told_once(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = [*words, "--steps", "90", "--eval-every", "90", "--save-every", "90"]
    healthy = stop_after(order_of(own, Ranks()), steps=40)
    assert set(healthy.told) <= SLOWER
    broken = trained(*own, "--resume", "--lr", "5")
    assert "rising" in broken.told
    [run] = bv.open(tmp_path / "runs").runs()
    assert len(run.alerts) == capsys.readouterr().out.count("RED FLAG")
    assert len(run.alerts) == len({*healthy.told, *broken.told})
    [alert] = [alert for alert in run.alerts if alert.title == "Loss is rising"]
    assert alert.level == "critical"
    assert "above its best of" in alert.text


def test_a_training_that_learns_nothing_is_told(words: list[str]) -> None:
    told = trained(*words, "--no-record", "--lr", "0", "--steps", "60", "--log-every", "1").told
    assert "plateau" in told and set(told) <= {"plateau", *SLOWER}


def test_a_full_size_preset_runs_when_it_is_made_small(words: list[str], tmp_path: Path) -> None:
    small = "--layers 1 --heads 2 --width 16 --context 32 --vocab 300 --micro-batch 2".split()
    own = [*words[2:], "--preset", "regular", *small, "--eval-batches", "1", "--steps", "3"]
    assert order_of(own, Ranks()).settings.is_compiled is False  # on a CPU
    outcome = trained(*own)
    assert len(outcome.losses) == 3
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.config["vocab"], run.config["dropout"], run.config["lr"]) == (300, 0.1, 3e-4)


def test_the_learning_rate_rises_and_falls_to_a_tenth() -> None:
    slm = order_of(["--preset", "slm"], Ranks()).settings
    assert (slm.lr, slm.warmup, slm.steps, slm.sequences, slm.tokens_per_step) == (3e-4, 500, 60_000, 20, 20_480)
    assert learning_rate(slm, 0, 0.0) == pytest.approx(3e-4 / 501)
    assert learning_rate(slm, 400, 400 / 60_000) == pytest.approx(2.4e-4, rel=1e-3)  # at the fifth point of the panel
    assert learning_rate(slm, 500, 500 / 60_000) == pytest.approx(3e-4)
    assert learning_rate(slm, 60_000, 1.0) == pytest.approx(3e-5)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--batch", "3", "--seconds", "1", "--steps", "2"], "two ways to say how long"),
        (["--layers", "0"], "--layers is 0; give at least 1"),
        (["--dropout", "1"], "no such model: dropout 1.0"),
        (["--vocab", "100", "--tokenizer", "bpe"], "--vocab is 100"),
        (["--data", "/nowhere/at/all.txt"], "there is no file or folder /nowhere/at/all.txt"),
        (["--special-tokens", "/nowhere.txt"], "--special-tokens /nowhere.txt cannot be read"),
        (["--context", "9000"], "a sequence has 9000"),
        (["--preset", "huge"], "invalid choice"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    words: list[str], more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert london.main([*words, *more, "--no-record"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_checkpoint_of_another_model_or_text_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text("It was the best of times, it was the worst of times. " * 200)
    own = [*words, "--data", str(folder), "--no-record"]
    trained(*own, "--steps", "2")
    assert london.main([*own, "--resume", "--steps", "4", "--layers", "3"]) == 2
    assert "trained with --layers 2, not 3; leave it out" in capsys.readouterr().err
    assert london.main([*own, "--resume"]) == 2
    assert "has used its budget (2 steps" in capsys.readouterr().err
    (folder / "1.txt").write_text("Another text altogether. " * 400)
    assert london.main([*own, "--resume", "--steps", "4"]) == 2
    assert "the text or its vocabulary is not that of the checkpoint" in capsys.readouterr().err


def test_a_batch_that_does_not_split_is_refused() -> None:
    with pytest.raises(bv.UsageError, match="a batch of 3 does not split over 2 ranks; pass --batch 4"):
        order_of(["--batch", "3"], Ranks(rank=0, world=2, local_world=2))
