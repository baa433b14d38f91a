"""Presets construct with the numbers that are told of them; what cannot be is said."""

from dataclasses import replace

import pytest
import torch

import belvedere as bv
from belvedere.recipes.models.gpt import GPT
from belvedere.recipes.streaming.settings import PRESETS, Settings, refuse_impossible


def preset(name: str) -> Settings:
    return replace(Settings(), **PRESETS[name])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "parameters", "updates"),
    [
        ("tiny", 2 * 256 * 64 + 2 * 12 * 64**2, 4),
        ("cpu", 2 * 256 * 128 + 4 * 12 * 128**2, 2),
        ("gpt2-124m", 2 * 25_600 * 768 + 12 * 12 * 768**2, 1),
        ("d12", 2 * 32_768 * 768 + 12 * 12 * 768**2, 1),
    ],
)
def test_a_preset_has_its_number_of_parameters(name: str, parameters: int, updates: int) -> None:
    settings = preset(name)
    refuse_impossible(settings, world=1)
    with torch.device("meta"):
        model = GPT(settings.shape_of(settings.vocab))
    assert (model.parameter_count(), settings.updates) == (parameters, updates)
    refuse_impossible(settings, world=4)


def test_the_full_sizes_are_what_is_told_of_them() -> None:
    assert 2 * 25_600 * 768 + 12 * 12 * 768**2 == 124_256_256
    assert 2 * 32_768 * 768 + 12 * 12 * 768**2 == 135_266_304
    assert (preset("gpt2-124m").tokens_per_chunk, preset("d12").tokens_per_chunk) == (491_520, 524_288)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"viz_interval": 0}, "--viz-interval is 0; give at least 1"),
        ({"seed": -1}, "--seed is -1; give 0 or more"),
        ({"max_chunks": -3}, "--max-chunks is -3; give at least 1"),
        ({"seconds": 0.0}, "--seconds is 0.0; give a positive number"),
        ({"lr": -0.1}, "--lr is -0.1; give a positive rate, or 0"),
        ({"lr": float("nan")}, "--lr is nan"),
        ({"display_samples": 9}, "--display-samples is 9; a dashboard has room for 8"),
        ({"tokenizer": "bpe", "vocab": 70_000}, "--vocab is 70000; byte-pair ids need 256 to 65536"),
        ({"width": 100, "heads": 3}, "no such model: width 100 is not a multiple of 3 heads"),
        ({"batch": 6}, "a batch of 6 sequences does not split over 4 ranks; pass --batch 8"),
        ({"tokens_per_chunk": 1000}, "a chunk of 1,000 tokens is no whole number of batches of 8 x 256 tokens; "
                                     "pass --tokens-per-chunk 2048"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(bv.UsageError) as refused:
        refuse_impossible(replace(Settings(), **changes), world=4)  # type: ignore[arg-type]
    assert str(refused.value).startswith(words)
