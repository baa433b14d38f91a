"""What captures that are called inside the loop share: whose run, whose error, and nothing that waits."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import belvedere as bv
from belvedere.core.errors import UsageError
from belvedere.record.capture.aside import aside, is_aside
from belvedere.record.capture.asked import Sheltered, chosen_run, needed_run, numbers_of, send, whole_numbers_of
from belvedere.record.deferred import Arrays
from belvedere.record.guard import RecordingWarning
from tests.record.capture.stored import begun, read


def test_the_run_is_the_given_or_the_current_one(tmp_path: Path) -> None:
    assert chosen_run(None) is None
    with pytest.raises(UsageError, match=r"f\(\) has no run to write to; call belvedere.init"):
        needed_run(None, "f()")
    with pytest.raises(UsageError, match=r"run=3 is no run; pass what belvedere.init\(\) gave"):
        chosen_run(3)  # type: ignore[arg-type]
    run = begun(tmp_path)
    assert chosen_run(None) is run
    assert needed_run(run, "f()") is run
    run.finish()


def test_errors_become_warnings_but_wrong_arguments_and_interrupts_do_not(tmp_path: Path) -> None:
    run = begun(tmp_path, strict=False)
    with pytest.warns(RecordingWarning, match=r"f\(\) failed: ValueError: no") as told, Sheltered(run, "f()"):
        raise ValueError("no")
    assert told[0].filename == __file__  # the user's line, not ours
    for error in (UsageError("wrong"), KeyboardInterrupt()):
        with pytest.raises(type(error)), Sheltered(run, "f()"):
            raise error
    with pytest.raises(ValueError, match="no"), Sheltered(None, "f()"):
        raise ValueError("no")
    run.finish()


def test_what_fails_on_arrival_is_told_and_nothing_leaves_the_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(tmp_path, strict=False)

    def broken(arrays: Arrays) -> None:
        raise ValueError("torn")

    told: list[str] = []
    monkeypatch.setattr(run._guard, "tell_later", told.append)
    send(run, "the thing", [torch.ones(2)], broken)
    assert told == ["the thing was not recorded: ValueError: torn"]
    run.finish()


def test_being_aside_ends_with_the_block_and_nests() -> None:
    assert not is_aside()
    with aside(), aside():
        assert is_aside()
    assert not is_aside()


needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def watched_step(model: nn.Module) -> None:
    watch = bv.watch_activations(model, budget=None)
    model(torch.ones(4, 8, device="cuda")).sum().backward()
    watch.detach()


@needs_cuda
@pytest.mark.parametrize(
    "capture",
    [
        bv.log_histograms,
        lambda model: bv.log_latent_health(model[0].weight),
        lambda model: bv.log_embeddings("z", model[0].weight),
        lambda model: bv.capture_embeddings(model, torch.ones(4, 8, device="cuda"), name="y", rows=[2, 0]),
        bv.log_architecture,
        watched_step,
    ],
    ids=["histograms", "latent", "embeddings", "answers", "architecture", "activations"],
)
def test_nothing_waits_for_the_device(tmp_path: Path, capture: Callable[[nn.Module], object]) -> None:
    run = begun(tmp_path)
    model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2)).cuda()
    capture(model)  # allocations and libraries may wait once
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        capture(model)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(read(run, tmp_path).keys("*")) > 0


@needs_cuda
def test_weights_and_counts_on_the_device_are_those_of_the_host(tmp_path: Path) -> None:
    run = begun(tmp_path)
    layer = nn.TransformerEncoderLayer(16, 2, 8, batch_first=True, dropout=0.0)
    inputs = torch.randn(1, 6, 16)
    host = bv.capture_attention(layer, inputs)
    bv.log_histograms(layer, step=0)
    found = bv.capture_attention(layer.cuda(), inputs.cuda())
    bv.log_histograms(layer, step=1)
    np.testing.assert_allclose(host[0].weights, found[0].weights, atol=1e-5)
    key = next(info.key for info in read(run, tmp_path).keys("weights/*"))
    on_host, on_device = (np.asarray(item.record["counts"]) for item in read(run, tmp_path).media(key))
    assert np.abs(on_host - on_device).sum() <= 2


def test_numbers_come_as_lists_arrays_tensors_ranges_and_nothing_else() -> None:
    for given in ([1, 2], (1, 2), range(1, 3), {1, 2}, np.array([1, 2]), torch.tensor([1, 2]), [np.int64(1), 2.0]):
        assert whole_numbers_of(given) == [1, 2]
    assert numbers_of([0.5, 2]) == [0.5, 2.0] and whole_numbers_of([0.5, 2]) is None
    for given in ("12", 3, None, ["a"], [None], torch.tensor(3), [math.inf], [math.nan]):
        assert whole_numbers_of(given) is None
