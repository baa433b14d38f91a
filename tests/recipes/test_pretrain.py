"""The whole recipe, short: it learns, it resumes, recording changes nothing, two ranks equal one."""

import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

import belvedere as bv
from belvedere.recipes import pretrain
from belvedere.recipes.arguments import Order, order_of
from belvedere.recipes.checkpoint import Checkpoint, load, newest
from belvedere.recipes.pretrain import Outcome, train
from belvedere.recipes.ranks import Ranks


def trained(*words: str) -> Outcome:
    return train(order_of(words, Ranks()), Ranks())


@pytest.mark.parametrize(("tokenizer", "vocab"), [("byte", 256), ("bpe", 300)])
def test_it_starts_at_ln_v_and_learns(tiny: list[str], tokenizer: str, vocab: int) -> None:
    size = ["--vocab", str(vocab)] if tokenizer == "bpe" else []
    outcome = trained(*tiny, "--no-record", "--tokenizer", tokenizer, *size, "--steps", "30")
    assert outcome.losses[0] == pytest.approx(math.log(vocab), rel=1e-6)
    assert sum(outcome.losses[-5:]) / 5 < outcome.losses[0] - 1.5
    assert outcome.held_out is not None
    assert outcome.held_out.bits_per_byte < 6
    assert len(outcome.losses) == outcome.step == 30


def test_recording_changes_no_bit_of_the_training(tiny: list[str]) -> None:
    without = trained(*tiny, "--no-record", "--steps", "12", "--eval-every", "5")
    recorded = trained(*tiny, "--steps", "12", "--eval-every", "5")
    assert recorded.losses == without.losses
    assert recorded.held_out == without.held_out


def test_a_run_holds_what_its_figures_need_and_no_bit_is_changed(tiny: list[str], tmp_path: Path) -> None:
    words = [*tiny, "--steps", "9", "--eval-every", "4", "--probe-every", "4", "--landscape", "3"]
    recorded, without = trained(*words), trained(*words, "--no-record")
    assert recorded.losses == without.losses
    assert recorded.held_out == without.held_out
    [run] = bv.open(tmp_path / "runs").runs()
    kinds = {info.key: info.kind for info in run.keys()}
    assert {key for key, kind in kinds.items() if kind == "array"} == {
        "attention/layer0_head0", "attention/layer0_head1", "attention/layer1_head0", "attention/layer1_head1",
        "embeddings/tokens", "landscape/line", "landscape/surface",
    }  # fmt: skip
    assert (kinds["samples"], kinds["weights/h.1"], kinds["architecture"]) == ("table", "histogram", "table")
    assert [item.step for item in run.media("samples")] == [0, 4, 8, 9]
    assert run.series("probe/loss@1x").steps.tolist() == [0, 4, 8]
    assert run.series("probe/loss@0x").values[0] == pytest.approx(math.log(256), rel=1e-6)
    assert run.series("hessian/top_eigenvalue").steps.tolist() == [0, 4, 8]
    assert "dead_share" in kinds and kinds["dead_share"] == "vector"
    about = run.media("landscape/surface")[0].record["about"]
    assert about["kind"] == "pca" and about["steps"] == [0, 4, 8, 9]  # type: ignore[index,call-overload]


def test_pictures_can_be_left_out(tiny: list[str], tmp_path: Path) -> None:
    trained(*tiny, "--no-pictures", "--steps", "2")
    [run] = bv.open(tmp_path / "runs").runs()
    assert not {info.key for info in run.keys() if info.kind in ("array", "table", "histogram")} - {"architecture"}


def test_a_run_holds_what_the_training_saw(tiny: list[str], tmp_path: Path) -> None:
    outcome = trained(*tiny, "--run", "first", "--project", "mine", "--steps", "12", "--eval-every", "5")
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.project, run.name, run.state, run.steps) == ("mine", "first", "finished", 13)
    losses = run.series("train/loss")
    assert losses.steps.tolist() == list(range(12))
    assert losses.values.tolist() == list(outcome.losses)
    assert run.series("train/tokens").values.tolist() == [256.0 * (step + 1) for step in range(12)]
    assert run.series("val/bpb").steps.tolist() == [0, 5, 10, 12]
    assert run.series("val/bpb").values[0] == pytest.approx(8)
    assert run.series("val_all/bpb").steps.tolist() == [12]
    assert len(run.series("lr").values) == len(run.series("train/grad_norm").values) == 12
    assert run.vectors("grad_norm").names == ("embed", "h.0", "h.1", "head")
    assert [stage.name for stage in run.stages] == ["pretrain"]
    assert [item.step for item in run.media("samples/def")] == [0, 12]
    assert run.config["parameters"] == 38_912
    assert (run.config["seed"], run.config["vocab"], run.config["tokens_per_step"]) == (0, 256, 256)


