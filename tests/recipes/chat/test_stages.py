"""The pipeline, short: it learns, it is recorded whole, recording changes nothing, bad wishes are refused."""

from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes.chat.__main__ import main, order_of
from belvedere.recipes.chat.stages import Outcome, teach

SHORT = ("--steps", "3", "--batch", "8", "--questions", "2", "--samples", "4", "--eval-every", "2",
         "--eval-questions", "8")  # fmt: skip


def taught(*words: str) -> Outcome:
    return teach(order_of(words))


def test_practice_is_learned() -> None:
    outcome = taught("--no-record", *SHORT, "--steps", "30", "--batch", "32", "--eval-every", "100")
    first, last = outcome.values["mid"][0], outcome.values["mid"][-1]
    assert first == pytest.approx(4.4308, abs=1e-4)  # ln 84
    assert last < 2.2
    assert outcome.values["sft"][-1] < outcome.values["sft"][0]


def test_three_runs_of_a_group_hold_what_the_figures_need(tmp_path: Path) -> None:
    recorded = taught(*SHORT, "--dir", str(tmp_path), "--group", "together")
    without = taught(*SHORT, "--no-record")
    assert recorded.values == without.values and recorded.last == without.last
    rl, sft, mid = bv.open(tmp_path).runs()
    assert [run.name for run in (mid, sft, rl)] == ["chat-mid", "chat-sft", "chat-rl"]
    assert {run.group for run in (mid, sft, rl)} == {"together"}
    assert (mid.config["parent"], sft.config["parent"], rl.config["parent"]) == (None, mid.id, sft.id)
    assert rl.config["steps_before"] == 6
    for run, stage in ((mid, "mid"), (sft, "sft"), (rl, "rl")):
        assert [one.name for one in run.stages] == [stage] and run.state == "finished"
        keys = {info.key for info in run.keys()}
        assert {"val/loss", "val/accuracy", "evaluation/practice", "lr", "train/grad_norm", "samples"} <= keys
        assert {"attention/layer0_head0", "attention/layer1_head1", "embeddings/tokens"} <= keys
        assert run.series("val/accuracy").steps.tolist() == [0, 2, 3]
    assert sft.series("train/loss").values.tolist() == list(recorded.values["sft"])
    assert rl.series("reward").values.tolist() == list(recorded.values["rl"])
    keys = {info.key for info in rl.keys()}
    assert {"rl/nll", "rl/entropy", "rl/kl", "rl/reward_std", "rl/zero_variance", "rl/truncated", "rl/format"} <= keys
    assert {"rl/length", "completions", "pass@1", "pass@8", "pass@1/low", "pass@1/high"} <= keys
    assert rl.vectors("rl/letters").names == tuple("ABCDE")
    assert len(rl.media("completions")) == 2
    assert rl.series("rl/kl").values[0] == pytest.approx(0, abs=1e-9)  # it begins at the model it is compared with


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--noise", "2"], "--noise is 2.0; it is a share, 0 to 1"),
        (["--samples", "1"], "--samples is 1; an advantage compares at least 2 answers"),
        (["--steps", "0"], "--steps is 0; give at least 1"),
        (["--seconds", "3", "--steps", "4"], "--seconds is the sum of all stages"),
        (["--stesp", "3"], "unrecognized arguments: --stesp 3; see --help"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert sentence in capsys.readouterr().err
