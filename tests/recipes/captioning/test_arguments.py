"""The command line: presets, what was said over them, and what is refused in one sentence."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import belvedere as bv
from belvedere.recipes.captioning.arguments import order_of
from belvedere.recipes.captioning.settings import PRESETS, Settings
from belvedere.recipes.models.image_caption import ImageCaptionModel
from belvedere.recipes.ranks import Ranks


def settings_of(*words: str) -> Settings:
    return order_of(["--device", "cpu", *words], Ranks()).settings


def test_what_is_said_wins_over_the_preset() -> None:
    assert settings_of() == Settings()
    assert settings_of("--preset", "digits-quick").seconds == 12
    found = settings_of("--preset", "overfit", "--epochs", "3", "--no-track-latents")
    assert (found.train, found.epochs, found.seconds, found.tracks_latents) == (200, 3, None, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--epochs", "1", "--steps", "2"], "--epochs and --steps are two ways to say how long; pass one"),
        (["--lr", "0"], "--lr is 0.0; give more than 0"),
        (["--seconds", "nan"], "--seconds is nan; give more than 0"),
        (["--embedding", "30"], "--embedding 30 does not split over 4 heads; pass --embedding 32"),
        (["--side", "24"], "--side is 24; give 4 times a power of two"),
        (["--preset", "engravings"], "the preset engravings learns from pictures of 512 x 512"),
        (["--images", "x"], "pictures and captions go together; pass --captions FILE.json too"),
        (["--image-weight", "-1"], "--image-weight is -1.0; give 0 or more"),
        (["--caption-length", "2"], "--caption-length is 2; give at least 3"),
        (["--batch", "0"], "--batch is 0; give at least 1"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_what_cannot_be_is_one_sentence(words: list[str], said: str) -> None:
    with pytest.raises(bv.UsageError, match=said):
        settings_of(*words)


def test_a_batch_that_does_not_split_is_refused() -> None:
    with pytest.raises(bv.UsageError, match="a batch of 9 does not split over 2 ranks; pass --batch 10"):
        order_of(["--device", "cpu", "--batch", "9"], Ranks(rank=0, world=2))


def test_a_checkpoint_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(bv.UsageError, match="no checkpoint of multimodal in"):
        settings_of("--resume", "--out-dir", str(tmp_path))


def test_the_full_size_model_has_as_many_parameters_as_its_parts_add_up_to() -> None:
    settings = replace(Settings(), **PRESETS["engravings"])  # type: ignore[arg-type]
    with torch.device("meta"):
        model = ImageCaptionModel(settings.shape_of(1266))
    parts = {name: sum(weight.numel() for weight in part.parameters()) for name, part in model.named_children()}
    assert parts == {
        "encoder": 23_766_272, "decoder": 23_771_907, "captioner": 14_474_752, "text_encoder": 2_223_104
    }  # fmt: skip
    assert model.parameter_count() == sum(parts.values()) + 1  # and the scale of similarities
    latent, word, place, matrices = 1024, 1266, 100, 12
    prefix, blocks = latent * 512 + 512, 4 * (matrices * 512**2 + 5 * 512 + 4 * 512)
    assert parts["captioner"] == prefix + 2 * word * 512 + place * 512 + blocks + 2 * 512
