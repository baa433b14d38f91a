"""The whole recipe, short: it learns, it resumes in text and histories, recording changes no bit, two ranks are one."""

import json
import math
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import belvedere as bv
from belvedere.recipes import slimpajama
from belvedere.recipes.checkpoint import load
from belvedere.recipes.ranks import Ranks
from belvedere.recipes.slimpajama import ChunkResult, Outcome, Training, train
from belvedere.recipes.streaming.arguments import Order, order_of
from belvedere.recipes.streaming.chunks import Chunk
from tests.recipes.forked_ranks import run_ranks


@pytest.fixture
def quick(corpus_folder: Path, tmp_path: Path) -> list[str]:
    """--test on a small corpus, everything kept below tmp_path."""
    return [
        *("--test", "--data", str(corpus_folder), "--device", "cpu", "--threads", "1"),
        *("--dir", str(tmp_path / "runs"), "--out-dir", str(tmp_path / "kept"), "--viz-dir", str(tmp_path / "viz")),
    ]


def trained(*words: str) -> Outcome:
    return train(order_of(words, Ranks()), Ranks())


def test_it_starts_at_ln_v_and_learns(quick: list[str]) -> None:
    outcome = trained(*quick, "--no-record", "--batch", "16", "--max-chunks", "8")  # a chunk is one update
    assert outcome.losses[0] == pytest.approx(math.log(256), rel=1e-6)
    assert outcome.losses[-1] < outcome.losses[0] - 1.5
    assert outcome.accuracies[-1] > outcome.accuracies[0] + 0.1
    assert len(outcome.losses) == outcome.step == 8


def test_a_recorded_test_leaves_run_dashboard_and_histories_and_changes_no_bit(
    quick: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert slimpajama.main([*quick, "--run", "first"]) == 0
    told = capsys.readouterr().out
    without = trained(*quick, "--run=dummy")
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.project, run.name, run.state) == ("slimpajama", "first", "finished")
    assert run.series("train/loss").values.tolist() == list(without.losses)
    assert run.series("train/accuracy").values.tolist() == list(without.accuracies)
    assert without.losses[-1] < without.losses[0] - 1.5
    assert run.series("train/tokens").values.tolist() == [1024.0 * step for step in range(1, 6)]
    assert len(run.series("train/tok_per_sec").values) == len(run.series("lr").values) == 5
    assert [item.step for item in run.media("samples")] == [0, 1, 2, 3, 4]
    assert (run.config["parameters"], run.config["updates_per_chunk"]) == (131_072, 4)
    viz = tmp_path / "viz"
    latest = (viz / "training_latest.png").read_bytes()
    assert latest == (viz / "training_step_000005.png").read_bytes() and latest.startswith(b"\x89PNG")
    columns = json.loads((viz / "metrics_history.json").read_text())["columns"]
    assert columns["loss"] == pytest.approx(without.losses, rel=1e-6)
    assert columns["gpu_memory_mb"] == [None] * 5  # not measured, and not 0
    samples = json.loads((viz / "text_samples.json").read_text())["columns"]
    assert samples["step"] == [1, 2, 3, 4, 5] and all(samples["output"])
    for name in ("training_latest.png", "metrics_history.json", "text_samples.json"):
        assert str(viz / name) in told
    assert "loss       before the first update it is ln 256 = 5.545" in told


def test_a_dummy_run_leaves_no_file_but_its_checkpoint(quick: list[str], tmp_path: Path) -> None:
    trained(*quick, "--run=dummy", "--max-chunks", "1")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    trained(*quick, "--no-record", "--no-checkpoint", "--max-chunks", "1", "--out-dir", str(tmp_path / "none"))
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


class Watched(Training):
    """Presses Ctrl-C once so many chunks are done, and keeps what each answered."""

    stop_after = 10**9
    results: list[ChunkResult]

    def train_on_chunk(self, chunk: Chunk, fraction: float, meter: slimpajama.Meter) -> ChunkResult:
        result = super().train_on_chunk(chunk, fraction, meter)
        type(self).results.append(result)
        if self.step == self.stop_after:
            signal.raise_signal(signal.SIGINT)
        return result


def watched(order: Order, monkeypatch: pytest.MonkeyPatch, *, stop_after: int = 10**9) -> Outcome:
    Watched.stop_after, Watched.results = stop_after, []
    monkeypatch.setattr(slimpajama, "Training", Watched)
    outcome = train(order, Ranks())
    monkeypatch.undo()
    return outcome


