"""Rich values on their way into a row: content first, then the record that names it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.runlog import media
from tests.record.conftest import Begin, folder_of, rows


def test_a_picture_is_kept_and_named_by_its_row(begin: Begin) -> None:
    run = begin()
    run.log({"sample": bv.Image(np.zeros((2, 3)), caption="zero"), "loss": 1.0})
    ((_, values),) = rows(run)
    record = values["sample"]
    assert isinstance(record, dict)
    assert (record["_type"], record["width"], record["caption"], values["loss"]) == ("image", 3, "zero", 1.0)
    assert media.locate(folder_of(run), record["sha256"], record["suffix"]).stat().st_size == record["size"]


def test_lists_of_rich_values_become_one_record(begin: Begin) -> None:
    run = begin()
    run.log({"samples": [bv.Image(np.zeros((1, 1))), bv.Image(np.ones((1, 1)))], "plain": [1, "a", [2.5]]})
    ((_, values),) = rows(run)
    samples = values["samples"]
    assert isinstance(samples, dict)
    assert (samples["_type"], [item["_type"] for item in samples["items"]]) == ("images", ["image", "image"])
    assert values["plain"] == [1, "a", [2.5]]


def test_figures_and_frames_of_other_libraries_are_recognised(begin: Begin) -> None:
    import pandas
    import plotly.graph_objects as go
    from matplotlib.figure import Figure
    from PIL import Image

    run = begin()
    figure = Figure(figsize=(1, 1), dpi=10)
    run.log({"a": figure, "b": go.Figure(), "c": Image.new("RGB", (2, 2)), "d": pandas.DataFrame({"x": [1]})})
    ((_, values),) = rows(run)
    assert {key: value["_type"] for key, value in values.items()} == {  # type: ignore[index]
        "a": "image", "b": "plotly", "c": "image", "d": "table",
    }  # fmt: skip


def test_a_bad_picture_costs_only_its_key(begin: Begin) -> None:
    run = begin()
    with pytest.warns(bv.RecordingWarning, match=r"'bad' was not recorded.*\(H, W\)"):
        run.log({"bad": bv.Image(np.zeros((2, 2, 9))), "good": bv.Image(np.zeros((2, 2)))})
    assert [list(values) for _, values in rows(run)] == [["good"]]


def test_tensors_of_one_number_are_numbers(begin: Begin) -> None:
    torch = pytest.importorskip("torch")
    run = begin()
    run.log({"a": torch.tensor(0.5, requires_grad=True), "b": torch.tensor([2]), "c": torch.tensor(1.5).bfloat16()})
    assert rows(run) == [(0, {"a": 0.5, "b": 2, "c": 1.5})]


def test_a_large_file_is_streamed(begin: Begin, tmp_path: Path) -> None:
    code = """
import resource, sys, belvedere as bv
run = bv.init(project="p", id="big", dir=sys.argv[1], console=False, hardware=False)
run.log({"small": bv.Text("x")})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run.log({"file": bv.File(sys.argv[2])})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    big = tmp_path / "big.bin"
    with big.open("wb") as target:
        target.truncate(1 << 28)  # sparse: 256 MiB of zeros
    command = [sys.executable, "-c", code, str(tmp_path), str(big)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "BELVEDERE_SILENT": "1"}
    )
    assert int(done.stdout) < 32 << 10  # KiB
