"""Runs for tests of captures: a real one, and what its log then holds."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import belvedere as bv
from belvedere.store.records import MediaItem
from belvedere.store.run import Run as Stored
from belvedere.store.store import open_store


def begun(folder: Path, *, strict: bool = True, mode: str = "local") -> bv.Run:
    """A run that records nothing by itself; torch begins anew."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return bv.init(
        project="captures", id="one", dir=folder, mode=mode, console=False, hardware=False, strict=strict
    )  # fmt: skip


def read(run: bv.Run, folder: Path) -> Stored:
    """The finished run."""
    run.finish()
    return open_store(folder).run("one")


def array(item: MediaItem) -> NDArray[np.generic]:
    """The numbers of an array."""
    assert item.type == "array"
    assert item.path is not None
    shape = [int(str(size)) for size in item.record["shape"]]  # type: ignore[attr-defined]
    return np.frombuffer(item.path.read_bytes(), str(item.record["dtype"])).reshape(shape)


def about(item: MediaItem) -> Mapping[str, object]:
    """What was said about an array."""
    found = item.record["about"]
    assert isinstance(found, Mapping)
    return found