def test_a_chunk_answers_loss_accuracy_and_what_the_model_wrote(
    quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_of([*quick, "--no-record", "--sample-interval", "3", "--viz-interval", "4"], Ranks())
    outcome = watched(order, monkeypatch)
    assert [result[:2] for result in Watched.results] == list(zip(outcome.losses, outcome.accuracies, strict=True))
    assert [result.sample_output is not None for result in Watched.results] == [False, False, True, True, False]
    sample = Watched.results[2].sample
    assert sample and Watched.results[2][2:4] == (sample.input, sample.output)
    agreeing = sum(one == other for one, other in zip(sample.output, sample.target, strict=True))  # bytes are letters
    assert sample.accuracy == agreeing / len(sample.target)


@pytest.mark.parametrize("tokenizer", [("--tokenizer", "byte"), ("--tokenizer", "bpe", "--vocab", "300")])
def test_a_stopped_training_continues_exactly(
    quick: list[str], monkeypatch: pytest.MonkeyPatch, tokenizer: tuple[str, ...]
) -> None:
    words = [*quick, "--no-record"]
    straight = trained(*words, *tokenizer)
    stopped = watched(order_of([*words, *tokenizer], Ranks()), monkeypatch, stop_after=2)
    assert stopped.is_stopped and stopped.step == 2
    resumed = trained("--no-record", "--resume", str(stopped.checkpoint), "--device", "cpu", "--threads", "1")
    assert (*stopped.losses, *resumed.losses) == straight.losses


def test_after_a_stop_run_dashboard_and_samples_go_on(
    quick: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = trained(*quick, "--no-record", "--no-checkpoint")
    stopped = watched(order_of([*quick, "--run", "whole"], Ranks()), monkeypatch, stop_after=2)
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.state, stopped.step) == ("stopped", 2)
    trained(*quick, "--resume")  # the newest checkpoint
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.name, run.state) == ("whole", "finished")
    assert run.series("train/loss").values.tolist() == list(straight.losses)
    columns = json.loads((tmp_path / "viz" / "metrics_history.json").read_text())["columns"]
    assert columns["step"] == [1, 2, 3, 4, 5]
    assert columns["loss"] == pytest.approx(straight.losses, rel=1e-6)
    samples = json.loads((tmp_path / "viz" / "text_samples.json").read_text())["columns"]
    assert samples["step"] == [1, 2, 3, 4, 5]
    assert not list((tmp_path / "viz").glob("*.before"))


def test_killed_it_goes_on_from_its_last_checkpoint(quick: list[str], tmp_path: Path) -> None:
    straight = trained(*quick, "--no-record", "--no-checkpoint")
    words = [sys.executable, "-m", "belvedere.recipes.slimpajama", *quick, "--no-record"]
    words += ["--checkpoint-interval", "2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as killed:
        assert killed.stdout
        for line in killed.stdout:
            if line.startswith("chunk     3/5"):
                killed.kill()
                break
    [path] = (tmp_path / "kept").iterdir()
    assert load(path).step == 2
    resumed = trained("--no-record", "--resume", str(path), "--device", "cpu", "--threads", "1")
    assert resumed.losses == straight.losses[2:]


def test_two_ranks_equal_one(quick: list[str], tmp_path: Path) -> None:
    alone = trained(*quick, "--no-record", "--no-checkpoint")
    run_ranks("belvedere.recipes.slimpajama", "--run=both", *quick, "--viz-interval", "5")
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.name, run.world_size, run.state) == ("both", 2, "finished")
    for rank in (0, 1):  # each logs the mean of all
        assert run.series("train/loss", rank=rank).values.tolist() == pytest.approx(list(alone.losses), abs=1e-4)


def test_small_forward_passes_add_up_to_the_whole_batch(quick: list[str]) -> None:
    whole = trained(*quick, "--no-record", "--no-checkpoint", "--max-chunks", "2")
    pieces = trained(*quick, "--no-record", "--no-checkpoint", "--max-chunks", "2", "--micro-batch", "3")
    assert pieces.losses == pytest.approx(whole.losses, abs=1e-4)
    assert pieces.accuracies == pytest.approx(whole.accuracies, abs=5e-3)


def test_short_floats_train_too(quick: list[str]) -> None:
    outcome = trained(*quick, "--no-record", "--no-checkpoint", "--dtype", "bfloat16")
    assert outcome.losses[-1] < outcome.losses[0] - 1.5


def test_a_rate_of_zero_learns_nothing(quick: list[str]) -> None:
    outcome = trained(*quick, "--no-record", "--no-checkpoint", "--max-chunks", "2", "--lr", "0")
    assert outcome.losses == pytest.approx([math.log(256)] * 2, rel=1e-6)


def test_the_end_of_the_stream_ends_the_training(
    quick: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.txt").write_text("abc\n" * 600)  # 2,400 bytes: two chunks, and a rest that fills none
    words = [*quick, "--no-record", "--max-chunks", "0", "--data", str(tmp_path / "text.txt")]
    assert trained(*words).step == 2
    assert "the stream is over after 2 chunks" in capsys.readouterr().out
    (tmp_path / "text.txt").write_text("abc\n" * 100)
    assert slimpajama.main(words) == 2
    assert "the stream holds less than one chunk of 1,024 tokens" in capsys.readouterr().err


def test_a_damaged_line_ends_it_with_its_name_and_a_mended_one_goes_on(
    quick: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.dumps({"text": f"{number} " * 500}) for number in range(8)]
    data = tmp_path / "a.jsonl"
    data.write_text("\n".join([*lines[:6], "x" * len(lines[6]), lines[7]]))
    words = [*quick, "--no-record", "--data", str(data)]
    assert slimpajama.main([*words, "--checkpoint-interval", "1"]) == 2
    assert f"{data} line 7: no JSON" in capsys.readouterr().err
    data.write_text("\n".join(lines))
    assert slimpajama.main([*words, "--resume"]) == 0


def test_checkpoints_of_the_interval_may_stay(quick: list[str], tmp_path: Path) -> None:
    words = ["--no-record", "--checkpoint-interval", "1", "--keep-checkpoints", "2"]
    outcome = trained(*quick, *words)
    assert outcome.checkpoint
    stem = outcome.checkpoint.stem
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert names == [f"{stem}-step_000004.pt", f"{stem}-step_000005.pt", f"{stem}.pt"]
    assert load(tmp_path / "kept" / names[0]).step == 4


def test_memory_that_is_not_there_names_the_knobs(
    quick: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, weight: float) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(Training, "_backward", full)
    assert slimpajama.main([*quick, "--no-record"]) == 2
    assert "out of memory; pass a smaller --micro-batch or --max-seq-length" in capsys.readouterr().err
