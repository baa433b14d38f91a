from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import belvedere as bv
from belvedere.core.errors import UsageError
from belvedere.record.capture import histograms
from belvedere.record.capture.histograms import counted
from belvedere.record.guard import RecordingWarning
from tests.record.capture.stored import begun, read


@pytest.fixture
def run(tmp_path: Path) -> Iterator[bv.Run]:
    found = begun(tmp_path)
    yield found
    found.finish()


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.h = nn.ModuleList([nn.Linear(30, 30), nn.Linear(30, 30, bias=False)])
        self.head = nn.Linear(30, 2)


def test_counts_are_those_of_numpy(run: bv.Run, tmp_path: Path) -> None:
    model = Model()
    bv.log_histograms(model, step=3)
    found = read(run, tmp_path)
    assert sorted(info.key for info in found.keys("weights/*")) == ["weights/h.0", "weights/h.1", "weights/head"]
    (item,) = found.media("weights/h.0")
    values = torch.cat([parameter.detach().reshape(-1) for parameter in model.h[0].parameters()]).double().numpy()
    counts, edges = np.histogram(values, 64)
    assert item.step == 3
    np.testing.assert_allclose(item.record["edges"], edges, rtol=1e-12)  # type: ignore[call-overload]
    assert np.abs(np.asarray(item.record["counts"]) - counts).sum() <= 2  # a value on an edge may fall to either side
    assert sum(item.record["counts"]) == len(values) == 930  # type: ignore[call-overload]


def test_gradients_are_counted_and_blocks_without_any_left_out(run: bv.Run, tmp_path: Path) -> None:
    model = Model()
    model.h[0](torch.ones(4, 30)).sum().backward()
    bv.log_histograms(model, ("weights", "gradients"))
    found = read(run, tmp_path)
    assert [info.key for info in found.keys("gradients/*")] == ["gradients/h.0"]
    record = found.media("gradients/h.0")[0].record
    assert (record["edges"][0], record["edges"][-1]) == (3.5, 4.5)  # type: ignore[index]  # every gradient is 4


def test_pieces_devices_and_values_that_are_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histograms, "PIECE_VALUES", 3)
    values = torch.tensor([0.0, 1.0, torch.nan, 64.0, torch.inf, -torch.inf, 63.5])
    low, high, nonfinite, *counts = counted([values[:4], values[4:]]).tolist()
    assert (low, high, nonfinite) == (0, 64, 3)
    assert counts == [1, 1, *[0] * 61, 2]


def test_nothing_finite_and_half_precision() -> None:
    assert counted([torch.full((3,), torch.nan)]).tolist() == [0, 1, 3, *[0] * 64]
    half = counted([torch.tensor([-1.0, 1.0]).bfloat16()]).tolist()
    assert (half[:3], half[3], half[-1]) == ([-1, 1, 0], 1, 1)


def test_gradients_that_are_not_there_are_one_warning(tmp_path: Path) -> None:
    run = begun(tmp_path, strict=False)
    with pytest.warns(RecordingWarning, match="no parameter has a gradient"):
        bv.log_histograms(Model(), "gradients")
    run.finish()


@pytest.mark.parametrize("what", [(), ("biases",), "weight"])
def test_unknown_words_are_refused(run: bv.Run, what: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="names nothing to count"):
        bv.log_histograms(Model(), what)