def test_a_dummy_run_leaves_no_folder(tiny: list[str], tmp_path: Path) -> None:
    trained(*tiny, "--run=dummy", "--steps", "2")
    assert not (tmp_path / "runs").exists()


def test_a_resumed_training_continues_exactly(tiny: list[str], tmp_path: Path) -> None:
    straight = trained(*tiny, "--no-record", "--steps", "40")
    order = order_of([*tiny, "--run", "whole", "--project", "mine", "--steps", "40"], Ranks())
    stopped = stop_after(order, steps=15)
    assert stopped.is_stopped
    resumed = trained(*tiny, "--resume")  # the newest checkpoint; its own budget goes on
    assert (*stopped.losses, *resumed.losses) == straight.losses
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.project, run.name, run.state, run.steps) == ("mine", "whole", "finished", 41)
    assert run.series("train/loss").values.tolist() == list(straight.losses)


def stop_after(order: Order, *, steps: int) -> Outcome:
    """Train in this process and press Ctrl-C once so many steps are done."""
    counted = []

    class Counting(pretrain.Training):
        def advance(self, fraction: float, meter: pretrain.Meter) -> tuple[torch.Tensor, torch.Tensor]:
            counted.append(fraction)
            if len(counted) == steps:
                signal.raise_signal(signal.SIGINT)
            return super().advance(fraction, meter)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretrain, "Training", Counting)
        return train(order, Ranks())


def test_ctrl_c_ends_after_the_step_and_says_stopped(tiny: list[str], tmp_path: Path) -> None:
    outcome = stop_after(order_of([*tiny, "--seconds", "60"], Ranks()), steps=3)
    [run] = bv.open(tmp_path / "runs").runs()
    assert (outcome.is_stopped, outcome.step, run.state) == (True, 3, "stopped")
    assert load(outcome.checkpoint).step == 3


def test_small_forward_passes_add_up_to_the_whole_batch(tiny: list[str]) -> None:
    whole = trained(*tiny, "--no-record", "--steps", "5")
    pieces = trained(*tiny, "--no-record", "--steps", "5", "--micro-batch", "3")  # 3 + 1 sequences
    assert pieces.losses == pytest.approx(whole.losses, abs=1e-4)


def test_checkpoints_on_the_way_are_replaced_by_the_last(tiny: list[str], tmp_path: Path) -> None:
    trained(*tiny, "--no-record", "--steps", "7", "--save-every", "3")
    [path] = (tmp_path / "checkpoints").glob("pretrain*")
    assert load(path).step == 7  # and nothing half-written beside it


def test_short_floats_train_too(tiny: list[str]) -> None:
    outcome = trained(*tiny, "--no-record", "--steps", "30", "--dtype", "bfloat16")
    assert outcome.losses[-1] < outcome.losses[0] - 1.5


def test_a_time_budget_ends_the_training(tiny: list[str]) -> None:
    outcome = trained(*tiny, "--no-record", "--seconds", "0.5")
    assert outcome.step >= 1
    assert load(outcome.checkpoint).elapsed >= 0.5


