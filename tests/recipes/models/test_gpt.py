"""The model against formulas that can be checked by hand."""

import math

import pytest
import torch

from belvedere.recipes.models.gpt import GPT, Attention, GPTShape, normed, rotated, rotations
from belvedere.recipes.settings import PRESETS, Settings

SMALL = GPTShape(vocab=50, layers=2, heads=4, kv_heads=2, width=32, context=16)


@pytest.mark.parametrize("vocab", [256, 1024], ids=["byte", "bpe"])
def test_an_untrained_model_has_a_loss_of_ln_v(vocab: int) -> None:
    model = GPT(GPTShape(vocab, layers=2, heads=2, kv_heads=2, width=32, context=16))
    tokens = torch.randint(vocab, (4, 17))
    assert model.loss(tokens[:, :-1], tokens[:, 1:]).item() == pytest.approx(math.log(vocab), rel=1e-6)


def naive_attention(layer: Attention, x: torch.Tensor, shape: GPTShape) -> torch.Tensor:
    """One head and one position at a time; x (T, D)."""
    cos, sin = rotations(shape.context, shape.head_width)
    length, size = x.shape[0], shape.head_width
    mixed = torch.zeros(length, shape.width)
    for head in range(shape.heads):
        shared = head // (shape.heads // shape.kv_heads)
        query = (x @ layer.query.weight.T)[:, head * size : (head + 1) * size]
        key = (x @ layer.key.weight.T)[:, shared * size : (shared + 1) * size]
        value = (x @ layer.value.weight.T)[:, shared * size : (shared + 1) * size]
        query = normed(rotated(query[None, None], cos[:length], sin[:length]))[0, 0]
        key = normed(rotated(key[None, None], cos[:length], sin[:length]))[0, 0]
        for position in range(length):
            scores = torch.stack([query[position] @ key[past] for past in range(position + 1)]) / math.sqrt(size)
            weights = scores.softmax(dim=0)
            mixed[position, head * size : (head + 1) * size] = weights @ value[: position + 1]
    return mixed @ layer.out.weight.T


@pytest.mark.parametrize("kv_heads", [4, 2, 1])
@torch.no_grad()
def test_attention_equals_the_naive_reference(kv_heads: int) -> None:
    shape = GPTShape(vocab=50, layers=1, heads=4, kv_heads=kv_heads, width=32, context=16)
    torch.manual_seed(0)
    layer, x = Attention(shape), torch.randn(2, 12, 32)
    cos, sin = rotations(shape.context, shape.head_width)
    expected = torch.stack([naive_attention(layer, sequence, shape) for sequence in x])
    assert torch.allclose(layer(x, cos[:12], sin[:12]), expected, atol=1e-5)


def test_rotated_dot_products_depend_on_the_distance_only() -> None:
    torch.manual_seed(0)
    cos, sin = rotations(32, 8)
    query, key = torch.randn(8), torch.randn(8)
    queries = rotated(query.expand(1, 1, 32, 8), cos, sin)[0, 0]  # (T, Q): the same query at every position
    keys = rotated(key.expand(1, 1, 32, 8), cos, sin)[0, 0]
    products = queries @ keys.T  # (T, T)
    for distance in range(8):
        diagonal = products.diagonal(-distance)
        assert torch.allclose(diagonal, diagonal[0].expand_as(diagonal), atol=1e-4)
    assert torch.allclose(queries.norm(dim=1), query.norm().expand(32), atol=1e-5)  # a turn keeps lengths


def test_a_position_does_not_see_the_future() -> None:
    torch.manual_seed(0)
    model = GPT(SMALL)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    tokens = torch.randint(50, (1, 16))
    changed = tokens.clone()
    changed[0, 10:] = (changed[0, 10:] + 1) % 50
    before, after = model(tokens), model(changed)
    assert torch.equal(before[0, :10], after[0, :10])
    assert not torch.equal(before[0, 10:], after[0, 10:])


def test_logits_stay_within_the_cap() -> None:
    model = GPT(SMALL)
    torch.nn.init.constant_(model.head.weight, 100.0)
    assert model(torch.randint(50, (2, 16))).abs().max() <= 15.0


@pytest.mark.parametrize(
    ("preset", "count"),
    [
        # V·D twice + layers · (2·D·D + 2·D·K·Q + 8·D·D)
        ("tiny", 2 * 256 * 32 + 2 * (10 * 32 * 32 + 2 * 32 * 16)),
        ("cpu", 2 * 1024 * 128 + 4 * 12 * 128 * 128),
        ("gpt2-124m", 2 * 25_600 * 768 + 12 * 12 * 768 * 768),
        ("d8", 2 * 32_768 * 512 + 8 * 12 * 512 * 512),
        ("d12", 2 * 32_768 * 768 + 12 * 12 * 768 * 768),
        ("d16", 2 * 32_768 * 1024 + 16 * 12 * 1024 * 1024),
        ("d20", 2 * 65_536 * 1280 + 20 * 12 * 1280 * 1280),
        ("d26", 2 * 65_536 * 1664 + 26 * 12 * 1664 * 1664),
    ],
)
def test_presets_have_the_size_they_are_named_after(preset: str, count: int) -> None:
    settings = Settings(**PRESETS[preset])  # type: ignore[arg-type]
    with torch.device("meta"):
        assert GPT(settings.shape_of(settings.vocab)).parameter_count() == count


def test_the_family_goes_from_60_million_to_a_billion_parameters() -> None:
    counts = {depth: Settings(**PRESETS[f"d{depth}"]) for depth in (8, 12, 16, 20, 26)}  # type: ignore[arg-type]
    found = {}
    for depth, settings in counts.items():
        with torch.device("meta"):
            found[depth] = GPT(settings.shape_of(settings.vocab)).parameter_count()
        assert (settings.width, settings.width // settings.heads) == (64 * depth, 128)
        assert settings.tokens_per_step == 524_288
    assert found == {8: 58_720_256, 12: 135_266_304, 16: 268_435_456, 20: 560_988_160, 26: 1_081_999_360}
    assert 2 * 25_600 * 768 + 12 * 12 * 768 * 768 == 124_256_256


def test_flops_per_token_follow_the_written_convention() -> None:
    model = GPT(SMALL)
    matrices = 50 * 32 + 2 * (2 * 32 * 32 + 2 * 32 * 16 + 8 * 32 * 32)  # head + blocks, without the embedding
    assert model.flops_per_token() == 6 * matrices + 12 * 2 * 32 * 16


def test_blocks_carry_the_names_that_charts_show() -> None:
    roots = {
        ".".join(name.split(".")[: 2 if name.startswith("h.") else 1]) for name, _ in GPT(SMALL).named_parameters()
    }
    assert roots == {"embed", "h.0", "h.1", "head"}


def test_impossible_shapes_name_their_numbers() -> None:
    with pytest.raises(AssertionError, match="4 heads cannot share 3"):
        GPTShape(vocab=50, layers=1, heads=4, kv_heads=3, width=32, context=16)
