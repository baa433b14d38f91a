"""Writing: nothing acknowledged is lost, a full disk costs only the rows that did not fit."""

import math
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from belvedere.core.entries import Entry, Logged, RunFinished, RunStarted, VectorLogged
from belvedere.core.errors import NameRefused
from belvedere.runlog.reader import read_entries
from tests.runlog.logs import new_writer, segment_of


def rows_of(path: Path) -> list[Logged]:
    return [entry for entry in read_entries(path) if isinstance(entry, Logged)]


def all_entries(writer) -> list[Entry]:
    return [entry for path in writer.folder.segments(writer.started.writer_id) for entry in read_entries(path)]


def test_ten_scalars_take_at_most_nine_and_a_half_bytes_each(tmp_path: Path):
    writer = new_writer(tmp_path)
    values = {f"train/k{i}": i / 3 for i in range(10)}
    writer.row(0, values)
    before = segment_of(writer).stat().st_size
    for step in range(1, 101):
        writer.row(step, values)
    assert (segment_of(writer).stat().st_size - before) / 1000 <= 9.5


def test_a_value_that_is_not_plain_is_refused_and_nothing_is_written(tmp_path: Path):
    writer = new_writer(tmp_path)
    for value in (object(), np.float64(1), 2**63, -(2**63) - 1, {"a": object()}, "\ud800", b"raw"):
        assert not writer.row(0, {"x": value})
    assert rows_of(segment_of(writer)) == []


def test_a_key_that_cannot_be_a_series_name_raises(tmp_path: Path):
    writer = new_writer(tmp_path)
    for key in ("", "   ", "k" * 1025):
        with pytest.raises(NameRefused):
            writer.row(0, {key: 1.0})


def test_wide_rows_of_floats_refuse_what_is_not_a_float(tmp_path: Path):
    writer = new_writer(tmp_path)
    wide = {f"k{i}": float(i) for i in range(1000)}
    assert writer.row(0, wide)
    assert writer.row(1, {**wide, "k500": 7})
    assert not writer.row(2, {**wide, "k500": np.float32(7)})
    assert writer.row(3, {**wide, "k500": math.nan})
    assert writer.row(4, {**wide, "k1": 2**40})  # nine bytes in MessagePack too, but not a float
    logged = rows_of(segment_of(writer))
    assert [entry.step for entry in logged] == [0, 1, 3, 4]
    assert logged[1].values["k500"] == 7
    assert isinstance(logged[1].values["k500"], int)
    assert logged[3].values["k1"] == 2**40


def test_segments_rotate_and_each_stands_alone(tmp_path: Path):
    writer = new_writer(tmp_path, segment_bytes=4096)
    for step in range(300):
        writer.row(step, {"loss": step / 2})
        if step % 10 == 0:
            writer.vector(step, "g", ("a", "b"), np.array([step, 1], np.float32))
    writer.close()
    paths = writer.folder.segments(writer.started.writer_id)
    assert len(paths) > 2
    for number, path in enumerate(paths, 1):
        entries = list(read_entries(path))
        assert isinstance(entries[0], RunStarted)
        assert entries[0].segment == number
    entries = all_entries(writer)
    assert [entry.values["loss"] for entry in entries if isinstance(entry, Logged)] == [step / 2 for step in range(300)]
    assert [entry.step for entry in entries if isinstance(entry, VectorLogged)] == list(range(0, 300, 10))


def test_a_new_key_set_at_each_step_does_not_fill_the_log_with_schemas(tmp_path: Path):
    writer = new_writer(tmp_path)
    for step in range(500):
        assert writer.row(step, {f"key{step}": step, "text": "x"})
    logged = rows_of(segment_of(writer))
    assert [entry.values[f"key{entry.step}"] for entry in logged] == list(range(500))
    assert len(writer._templates) <= 65


def test_threads_do_not_mix_their_rows(tmp_path: Path):
    writer = new_writer(tmp_path)

    def work(name: str) -> None:
        for step in range(500):
            writer.row(step, {f"{name}/a": float(step), f"{name}/b": 1.0})

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    logged = rows_of(segment_of(writer))
    for i in range(4):
        mine = [entry for entry in logged if f"t{i}/a" in entry.values]
        assert (
            [entry.values[f"t{i}/a"] for entry in mine]
            == [float(entry.step) for entry in mine]
            == [float(s) for s in range(500)]
        )


def test_a_short_write_is_cut_off_counted_and_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    told: list[str] = []
    writer = new_writer(tmp_path, on_trouble=told.append)
    writer.row(0, {"loss": 1.0})
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real_write(fd, data[:7]))
    for step in range(1, 5):
        writer.row(step, {"loss": 2.0})
    monkeypatch.setattr(os, "write", real_write)
    writer._retry_at = 1e-9  # the pause is over
    writer.row(5, {"loss": 3.0})
    assert [entry.step for entry in rows_of(segment_of(writer))] == [0, 5]
    assert writer.dropped_rows == 4
    assert ["cannot write" in text for text in told] == [True, False]


def test_the_end_is_tried_even_while_the_disk_is_given_a_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    writer = new_writer(tmp_path)
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real_write(fd, data[:7]))
    writer.row(0, {"loss": 1.0})
    monkeypatch.setattr(os, "write", real_write)
    writer._retry_at = time.monotonic() + 60
    writer.event(RunFinished(writer.now()))
    assert isinstance(list(read_entries(segment_of(writer)))[-1], RunFinished)


def test_what_a_late_thread_writes_after_the_end_is_no_trouble_of_the_disk(tmp_path: Path):
    writer = new_writer(tmp_path, on_trouble=pytest.fail)
    writer.close()
    writer.event(RunFinished(writer.now()))
    assert [type(entry) for entry in read_entries(segment_of(writer))] == [RunStarted]


def test_a_disk_that_is_asked_to_keep_a_log_may_take_its_time_while_the_log_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    writer = new_writer(tmp_path)
    asked: list[int] = []
    real_sync = os.fdatasync

    def slowly(fd: int) -> None:
        writer.close()
        with (tmp_path / "other").open("w"):  # takes the number of the first file that is free
            asked.append(os.fstat(fd).st_ino)
            real_sync(fd)

    monkeypatch.setattr(os, "fdatasync", slowly)
    writer.sync()
    writer.sync()
    assert asked == [segment_of(writer).stat().st_ino]


KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.runlog.logs import new_writer
writer = new_writer(Path(sys.argv[1]))
step = 0
while True:
    writer.row(step, {"a": float(step), "b": step})
    os.write(1, step.to_bytes(8, "little"))
    step += 1
"""


def test_what_was_acknowledged_survives_sigkill(tmp_path: Path):
    for trial in range(5):
        root = tmp_path / str(trial)
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(root), str(Path(__file__).parents[2])], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        acknowledged = child.stdout.read(8 * (50 + 137 * trial))
        child.kill()
        rest = child.stdout.read()
        child.wait()
        child.stdout.close()
        last = int.from_bytes((acknowledged + rest[: len(rest) // 8 * 8])[-8:], "little")
        (path,) = root.rglob("*.rlog")
        assert [entry.step for entry in rows_of(path)][: last + 1] == list(range(last + 1))
