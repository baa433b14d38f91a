"""Small logs that several tests read."""

from pathlib import Path

import numpy as np

from belvedere.core.entries import RunFinished, RunStarted, StageChanged
from belvedere.runlog.layout import run_folder, writer_id
from belvedere.runlog.writer import LogWriter

NAMES = ("embed", "h.0")


def new_writer(root: Path, *, started_ns: int = 1, rank: int = 0, **options: object) -> LogWriter:
    folder = run_folder(root, "demo", "abcd1234")
    started = RunStarted(
        time=1.0, project="demo", run_id="abcd1234", writer_id=writer_id(rank, started_ns, "ab"), rank=rank
    )
    return LogWriter(folder, started, **options)  # type: ignore[arg-type]


def segment_of(writer: LogWriter, number: int = 1) -> Path:
    return writer.folder.segment(writer.started.writer_id, number)


def write_one_of_each(root: Path) -> Path:
    """A log with every form of record."""
    writer = new_writer(root)
    writer.row(0, {"loss": 2.5, "epoch": 0, "is_best": True})
    writer.row(1, {"loss": float("nan"), "epoch": 0, "is_best": False})
    writer.row(1, {"note": "warm", "nothing": None, "shape": [2, {"deep": 3}], "loss": 2.25})
    writer.vector(1, "grad_norm", NAMES, np.array([0.5, 0.25], np.float32))
    writer.vector(2, "grad_norm", NAMES, np.array([0.5, 0.1], np.float64))
    writer.event(StageChanged(time=2.0, step=2, name="sft"))
    for i in range(70):
        writer.row(100 + i, {f"key{i}": i / 4})
    writer.row(-5, {"loss": float("-inf"), "epoch": -1, "is_best": True})
    writer.event(RunFinished(time=3.0))
    writer.close()
    return segment_of(writer)
