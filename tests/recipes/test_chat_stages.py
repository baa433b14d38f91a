"""The three chat stages, short: recorded whole, resumed exactly, equal on two ranks; bad wishes are refused."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import belvedere as bv
from belvedere.recipes import chat_rl, chat_sft, midtrain
from belvedere.recipes.chat.arguments import order_of
from belvedere.recipes.chat.course import Course, Outcome, Taken
from belvedere.recipes.chat.learner import Meter
from belvedere.recipes.chat.settings import Settings
from belvedere.recipes.checkpoint import load
from belvedere.recipes.models.gpt import GPT
from belvedere.recipes.ranks import Ranks
from tests.recipes.forked_ranks import run_ranks

STAGES = {"midtrain": midtrain, "chat_sft": chat_sft, "chat_rl": chat_rl}
SMALL = {"midtrain": ("--batch", "8"), "chat_sft": ("--batch", "8"), "chat_rl": ("--questions", "2", "--samples", "4")}


@pytest.fixture
def brief(tmp_path: Path) -> list[str]:
    """Few and small steps, everything kept below tmp_path."""
    return [
        *("--dir", str(tmp_path / "runs"), "--out-dir", str(tmp_path / "kept"), "--device", "cpu", "--threads", "1"),
        *("--eval-every", "100", "--eval-questions", "8", "--group", "together", "--no-pictures"),
    ]


def taught(name: str, *words: str) -> Outcome:
    stage = STAGES[name]
    return stage.train(order_of(stage.STAGE, [*SMALL[name], *words], Ranks()), Ranks())


def test_three_runs_of_a_group_hold_what_the_figures_need(brief: list[str], tmp_path: Path) -> None:
    with_pictures = brief[:-1]
    outcomes = {name: taught(name, *with_pictures, "--steps", "3", "--eval-every", "2") for name in STAGES}
    rl, sft, mid = bv.open(tmp_path / "runs").runs()
    assert {run.group for run in (mid, sft, rl)} == {"together"}
    assert (mid.config["parent"], sft.config["parent"], rl.config["parent"]) == (None, mid.id, sft.id)
    assert [run.config["steps_before"] for run in (mid, sft, rl)] == [0, 3, 6]
    for run, stage in ((mid, "mid"), (sft, "sft"), (rl, "rl")):
        assert [one.name for one in run.stages] == [stage] and run.state == "finished"
        keys = {info.key for info in run.keys()}
        assert {"val/loss", "val/accuracy", "evaluation/practice", "evaluation/lookup", "lr", "samples"} <= keys
        assert {"attention/layer0_head0", "embeddings/tokens", "evaluation/predictions", "train/grad_norm"} <= keys
        assert run.series("val/accuracy").steps.tolist() == [0, 2, 3]
    assert sft.series("train/loss").values.tolist() == pytest.approx(list(outcomes["chat_sft"].losses))
    assert rl.series("reward").values.tolist() == pytest.approx(list(outcomes["chat_rl"].losses))
    assert mid.series("mixture/repeats/examples_seen").values.tolist() == [8, 16, 24]
    assert mid.series("mixture/look_ups/examples_seen").values.tolist() == [0, 0, 0]
    keys = {info.key for info in rl.keys()}
    assert {"rl/nll", "rl/entropy", "rl/kl", "rl/reward_std", "rl/zero_variance", "rl/truncated", "rl/format"} <= keys
    assert {"rl/length", "completions", "pass@8", "pass@1/low", "baseline/chance", "baseline/majority_letter"} <= keys
    assert rl.vectors("rl/letters").names == tuple("ABCDE")
    assert rl.series("rl/kl").values[0] == pytest.approx(0, abs=1e-6)  # it begins at the model it is compared with


def test_recording_and_pictures_change_no_loss(brief: list[str]) -> None:
    for name in STAGES:
        recorded = taught(name, *brief[:-1], "--steps", "3")
        silent = taught(name, *brief, "--steps", "3", "--no-record")
        # both begin with the weights of the stage before: the same, recorded or not
        assert silent.losses == recorded.losses and silent.last == recorded.last


@pytest.mark.parametrize("name", ["midtrain", "chat_rl"])
def test_a_resumed_stage_continues_exactly(name: str, brief: list[str], tmp_path: Path) -> None:
    before = {"chat_sft": "midtrain", "chat_rl": "chat_sft"}.get(name)
    if before == "midtrain":
        taught("midtrain", *brief, "--no-record", "--steps", "4")
    elif before:
        taught("chat_sft", *brief, "--no-record", "--steps", "4", "--new-weights", "--noise", "0")
    straight = taught(name, *brief, "--no-record", "--steps", "6")
    stage = STAGES[name]
    order = order_of(stage.STAGE, [*SMALL[name], *brief, "--run", "whole", "--steps", "6"], Ranks())
    counted = []

    def advance(learning: Course, fraction: float, meter: Meter) -> Taken:
        counted.append(fraction)
        if len(counted) == 3:
            signal.raise_signal(signal.SIGINT)
        return stage.advance(learning, fraction, meter)

    stopped = Course(order, Ranks()).carried_through(advance)
    assert stopped.is_stopped and stopped.step == 3
    resumed = taught(name, *brief, "--resume")
    assert (*stopped.losses, *resumed.losses) == straight.losses
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.name, run.state, run.config["steps_before"]) == ("whole", "finished", 0 if not before else 4)


def test_a_killed_stage_goes_on_from_its_last_checkpoint(brief: list[str], tmp_path: Path) -> None:
    taught("chat_sft", *brief, "--no-record", "--steps", "2", "--new-weights")
    words = [*SMALL["chat_rl"], *brief, "--run", "killed", "--save-every", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "belvedere.recipes.chat_rl", *words, "--steps", "4000"], stdout=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 500
    while not list((tmp_path / "kept").glob("chat_rl-*.pt")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    process.kill()
    process.wait()
    [path] = (tmp_path / "kept").glob("chat_rl-*.pt")
    before = load(path)
    assert before.step > 0 and before.step % 2 == 0
    resumed = taught("chat_rl", *brief, "--resume", "--steps", str(before.step + 3))
    straight = taught("chat_rl", *brief, "--no-record", "--steps", str(before.step + 3))
    assert len(resumed.losses) == 3 and len(straight.losses) == before.step + 3
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.name, run.state, len(run.attempts)) == ("killed", "finished", 2)
    assert run.series("reward").steps.tolist() == list(range(before.step + 3))


@pytest.mark.parametrize("name", ["chat_rl"])  # the most complicated one
def test_two_ranks_equal_one(name: str, brief: list[str], tmp_path: Path) -> None:
    if name != "midtrain":
        taught("midtrain", *brief, "--no-record", "--steps", "4")
    if name == "chat_rl":
        taught("chat_sft", *brief, "--no-record", "--steps", "4")
    kept = tmp_path / "kept"
    parent = next(iter(kept.glob({"midtrain": "-", "chat_sft": "midtrain*", "chat_rl": "chat_sft*"}[name])), None)
    words = [*SMALL[name], *brief, "--steps", "3", *(("--parent", str(parent)) if parent else ())]
    alone = STAGES[name].train(order_of(STAGES[name].STAGE, [*words, "--no-record"], Ranks()), Ranks())
    run_ranks(f"belvedere.recipes.{name}", *words)
    [run] = bv.open(tmp_path / "runs").runs()
    assert run.world_size == 2
    key = "reward" if name == "chat_rl" else "train/loss"
    assert run.series(key).values.tolist() == pytest.approx(list(alone.losses), abs=1e-4)
    assert run.series("val/loss").values[-1] == pytest.approx(alone.last["val/loss"], abs=1e-4)


def test_what_the_next_stage_lacks_is_said_with_the_command(
    brief: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert chat_rl.main([*brief, "--steps", "1"]) == 2
    assert "run python -m belvedere.recipes.chat_sft first, or pass --parent FILE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--steps", "0"], "--steps is 0; give more"),
        (["--seconds", "3", "--steps", "4"], "--steps and --seconds are two ways"),
        (["--stesp", "3"], "unrecognized arguments: --stesp 3; see --help"),
        (["--parent", "x.pt"], "preset cpu has tokens of its own"),
        (["--eval-samples", "4"], "pass@8 needs at least 8"),
        (
            ["--preset", "aqua-tiny", "--new-weights", "--train-split", "dev", "--eval-split", "validation"],
            "--train-split dev and --eval-split validation are the same questions",
        ),
        (
            ["--preset", "aqua-tiny", "--new-weights", "--context", "64"],
            "none of the 2,000 rows of train fits --context 64 with its own answer",
        ),
        (["--preset", "d12"], "run python -m belvedere.recipes.pretrain first"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    words: list[str], sentence: str, brief: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert midtrain.main([*brief, *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_checkpoint_keeps_what_it_was_trained_with(brief: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    taught("midtrain", *brief, "--no-record", "--steps", "2")
    assert midtrain.main([*brief, "--resume"]) == 2
    assert "has used its budget (2 steps" in capsys.readouterr().err
    assert midtrain.main([*brief, "--resume", "--seed", "3"]) == 2
    assert "trained with --seed 0, not 3; leave it out" in capsys.readouterr().err


@pytest.mark.parametrize("preset", ["d12", "d20"])
def test_full_size_presets_are_models_of_their_size(preset: str) -> None:
    vocab = {"d12": 32_768, "d20": 65_536}[preset] + 4  # the special tokens of dialogues
    settings = Settings(**{**chat_rl.PRESETS[preset], "preset": preset})  # type: ignore[arg-type]
    with torch.device("meta"):
        model = GPT(settings.shape(vocab))
    blocks, width = settings.layers, settings.width
    assert model.parameter_count() == 2 * vocab * width + blocks * 12 * width**2
    assert (settings.questions, settings.samples, settings.new_tokens, settings.top_k, settings.rate) == (
        16, 16, 256, 50, 0.05,
    )  # fmt: skip
    assert all(STAGES[name].PRESETS[preset]["layers"] == blocks for name in STAGES)


def test_the_newest_checkpoint_of_the_stage_before_is_the_parent(brief: list[str], tmp_path: Path) -> None:
    taught("midtrain", *brief, "--steps", "2")
    taught("chat_sft", *brief, "--steps", "2")
    [path] = (tmp_path / "kept").glob("chat_sft-*.pt")
    kept = load(path)
    [mid] = [run for run in bv.open(tmp_path / "runs").runs() if run.config["stage"] == "mid"]
    assert (kept.more["parent"], kept.more["steps_before"], kept.more["group"]) == (mid.id, 2, "together")
