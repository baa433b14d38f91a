import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import belvedere as bv
from belvedere.core.errors import RecordingError, UsageError
from belvedere.record.capture import attention_weights
from belvedere.record.capture.attention_weights import induction_score, previous_token_score
from belvedere.record.guard import RecordingWarning
from tests.record.capture.stored import about, array, begun, read

LENGTH, WIDTH, HEADS = 12, 16, 4


class Attend(nn.Module):
    """One layer of attention over H heads, `kv_heads` of keys; the options go to the fused kernel as they are."""

    def __init__(self, kv_heads: int = HEADS, **options: object) -> None:
        super().__init__()
        self.kv_heads, self.options = kv_heads, options
        size = WIDTH // HEADS
        self.query, self.key, self.value = (nn.Linear(WIDTH, n * size) for n in (HEADS, kv_heads, kv_heads))
        self.last: tuple[Tensor, ...] = ()

    def forward(self, x: Tensor) -> Tensor:
        size = WIDTH // HEADS
        query, key, value = (
            part(x).unflatten(-1, (-1, size)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        mixed = F.scaled_dot_product_attention(query, key, value, **self.options)  # type: ignore[arg-type]
        self.last = (query, key, value, mixed)
        return mixed.transpose(1, 2).flatten(2)


class Model(nn.Module):
    """Tokens in, two layers of attention, dropout between them."""

    def __init__(self, **options: object) -> None:
        super().__init__()
        self.embed = nn.Embedding(20, WIDTH)
        self.h = nn.ModuleList([Attend(**options), Attend(**options)])  # type: ignore[arg-type]
        self.drop = nn.Dropout(0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        x: Tensor = self.embed(tokens)
        for block in self.h:
            x = x + self.drop(block(x))
        return x


TOKENS = torch.tensor([[1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6], [9] * 12])


@pytest.fixture
def run(tmp_path: Path) -> Iterator[bv.Run]:
    found = begun(tmp_path)
    yield found
    found.finish()


@pytest.fixture(autouse=True)
def same_numbers_each_time() -> None:
    torch.manual_seed(0)


WINDOW = torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril().triu(-3)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"is_causal": True},
        {"attn_mask": WINDOW},
        {"attn_mask": torch.linspace(-2, 2, LENGTH * LENGTH).reshape(LENGTH, LENGTH)},
        {"attn_mask": WINDOW.expand(1, HEADS, -1, -1)},
        {"is_causal": True, "scale": 1.44},
        {"kv_heads": 2, "enable_gqa": True, "is_causal": True},
        {"kv_heads": 1, "enable_gqa": True},
        {"attn_mask": WINDOW & (torch.arange(LENGTH) != 0)},  # the first query sees no key
    ],
    ids=["plain", "causal", "window", "additive", "mask with heads", "scale", "grouped", "multi-query", "empty row"],
)
def test_weights_times_values_are_what_the_kernel_answers(
    options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention_weights, "CHUNK_QUERIES", 5)  # 12 queries in chunks of 5, 5 and 2
    model = Model(**options).eval()
    maps = bv.capture_attention(model, TOKENS)
    assert [(found.layer, found.head) for found in maps] == [(layer, head) for layer in (0, 1) for head in range(4)]
    with torch.no_grad():
        model(TOKENS)
    for found in maps:
        _, _, value, mixed = model.h[found.layer].last  # type: ignore[misc]
        own = value[0, found.head // (HEADS // value.shape[1])]
        np.testing.assert_allclose(torch.from_numpy(found.weights) @ own, mixed[0, found.head], atol=1e-5)
        assert found.output_error < 1e-5
        assert np.allclose(found.weights[1:].sum(1), 1, atol=1e-6)


def test_a_query_that_may_see_nothing_has_weights_of_zero() -> None:
    mask = WINDOW & (torch.arange(LENGTH) != 0)
    found = bv.capture_attention(Model(attn_mask=mask), TOKENS, layers=[0], heads=[0])[0]
    assert found.weights[0].tolist() == [0.0] * LENGTH


def test_nothing_of_the_training_is_touched() -> None:
    model = Model(is_causal=True, dropout_p=0.3).train()
    model.h[0].eval()
    model(TOKENS).sum().backward()
    gradients = [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]
    state = torch.get_rng_state()
    maps = bv.capture_attention(model, TOKENS, layers=[0], heads=[1])
    assert torch.equal(torch.get_rng_state(), state)
    assert [module.training for module in (model, model.h[0], model.h[1], model.drop)] == [True, False, True, True]
    now = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert all(torch.equal(a, b) for a, b in zip(gradients, now, strict=True))
    assert maps[0].output_error < 1e-5  # dropout was off


def test_maps_and_scores_are_logged_with_their_words(run: bv.Run, tmp_path: Path) -> None:
    model = Model(is_causal=True)
    words = [f"w{token}" for token in TOKENS[0].tolist()]
    maps = bv.capture_attention(model, TOKENS, layers=[1], heads=[2, 0], tokens=words, step=7)
    found = read(run, tmp_path)
    assert [one.name for one in maps] == ["layer1_head2", "layer1_head0"]
    (item,) = found.media("attention/layer1_head2")
    assert item.step == 7
    np.testing.assert_array_equal(array(item), maps[0].weights)
    assert about(item)["tokens"] == words
    assert (about(item)["layer"], about(item)["head"]) == (1, 2)
    for kind, value in (("entropy", maps[0].entropy), ("previous_token", maps[0].previous_token)):
        series = found.series(f"attention/{kind}/layer1_head2")
        assert (series.steps.tolist(), series.values.tolist()) == ([7], [value])
    assert len(found.keys("attention/induction/*")) == 2
    assert run.step == 7


def test_uniform_attention_has_the_entropy_of_its_length_and_known_scores() -> None:
    model = Model()
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    found = bv.capture_attention(model, TOKENS, layers=[0], heads=[0])[0]
    assert found.entropy == pytest.approx(math.log(LENGTH), abs=1e-5)
    assert found.previous_token == pytest.approx(1 / LENGTH)
    assert found.induction == pytest.approx(1 / LENGTH)  # each token of the second half has one earlier occurrence


def test_scores_of_perfect_heads_are_one() -> None:
    tokens = torch.tensor([1, 2, 3, 1, 2, 3])
    previous = torch.eye(6).roll(-1, 1)  # row t looks at t - 1
    assert previous_token_score(previous[None]).tolist() == [1.0]
    copying = torch.zeros(1, 6, 6)
    copying[0, torch.arange(3, 6), torch.arange(1, 4)] = 1.0  # "1" at 3 looks at what followed the first "1"
    perfect, copying[0, 5, 3] = induction_score(copying, tokens), 0.0
    two_of_three = induction_score(copying, tokens)
    assert perfect is not None
    assert perfect.tolist() == [1.0]
    assert two_of_three is not None
    assert two_of_three.tolist() == [pytest.approx(2 / 3)]
    assert induction_score(copying, torch.arange(6)) is None


def test_long_inputs_are_cut_and_the_map_says_so() -> None:
    found = bv.capture_attention(Model(), TOKENS, layers=[0], heads=[0], max_tokens=5)[0]
    assert found.weights.shape == (5, 5)
    assert (found.queries, found.keys) == (5, 5)  # the ids were cut in front of the model
    cut = bv.capture_attention(Model(), (TOKENS,), layers=[0], heads=[0], max_tokens=5)[0]
    assert cut.weights.shape == (5, 5)
    assert (cut.queries, cut.keys) == (12, 12)
    assert (cut.weights.sum(1) < 1).all()  # the rows were normalised over all twelve keys


def test_multihead_attention_tells_its_own_weights() -> None:
    model = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(WIDTH, 2, 8, batch_first=True, dropout=0.2), 2, enable_nested_tensor=False
    )
    maps = bv.capture_attention(model, torch.randn(3, 6, WIDTH), layers=[1])
    assert [(found.layer, found.head, found.weights.shape) for found in maps] == [(1, 0, (6, 6)), (1, 1, (6, 6))]
    assert all(found.output_error < 1e-5 and np.allclose(found.weights.sum(1), 1, atol=1e-6) for found in maps)
    assert all(found.induction is None for found in maps)  # no token is known