def test_a_used_budget_is_refused(tiny: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    trained(*tiny, "--no-record", "--steps", "2")
    assert pretrain.main([*tiny, "--resume"]) == 2
    assert "has used its budget (2 steps" in capsys.readouterr().err
    assert pretrain.main([*tiny, "--resume", "--layers", "3"]) == 2
    assert "trained with --layers 2, not 3" in capsys.readouterr().err
    assert pretrain.main([*tiny[2:], "--resume", "--preset", "cpu"]) == 2
    assert "trained with --preset tiny, not cpu; leave it out" in capsys.readouterr().err


def test_a_text_that_changed_since_the_checkpoint_is_refused(
    tiny: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(tiny[3], tmp_path / "text")
    words = [*tiny, "--data", str(folder), "--no-record"]
    trained(*words, "--steps", "2")
    (folder / "abc.py").write_text("another = 'text'\n")
    assert pretrain.main([*words, "--resume", "--steps", "4"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"pretrain: the text of {folder} is not what it was when the checkpoint was written; put it")


def test_a_known_vocabulary_is_taken_from_its_file(tiny: list[str], tmp_path: Path) -> None:
    learned = trained(*tiny, "--no-record", "--steps", "3", "--tokenizer", "bpe", "--vocab", "300")
    [about] = (tmp_path / "checkpoints").glob("tokens-*/about.json")
    known = trained(*tiny, "--no-record", "--steps", "3", "--tokenizer-file", str(about))
    assert known.losses == learned.losses
    assert load(known.checkpoint).settings["vocab"] == 300
    resumed = trained(*tiny, "--no-record", "--resume", str(known.checkpoint), "--steps", "5")
    assert resumed.step == 5
    about.write_text('{"merges": [[97, 98]]}')
    with pytest.raises(bv.UsageError, match=r"holds 1 other merges than the 44 that the checkpoint was trained with"):
        trained(*tiny, "--resume", str(known.checkpoint), "--tokenizer-file", str(about), "--steps", "9")


def test_a_damaged_text_names_file_and_line(
    tiny: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "one"}\n{"text": \n')
    assert pretrain.main([*tiny, "--data", str(tmp_path / "rows.jsonl")]) == 2
    said = capsys.readouterr().err
    assert "rows.jsonl line 2: no JSON" in said
    assert said.count("\n") == 1


def test_the_text_is_encoded_once(tiny: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = trained(*tiny, "--no-record", "--steps", "2")
    monkeypatch.setattr("belvedere.recipes.corpora.token_file.write", None)  # would be called to encode it again
    assert trained(*tiny, "--no-record", "--steps", "2").losses == first.losses
    assert sum(1 for _ in (tmp_path / "checkpoints").glob("tokens-*")) == 1


def launched(*words: str, ranks: int = 1) -> subprocess.Popen[str]:
    """The recipe in processes of its own."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={ranks}"] if ranks > 1 else []
    return subprocess.Popen(
        [sys.executable, *torchrun, "-m", "belvedere.recipes.pretrain", *(["--"] if torchrun else []), *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def killed_at_a_checkpoint(process: subprocess.Popen[str], folder: Path) -> Checkpoint:
    """SIGKILL to launcher and ranks, in this order, as soon as a checkpoint lies there."""
    until = time.monotonic() + 500
    while not list(folder.glob("pretrain-*.pt")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    launcher = psutil.Process(process.pid)
    for one in (launcher, *launcher.children(recursive=True)):
        one.kill()
    process.communicate()
    return load(newest(folder, "pretrain"), recipe="pretrain")


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_killed_training_goes_on_from_its_last_checkpoint(tiny: list[str], tmp_path: Path, ranks: int) -> None:
    words = [*tiny, "--project", "mine", "--run=killed", "--steps", "4000", "--no-pictures"]
    process = launched(*words, "--save-every", "10", ranks=ranks)
    before = killed_at_a_checkpoint(process, tmp_path / "checkpoints")
    assert before.step % 10 == 0
    resumed = stop_after(order_of([*tiny, "--resume"], Ranks()), steps=5)  # on one rank, whatever it was before
    straight = stop_after(order_of([*words, "--no-record"], Ranks()), steps=before.step + 5)
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.name, run.state, run.steps, len(run.attempts)) == ("killed", "stopped", before.step + 6, ranks + 1)
    curve = run.series("train/loss")
    assert curve.steps.tolist() == list(range(before.step + 5))
    if ranks == 1:
        assert curve.values.tolist() == list(straight.losses)
    assert curve.values.tolist() == pytest.approx(list(straight.losses), abs=1e-4)
    assert resumed.losses == pytest.approx(straight.losses[before.step :], abs=1e-4)


def test_two_ranks_equal_one(tiny: list[str], tmp_path: Path) -> None:
    """With pictures: the probe of learning rates moves the shared optimizers on both ranks."""
    words = [*tiny, "--steps", "9", "--probe-every", "4", "--eval-every", "4"]
    alone = trained(*words, "--no-record")
    process = launched(*words, "--run=both", ranks=2)
    _, said = process.communicate(timeout=500)
    assert process.returncode == 0, said
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.name, run.world_size, run.state) == ("both", 2, "finished")
    for rank in (0, 1):  # the mean over both ranks, on both
        assert run.series("train/loss", rank=rank).values.tolist() == pytest.approx(list(alone.losses), abs=1e-4)
    assert run.series("probe/loss@1x").steps.tolist() == [0, 4, 8]
    assert run.series("val/loss").values[-1] == pytest.approx(alone.held_out.loss if alone.held_out else None, abs=1e-4)
