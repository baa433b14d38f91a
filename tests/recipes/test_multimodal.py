"""The whole recipe, short: it learns, records what the figures need, goes on exactly, two ranks equal one."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import belvedere as bv
from belvedere.recipes import multimodal
from belvedere.recipes.captioning.arguments import order_of
from belvedere.recipes.captioning.training import Meter, Training, Update
from belvedere.recipes.checkpoint import load, newest
from belvedere.recipes.multimodal import Outcome, train
from belvedere.recipes.ranks import Ranks
from tests.recipes.forked_ranks import run_ranks

pytest.importorskip("sklearn")

SMALL = ("--device", "cpu", "--batch", "16", "--train", "64", "--latent", "8", "--convolutions", "8", "--embedding",
         "16", "--layers", "1", "--heads", "2", "--media-every", "100", "--no-track-hardware")  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> list[str]:
    """A small model on 64 digits, everything kept below tmp_path."""
    return [*SMALL, "--dir", str(tmp_path / "runs"), "--out-dir", str(tmp_path / "checkpoints")]


def trained(*words: str) -> Outcome:
    return train(order_of(words, Ranks()), Ranks())


def test_pictures_and_captions_are_learned(small: list[str]) -> None:
    outcome = trained(*small, "--no-record", "--steps", "60", "--train", "256")
    assert outcome.losses[-1] < outcome.losses[0] - 3
    assert outcome.last["val/caption_accuracy"] > 0.4
    assert outcome.last["val/image_mse"] < 0.1


def test_a_run_holds_what_its_figures_need_and_no_bit_is_changed(small: list[str], tmp_path: Path) -> None:
    words = [*small, "--steps", "12", "--log-every", "4", "--share-every", "5", "--media-every", "6"]
    recorded, without = trained(*words, "--run", "mine", "--track-hardware"), trained(*words, "--no-record")
    assert recorded.losses == without.losses
    assert {name: value for name, value in recorded.last.items() if name.startswith("val/")} == {
        name: value for name, value in without.last.items() if name.startswith("val/")
    }
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.project, run.name, run.state, run.steps) == ("multimodal", "mine", "finished", 13)
    kinds = {(info.key, info.kind) for info in run.keys()}
    document = (
        "loss_total loss_image loss_caption loss_alignment latent_mean latent_std latent_min latent_max latent_norm "
        "image_mse image_l1 image_ssim image_psnr caption_accuracy caption_perplexity caption_entropy grad_norm "
        "grad_mean grad_max grad_std cpu_percent learning_rate epoch batch"
    )
    assert {(key, "scalar") for key in document.split()} <= kinds
    assert {("grad_share", "vector"), ("grad_cosine", "vector"), ("latent_std", "vector"), ("grad_norm", "vector"),
            ("embeddings/latent", "array"), ("attention/layer0_head1", "array"), ("samples", "table"),
            ("evaluation/predictions", "table"), ("pictures", "image"), ("weights/encoder", "histogram")} <= {
        (key if key[:8] != "weights/" else "weights/encoder", kind) for key, kind in kinds
    }  # fmt: skip
    parts = [run.series(f"loss/{part}").values for part in ("image", "caption", "alignment")]
    assert np.allclose(sum(parts), recorded.losses, rtol=1e-6)
    assert run.series("train/loss").values.tolist() == list(recorded.losses)
    assert run.series("loss_total").steps.tolist() == [3, 7, 11]
    assert run.series("loss_total").values.tolist() == pytest.approx(np.reshape(recorded.losses, (3, 4)).mean(axis=1))
    assert run.series("image_mse").values[-1] == pytest.approx(run.series("loss/image").values[-1] / 10, rel=1e-5)
    assert (run.series("epoch").values.tolist(), run.series("batch").values.tolist()) == ([1, 2, 3], [4, 4, 4])
    assert run.series("val/loss").steps.tolist() == [0, 4, 8, 12]  # of the same steps as the training's
    assert run.vectors("grad_share").values.sum(axis=1).tolist() == pytest.approx([1, 1, 1])
    assert [item.step for item in run.media("samples")] == [0, 6, 12]
    assert run.config["parameters"] == sum(weight.numel() for weight in load(newest_of(tmp_path)).model.values())
    assert 0 <= run.summary["retrieval/caption@1"] <= 1


def newest_of(folder: Path) -> Path:
    return newest(folder / "checkpoints", "multimodal")


def test_what_is_switched_off_is_not_recorded(small: list[str], tmp_path: Path) -> None:
    off = [f"--no-track-{name}" for name in ("gradients", "hardware", "latents", "captions")]
    trained(*small, *off, "--no-log-model", "--steps", "4", "--log-every", "2", "--share-every", "1")
    [run] = bv.open(tmp_path / "runs").runs()
    keys = {info.key for info in run.keys()}
    left_out = ("grad_", "latent", "caption", "cpu_", "system/", "attention", "embeddings", "retrieval", "evaluation")
    assert not {key for key in keys if key.startswith(left_out)}
    assert {"loss_total", "image_ssim", "val/loss", "samples"} <= keys


def test_a_stopped_training_goes_on_exactly(small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    straight = trained(*small, "--no-record", "--steps", "12")
    with monkeypatch.context() as patch:
        patch.setattr(multimodal, "Training", stopping_after(7))
        stopped = trained(*small, "--run", "whole", "--steps", "12")
    assert (stopped.is_stopped, stopped.step) == (True, 7)
    resumed = trained(*small, "--resume")
    assert (*stopped.losses, *resumed.losses) == straight.losses
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.name, run.state, run.steps) == ("whole", "finished", 13)
    assert run.series("train/loss").values.tolist() == list(straight.losses)
    assert run.series("val/loss").steps.tolist() == [0, 4, 8, 12]  # that of the stop at 7 is done again later


def stopping_after(steps: int) -> type[Training]:
    """A training in which somebody presses Ctrl-C once so many steps are done."""

    class Stopping(Training):
        def advance(self, fraction: float, batches: object, meter: Meter, *, is_shared: bool) -> Update:
            if self.step + 1 == steps:
                signal.raise_signal(signal.SIGINT)
            return super().advance(fraction, batches, meter, is_shared=is_shared)  # type: ignore[arg-type]

    return Stopping


def test_the_best_checkpoint_is_kept_beside_the_newest_and_with_the_run(small: list[str], tmp_path: Path) -> None:
    outcome = trained(*small, "--epochs", "4", "--lr", "0.02")
    [run] = bv.open(tmp_path / "runs").runs()
    losses = run.series("val/loss")
    best_step = losses.steps[1:][losses.values[1:].argmin()]
    best = load(tmp_path / "checkpoints" / f"best-multimodal-{run.id}.pt")
    assert (best.step, best.more["best"]) == (best_step, losses.values.min())
    assert outcome.checkpoint is not None and outcome.checkpoint == newest_of(tmp_path)
    assert load(outcome.checkpoint).step == 16
    assert any("best-multimodal" in str(item) for item in run.files)


def test_a_checkpoint_of_other_captions_is_refused(
    small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    folder = picture_folder(tmp_path, words=("red", "blue"))
    words = [*small, "--side", "16", "--images", str(folder), "--captions", str(folder / "captions.json"), "--train",
             "8", "--batch", "4", "--no-record"]  # fmt: skip
    trained(*words, "--steps", "2")
    picture_folder(tmp_path, words=("red", "green"))
    assert multimodal.main([*words, "--resume", "--steps", "4"]) == 2
    assert "its 8 tokens have 'blue' where now 8 have 'green'" in capsys.readouterr().err
    assert multimodal.main([*words, "--resume", "--latent", "9"]) == 2
    assert "was trained with --latent 8, not 9" in capsys.readouterr().err
    assert multimodal.main([*words, "--resume", "--preset", "engravings"]) == 2
    assert "is one of the preset digits, not of engravings" in capsys.readouterr().err


def picture_folder(parent: Path, *, words: tuple[str, str]) -> Path:
    """Ten pictures of 20 × 12 pixels, half of them dark."""
    folder = parent / "pictures"
    folder.mkdir(exist_ok=True)
    for number in range(10):
        Image.new("RGB", (20, 12), (255 * (number % 2), 10 * number, 0)).save(folder / f"{number}.png")
    said = {f"{number}.png": f"an engraving {words[number % 2]}" for number in range(10)}
    (folder / "captions.json").write_text(json.dumps(said), encoding="utf-8")
    return folder


def test_the_full_size_preset_trains_on_a_folder_when_it_is_made_small(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path, words=("red", "dark"))
    outcome = trained(
        *SMALL[4:], "--preset", "engravings", "--images", str(folder), "--captions", str(folder / "captions.json"),
        "--side", "16", "--caption-length", "8", "--batch", "4", "--train", "8", "--workers", "1", "--epochs", "2",
        "--device", "cpu", "--dir", str(tmp_path / "runs"), "--out-dir", str(tmp_path),
    )  # fmt: skip
    assert len(outcome.losses) == 4 and np.isfinite(outcome.losses).all()
    assert "caption/class_accuracy" not in outcome.last and outcome.last["caption/length"] > 0
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.config["channels"], run.config["clip"], run.config["alignment_weight"]) == (3, 1.0, 0.5)


def test_the_norm_alignment_is_explained(small: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    outcome = trained(*small, "--no-record", "--alignment", "norm", "--steps", "3", "--dtype", "bfloat16")
    said = capsys.readouterr().out
    assert "norm alignment: spread" in said and "tell about learning" in said
    assert "text_encoder" not in said and "retrieval/caption@1" not in outcome.last


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--batch", "65"], "a batch of 65 is more than the 64 captions to learn from; pass --batch 64 or less"),
        (["--train", "9999"], "--train is 9999; give 1 to 1617"),
        (["--resume", "nothing.pt"], "no checkpoint at nothing.pt"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    small: list[str], words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert multimodal.main([*small, *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(small: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert multimodal.main([*small, "--device", "cuda"]) == 2
    assert "sees no GPU; pass --device cpu" in capsys.readouterr().err


def test_a_used_budget_is_refused(small: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    trained(*small, "--no-record", "--steps", "2")
    assert multimodal.main([*small, "--resume"]) == 2
    assert "has used its budget (2 steps" in capsys.readouterr().err


def test_two_ranks_equal_one(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path, words=("red", "dark"))
    small = [*SMALL, "--side", "16", "--images", str(folder), "--captions", str(folder / "captions.json"),
             "--train", "8", "--batch", "4", "--steps", "4",
             "--dir", str(tmp_path / "runs"), "--out-dir", str(tmp_path)]  # fmt: skip
    alone = trained(*small, "--no-record")
    run_ranks("belvedere.recipes.multimodal", *small, "--run=two", "--share-every", "2")
    [run] = bv.open(tmp_path / "runs").runs()
    assert (run.name, run.world_size, run.state) == ("two", 2, "finished")
    for rank in (0, 1):
        assert run.series("train/loss", rank=rank).values.tolist() == pytest.approx(alone.losses, abs=1e-4)
    assert run.series("val/loss").values[-1] == pytest.approx(alone.last["val/loss"], abs=1e-4)
    assert run.vectors("grad_share").values.sum(axis=1).tolist() == pytest.approx([1, 1])