def test_a_compiled_model_is_seen_too() -> None:
    model = Model(is_causal=True)
    compiled = torch.compile(model, backend="eager")
    plain, found = (bv.capture_attention(one, TOKENS, layers=[0], heads=[0])[0] for one in (model, compiled))
    np.testing.assert_array_equal(plain.weights, found.weights)


def test_half_precision_is_computed_in_float32() -> None:
    found = bv.capture_attention(Model(is_causal=True).bfloat16(), TOKENS, layers=[0], heads=[0])[0]
    assert found.weights.dtype == np.float32
    assert np.allclose(found.weights.sum(1), 1, atol=1e-6)
    assert found.output_error < 0.02  # the kernel's own answer is rounded to eight bits


class Plain(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.softmax(-1)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"layers": [2]}, "layer 2 does not exist: Model has 2 attention layers, 0 to 1"),
        ({"heads": [4]}, "head 4 does not exist: layer 0 has 4 heads, 0 to 3"),
        ({"layers": []}, "is no choice"),
        ({"heads": [1, 1]}, "is no choice"),
        ({"tokens": ["a", "b"]}, "2 tokens for 12 positions"),
        ({"max_tokens": 0}, "keeps no position"),
        ({"max_tokens": "8"}, "max_tokens='8' keeps no position; use 1 or more"),
        ({"layers": 1}, "layers=1 is no choice; give different numbers from 0 on, or None for all"),
        ({"layers": "0"}, "layers='0' is no choice"),
        ({"heads": [0.5]}, "is no choice"),
        ({"inputs": torch.zeros((0, 4), dtype=torch.int64)}, r"inputs of shape \(0, 4\) hold no token"),
        ({"run": "mine"}, "run='mine' is no run"),
    ],
)
def test_wrong_arguments_are_one_sentence(run: bv.Run, wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        bv.capture_attention(Model(), **{"inputs": TOKENS, **wrong})  # type: ignore[arg-type]


def test_what_cannot_be_seen_is_said() -> None:
    with pytest.raises(UsageError, match="Plain never called scaled_dot_product_attention"):
        bv.capture_attention(Plain(), torch.ones(2, 2))
    with pytest.raises(UsageError, match="takes a torch module, got int"):
        bv.capture_attention(3, TOKENS)


def test_too_many_maps_are_refused_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("belvedere.record.capture.attention.MAPS_BYTES_MAX", 4 * 12 * 12 * 3)
    with pytest.raises(UsageError, match="take more than 0 MiB; choose some with layers= and heads="):
        bv.capture_attention(Model(), TOKENS)


def test_a_model_that_fails_is_one_warning_and_the_training_goes_on(tmp_path: Path) -> None:
    run = begun(tmp_path, strict=False)
    with pytest.warns(RecordingWarning, match=r"capture_attention\(\) failed: IndexError"):
        assert bv.capture_attention(Model(), TOKENS + 100) == ()
    run.finish()
    with pytest.raises(IndexError):  # without a run there is nobody to warn
        bv.capture_attention(Model(), TOKENS + 100)


def test_in_a_strict_run_it_is_raised(run: bv.Run) -> None:
    with pytest.raises(RecordingError, match="IndexError"):
        bv.capture_attention(Model(), TOKENS + 100)
