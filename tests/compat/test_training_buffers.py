"""Buffers keep a whole run at bounded memory, and gradient norms are those worked out by hand."""

import math
import warnings

import numpy as np
import pytest
import torch

import belvedere as bv
from belvedere.compat.training_buffers import GradientFlowBuffer, Metrics, TrainingMetricsBuffer
from belvedere.core.errors import UsageError
from belvedere.core.series import Floats


def test_a_short_run_comes_back_as_it_was_added() -> None:
    buffer = TrainingMetricsBuffer(max_size=2000)
    buffer.add(1, 3.0, 1e-3, 0.5)
    buffer.add(2, 2.0, 5e-4, math.nan, reward=0.25)
    buffer.add(3, 1.0, 0.0, 0.1, reward=None, accuracy=0.5)
    arrays = buffer.get_arrays()
    assert list(arrays) == ["steps", "losses", "learning_rates", "grad_norms", "rewards", "accuracies"]
    np.testing.assert_array_equal(
        np.stack([array for array in arrays.values() if array is not None]),
        [
            [1, 2, 3], [3, 2, 1], [1e-3, 5e-4, 0], [0.5, math.nan, 0.1], [math.nan, 0.25, math.nan],
            [math.nan, math.nan, 0.5],
        ],
    )  # fmt: skip


def test_what_was_never_measured_is_none_and_an_empty_buffer_is_empty() -> None:
    buffer = TrainingMetricsBuffer()
    empty = buffer.get_arrays()
    assert [len(floats(empty, name)) for name in ("steps", "losses", "grad_norms")] == [0, 0, 0]
    buffer.add(0, 1.0, 0.1, 1.0)
    arrays = buffer.get_arrays()
    assert (arrays["rewards"], arrays["accuracies"]) == (None, None)


@pytest.mark.parametrize("rows", [1000, 4096, 4100, 10_007, 50_000])
def test_a_long_run_keeps_its_beginning_and_each_step_counts_once(rows: int) -> None:
    buffer = TrainingMetricsBuffer(max_size=1000)
    for step in range(rows):
        buffer.add(step, float(step), 1.0, 2.0)
    arrays = buffer.get_arrays()
    steps, losses = floats(arrays, "steps"), floats(arrays, "losses")
    assert (len(buffer), steps[0], steps[-1], losses[-1]) == (rows, 0, rows - 1, rows - 1)
    assert (np.diff(steps) > 0).all()
    # each point stands for the steps up to the next: their mean is the middle
    widths = np.diff(np.append(steps, rows))
    np.testing.assert_allclose(losses, steps + (widths - 1) / 2)
    assert (widths[-500:] == 1).all()
    assert len(steps) <= 4096 + 1000
    assert buffer.size_bytes < 5_000_000


def floats(arrays: Metrics, name: str) -> Floats:
    """An array that was measured."""
    found = arrays[name]
    assert found is not None
    return found.astype(float)


def surface(buffer: GradientFlowBuffer) -> tuple[Floats, Floats, Floats]:
    """X, Y and Z of a buffer that holds something."""
    x, y, z = buffer.get_3d_surface()
    assert x is not None and y is not None and z is not None
    return x.astype(float), y.astype(float), z


def give_gradient(model: torch.nn.Sequential, value: float) -> None:
    """The one weight of a model gets that gradient."""
    next(model.parameters()).grad = torch.tensor([[value]])


def linear(*weights: float) -> torch.nn.Sequential:
    """Layers that multiply by a number each."""
    model = torch.nn.Sequential(*[torch.nn.Linear(1, 1, bias=False) for _ in weights])
    for parameter, weight in zip(model.parameters(), weights):
        parameter.data.fill_(weight)
    return model


def test_norms_are_those_worked_out_by_hand() -> None:
    # y = 2 · 3 · x: the gradient of y for the first weight is 3x, for the second 2x
    model, buffer = linear(2.0, 3.0), GradientFlowBuffer(num_layers=2)
    model(torch.tensor([[5.0]])).sum().backward()
    buffer.add(7, model)
    x, y, z = surface(buffer)
    np.testing.assert_array_equal(x, [[7], [7]])
    np.testing.assert_array_equal(y, [[0], [1]])
    np.testing.assert_allclose(z, [[15.0], [10.0]])


