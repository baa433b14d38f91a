"""The GPT-2 model: its counts are those of the two trainings it stands for, and it sees no future."""

import pytest
import torch

from belvedere.recipes.historical.settings import PRESETS, Settings
from belvedere.recipes.models.gpt2 import GPT2, GPT2Shape


@pytest.mark.parametrize(
    ("preset", "printed", "tensors", "decayed"),
    [("slm", 107_993_856, 50, 108_761_088), ("regular", 332_760_064, 98, 333_758_464)],
)
def test_the_full_sizes_have_exactly_these_counts(preset: str, printed: int, tensors: int, decayed: int) -> None:
    settings = Settings(**PRESETS[preset])  # type: ignore[arg-type]
    with torch.device("meta"):
        model = GPT2(settings.shape)
    assert model.parameter_count() == printed
    assert len(model.decayed()) == tensors
    assert sum(weight.numel() for weight in model.decayed()) == decayed
    gains = [weight.numel() for weight in model.undecayed()]
    assert gains == [settings.width] * (2 * settings.layers + 1)
    positions = settings.context * settings.width
    assert printed == decayed + sum(gains) - positions  # the two counts differ by gains and positions alone


def test_flops_are_six_per_matrix_weight_and_attention_over_the_whole_context() -> None:
    with torch.device("meta"):
        slm = GPT2(GPT2Shape(30_000, 12, 12, 768, 1024))
    matrices = 12 * 12 * 768 * 768 + 30_000 * 768
    assert slm.flops_per_token() == 6 * matrices + 12 * 12 * 768 * 1024 == 761_094_144


def test_it_starts_a_little_above_ln_v() -> None:
    torch.manual_seed(0)
    model = GPT2(GPT2Shape(1024, 4, 4, 128, 128))
    tokens = torch.randint(0, 1024, (16, 129))
    assert model.shape.expected_first_loss == pytest.approx(6.9315 + 0.0256, abs=1e-4)
    assert model.loss(tokens[:, :-1], tokens[:, 1:]).item() == pytest.approx(model.shape.expected_first_loss, rel=0.005)


def test_a_token_sees_nothing_behind_it_and_biases_are_an_option() -> None:
    torch.manual_seed(0)
    model = GPT2(GPT2Shape(50, 2, 2, 16, 8, has_bias=True))
    tokens = torch.randint(0, 50, (1, 8))
    changed = tokens.clone()
    changed[0, 5] = (tokens[0, 5] + 1) % 50
    before, after = model(tokens), model(changed)
    assert torch.equal(before[0, :5], after[0, :5])
    assert not torch.equal(before[0, 5:], after[0, 5:])
    assert len(model.undecayed()) == 2 * (2 * 2 + 1) + 4 * 2


def test_dropout_works_in_training_only() -> None:
    torch.manual_seed(0)
    model = GPT2(GPT2Shape(50, 1, 2, 16, 8, dropout=0.5))
    tokens = torch.randint(0, 50, (2, 8))
    assert not torch.equal(model(tokens), model(tokens))
    model.eval()
    assert torch.equal(model(tokens), model(tokens))
