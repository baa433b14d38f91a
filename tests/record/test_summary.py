"""The last values of a run, read back from its own log."""

from pathlib import Path

from belvedere.core.entries import RunStarted
from belvedere.record.summary import Latest
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.writer import LogWriter

WRITER = "r0-1-ab"


def test_last_values_over_schemas_and_segments(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, "p", "r")
    writer = LogWriter(folder, RunStarted(1.0, "p", "r", WRITER), segment_bytes=600)
    latest = Latest(folder, WRITER)
    assert latest() == {}
    for step in range(100):
        writer.row(step, {"a": float(step)})
        if step % 3 == 0:
            writer.row(step, {"b": step, "text": f"t{step}"})
    assert len(folder.segments(WRITER)) > 1
    assert latest() == {"a": 99.0, "b": 99, "text": "t99"}
    writer.row(5, {"b": -1})
    assert latest() == {"a": 99.0, "b": -1, "text": "t99"}
    writer.close()