class Nanochat(torch.nn.Module):
    """The names of nanochat's GPT; block 1 has one tensor more than block 0, and the head is tied."""

    def __init__(self) -> None:
        super().__init__()
        wte, blocks = torch.nn.Embedding(4, 2), [torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 2)]
        self.transformer = torch.nn.ModuleDict({"wte": wte, "h": torch.nn.ModuleList(blocks)})
        self.lm_head = torch.nn.Linear(2, 4, bias=False)
        self.lm_head.weight = wte.weight
        self.blocks = tuple(blocks)  # a tuple registers nothing

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        found = self.transformer["wte"](tokens)
        for block in self.blocks:
            found = block(found)
        logits: torch.Tensor = self.lm_head(found)
        return logits


def test_the_blocks_of_nanochat_are_found_though_uneven_and_tied() -> None:
    torch.manual_seed(0)
    model, buffer = Nanochat(), GradientFlowBuffer(num_layers=2)
    model(torch.tensor([0, 1, 2])).square().sum().backward()
    buffer.add(0, model)
    gradients = [[tensor.grad for tensor in block.parameters() if tensor.grad is not None] for block in model.blocks]
    wanted = [torch.cat([gradient.ravel() for gradient in block]).norm().item() for block in gradients]
    assert buffer.names == ("embed", "h.0", "h.1")
    np.testing.assert_allclose(surface(buffer)[2], np.array(wanted)[:, None], rtol=1e-6)
    assert buffer.vectors().values.shape == (1, 3)


def test_all_of_a_long_run_stays_and_no_spike_is_lost() -> None:
    model, buffer = linear(1.0), GradientFlowBuffer(num_layers=1, max_steps=4)
    for step in range(11):
        give_gradient(model, 100.0 if step == 3 else float(step))
        buffer.add(step, model)
    x, _, z = surface(buffer)
    assert buffer.adds_per_column == 4
    np.testing.assert_array_equal(x, [[0, 4, 8]])
    np.testing.assert_array_equal(z, [[100, 7, 10]])


def test_columns_of_an_odd_number_keep_each_snapshot_once() -> None:
    model, buffer = linear(1.0), GradientFlowBuffer(num_layers=1, max_steps=3)
    for step in range(20):
        give_gradient(model, float(step))
        buffer.add(step, model)
    x, _, z = surface(buffer)
    ends = [*x[0].tolist()[1:], 20]
    assert z[0].tolist() == [end - 1 for end in ends]
    assert x[0, 0] == 0


def test_a_broken_norm_stays_visible() -> None:
    model, buffer = linear(1.0), GradientFlowBuffer(num_layers=1, max_steps=2)
    for step, norm in enumerate([1.0, math.nan, 2.0, 3.0]):
        give_gradient(model, norm)
        buffer.add(step, model)
    np.testing.assert_array_equal(surface(buffer)[2], [[math.nan, 3.0]])


def test_without_gradients_nothing_is_added() -> None:
    buffer = GradientFlowBuffer(num_layers=1)
    buffer.add(0, linear(1.0))
    assert buffer.get_3d_surface() == (None, None, None)


def test_a_wrong_number_of_layers_is_said_once_and_all_blocks_are_shown() -> None:
    model, buffer = linear(2.0, 3.0), GradientFlowBuffer(num_layers=8)
    model(torch.ones(1, 1)).sum().backward()
    with pytest.warns(bv.RecordingWarning, match="num_layers=8, but the model has 2 numbered layers; all its 2 blocks"):
        buffer.add(0, model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        buffer.add(1, model)
    assert np.shape(surface(buffer)[2]) == (2, 2)


def test_impossible_buffers_and_models_are_one_sentence() -> None:
    with pytest.raises(UsageError, match="max_size=0 keeps nothing"):
        TrainingMetricsBuffer(0)
    with pytest.raises(UsageError, match="num_layers=0 and max_steps=100 cannot be"):
        GradientFlowBuffer(0)
    with pytest.raises(UsageError, match="ReLU has no parameters to watch"):
        GradientFlowBuffer(1).add(0, torch.nn.ReLU())
    buffer, model = GradientFlowBuffer(1), linear(1.0)
    model(torch.ones(1, 1)).sum().backward()
    buffer.add(0, model)
    with pytest.raises(UsageError, match="holds 1 blocks of another model, not these 2"):
        buffer.add(1, linear(1.0, 2.0))
