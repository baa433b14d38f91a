"""What is done stays done: after Ctrl-C, a torn line, and among several processes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from belvedere.analysis.landscape.cells import Cells, Subject
from belvedere.analysis.landscape.survey import landscape
from belvedere.core.errors import UsageError
from tests.analysis.landscape.models import Loss, small_model
from tests.source_tree import REPOSITORY


def stopping_after(loss: Loss, calls: int) -> Loss:
    left = [calls]

    def counted(model: nn.Module) -> Tensor:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return loss(model)

    return counted


def test_a_resumed_survey_equals_an_uninterrupted_one_and_repeats_nothing(tmp_path: Path) -> None:
    model, loss = small_model()
    whole = landscape(model, loss, size=4)
    kept = tmp_path / "kept" / "grid.cells"
    with pytest.raises(KeyboardInterrupt):
        landscape(model, stopping_after(loss, 1 + 6), size=4, path=kept)  # the centre and 6 cells
    assert len(kept.read_text().splitlines()) == 1 + 6
    resumed = landscape(model, stopping_after(loss, 1 + 10), size=4, path=kept)
    np.testing.assert_array_equal(resumed.losses, whole.losses)
    again = landscape(model, stopping_after(loss, 1), size=4, path=kept)
    np.testing.assert_array_equal(again.losses, whole.losses)


def test_a_torn_line_is_done_again(tmp_path: Path) -> None:
    model, loss = small_model()
    kept = tmp_path / "grid.cells"
    whole = landscape(model, loss, size=3, path=kept)
    kept.write_bytes(kept.read_bytes()[:-4])
    np.testing.assert_array_equal(landscape(model, loss, size=3, path=kept).losses, whole.losses)
    assert len(kept.read_text().splitlines()) == 1 + 9


def test_losses_that_are_no_numbers_come_back(tmp_path: Path) -> None:
    subject = Subject("f", 2, 2, float("nan"))
    cells = Cells(tmp_path / "c", subject)
    cells.add([0, 1, 2], [float("nan"), float("inf"), 0.1])
    cells.close()
    assert repr(Cells(tmp_path / "c", subject).done) == "{0: nan, 1: inf, 2: 0.1}"


def test_another_model_other_settings_or_another_loss_are_refused(tmp_path: Path) -> None:
    model, loss = small_model()
    kept = tmp_path / "grid.cells"
    landscape(model, loss, size=3, path=kept)
    with pytest.raises(UsageError, match="belongs to another model or other settings"):
        landscape(model, loss, size=4, path=kept)
    with pytest.raises(UsageError, match="another loss function or other data"):
        landscape(model, lambda one: 2 * loss(one), size=3, path=kept)
    with torch.no_grad():
        model.head.bias[0] += 1e-6
    with pytest.raises(UsageError, match="belongs to another model or other settings"):
        landscape(model, loss, size=3, path=kept)
    kept.write_text("something else\n")
    with pytest.raises(UsageError, match="holds no cells of a landscape; name another file"):
        landscape(model, loss, size=3, path=kept)


def test_a_line_that_is_no_cell_is_named(tmp_path: Path) -> None:
    model, loss = small_model()
    kept = tmp_path / "grid.cells"
    landscape(model, loss, size=2, path=kept)
    kept.write_text(kept.read_text() + "1 2 3\n")
    with pytest.raises(UsageError, match="is no cell"):
        landscape(model, loss, size=2, path=kept)


PROCESS = """
import sys
import numpy as np, torch
torch.set_num_threads(1)
from belvedere.analysis.landscape.survey import landscape
from tests.analysis.landscape.models import small_model
if {connected}:
    import torch._dynamo  # before the group: see recipes/ranks.py
    torch.distributed.init_process_group("gloo", init_method="file://" + sys.argv[1] + "/meet",
        rank=int(sys.argv[2]), world_size=2)
model, loss = small_model()
calls = []
def counted(one):
    calls.append(1)
    return loss(one)
found = landscape(model, counted, size=4, path=None if {connected} else sys.argv[1] + "/grid.cells")
np.save(sys.argv[1] + "/found" + sys.argv[2] + ".npy", found.losses)
print(len(calls), found.how)
if {connected}:
    torch.distributed.destroy_process_group()
"""


@pytest.mark.parametrize("connected", [False, True], ids=["by files", "by gloo"])
def test_two_processes_share_the_cells_and_both_get_the_whole(tmp_path: Path, connected: bool) -> None:
    code = PROCESS.format(connected=connected)
    started = []
    for rank in range(2):
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        if not connected:
            environment |= {"RANK": str(rank), "WORLD_SIZE": "2"}
        command = [sys.executable, "-c", code, str(tmp_path), str(rank)]
        started.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
    outputs = [process.communicate(timeout=500) for process in started]
    assert [process.returncode for process in started] == [0, 0], outputs
    assert [out for out, _ in outputs] == ["9 one cell at a time, 2 processes\n"] * 2  # the centre and half of 16
    model, loss = small_model()
    alone = landscape(model, loss, size=4).losses
    for rank in range(2):
        np.testing.assert_array_equal(np.load(tmp_path / f"found{rank}.npy"), alone)


def test_processes_that_cannot_talk_need_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    model, loss = small_model()
    with pytest.raises(UsageError, match="2 processes can share a landscape only through a file; pass path="):
        landscape(model, loss, size=2)
    assert landscape(model, loss, size=2, is_shared=False).losses.shape == (2, 2)
