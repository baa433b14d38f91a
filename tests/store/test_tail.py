"""The tail keeps what was logged in the order it was logged, in whatever forms the rows were written."""

from pathlib import Path

import pytest

from belvedere.core.entries import RunStarted
from belvedere.runlog import layout
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import RunFolder
from belvedere.store.engine import Engine, RunName
from belvedere.store.engines.folder import FolderEngine
from belvedere.store.engines.memory import MemoryEngine


@pytest.mark.parametrize("kind", [FolderEngine, MemoryEngine])
def test_the_last_value_is_the_one_logged_last(kind: type[FolderEngine | MemoryEngine], tmp_path: Path) -> None:
    landing = Landing(RunFolder(tmp_path, "p", "r"), RunStarted(0.0, "p", "r", layout.writer_id(0, 1, "0a")))
    for step in range(10):  # the row of step 5 has another form: its note is text, or its step lies far away
        landing.row(step, 1000, {"a": step / 2, "note": "x" if step == 5 else None})
        landing.row(step + 10**9 * (step == 5), 1000, {"b": step / 2})
    engine: Engine = kind(tmp_path)
    keys = {info.key: (info.kind, info.last, info.last_step) for info in engine.keys(RunName("p", "r"))}
    assert keys == {"a": ("scalar", 4.5, 9), "b": ("scalar", 4.5, 9), "note": ("none", None, 9)}
    assert [item.step for item in engine.media(RunName("p", "r"), "note")] == list(range(10))
