"""Real runs on disk for the tests of the server and the command line: written by the run log's own writer."""

import math
import os
import socket
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from belvedere.core.entries import Alerted, Configured, Console, Defined, RunFinished, RunStarted, StageChanged
from belvedere.runlog.layout import RunFolder, run_folder
from belvedere.runlog.media import keep
from belvedere.runlog.writer import LogWriter

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
BEGAN = 1.7e9
NOBODY = 2**22 + 1  # above the highest process number that Linux gives
LAYERS = ("embed", "h.0", "h.1", "head")


def record(
    root: Path, run_id: str = "run1", *, project: str = "p", steps: int = 100, rank: int = 0, finished: bool = True,
    config: Mapping[str, object] | None = None, loss: Mapping[int, float] | None = None,
) -> RunFolder:  # fmt: skip
    """A run of some steps: loss, rate, gradient norms, an image, console. `loss` replaces single values."""
    folder = run_folder(root, project, run_id)
    writer = writer_of(folder, rank=rank, is_alive=not finished)
    writer.event(Configured(BEGAN, {"lr": 3e-4, "model": {"layers": 4}, **(config or {})}))
    writer.event(Defined(BEGAN, "train/loss", unit="nats", goal="minimize"))
    writer.event(StageChanged(BEGAN, 0, "pretrain"))
    writer.event(Console(BEGAN, "stdout", "hello\n"))
    picture = keep(folder, PNG, ".png")
    for step in range(steps):
        value = (loss or {}).get(step, 4 * math.exp(-step / 50))
        writer.row(step, {"train/loss": value, "lr": 3e-4})
        writer.vector(step, "grad_norm", LAYERS, np.array([1, 2, 3, step], np.float32))
    image = {"_type": "image", "sha256": picture.sha256, "size": picture.size_bytes, "suffix": picture.suffix}
    writer.row(steps - 1, {"samples": image})
    writer.event(Alerted(BEGAN, 3, "look", "here", "warning"))
    if finished:
        writer.event(RunFinished(writer.now()))
    writer.close()
    return folder


def writer_of(folder: RunFolder, *, rank: int = 0, number: int = 1, is_alive: bool = True) -> LogWriter:
    """A writer of a run, of this process or of one that is gone; `number` tells several process starts apart."""
    writer_id = f"r{rank}-{1_700_000_000_000_000_000 + number}-{number:08x}"
    started = RunStarted(
        BEGAN, folder.project, folder.run_id, writer_id, rank=rank, name="calm-hill-1", tags=("sft",),
        host=socket.gethostname(), pid=os.getpid() if is_alive else NOBODY,
    )  # fmt: skip
    return LogWriter(folder, started)
