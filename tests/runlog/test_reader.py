"""Reading a segment: everything comes back, a growing file is followed, damage is named."""

import math
from pathlib import Path

import numpy as np
import pytest

from belvedere.core.entries import Logged, RunFinished, RunStarted, StageChanged, VectorLogged
from belvedere.core.errors import UnknownFormat
from belvedere.runlog.frame import HEADER_BYTES, frame
from belvedere.runlog.reader import Cursor, SegmentReader, read_entries
from tests.runlog.logs import new_writer, segment_of, write_one_of_each


def test_every_form_of_record_comes_back_as_it_was_written(tmp_path: Path):
    entries = list(read_entries(write_one_of_each(tmp_path)))
    assert isinstance(entries[0], RunStarted)
    assert isinstance(entries[-1], RunFinished)
    assert entries[6] == StageChanged(time=2.0, step=2, name="sft")
    logged = [entry for entry in entries if isinstance(entry, Logged)]
    assert logged[0].values == {"loss": 2.5, "epoch": 0, "is_best": True}
    assert [type(value) for value in logged[0].values.values()] == [float, int, bool]
    assert math.isnan(logged[1].values["loss"])  # type: ignore[arg-type]
    assert logged[2].values == {"note": "warm", "nothing": None, "shape": [2, {"deep": 3}], "loss": 2.25}
    assert [entry.values for entry in logged[3:73]] == [{f"key{i}": i / 4} for i in range(70)]
    assert [entry.step for entry in logged] == [0, 1, 1, *range(100, 170), -5]
    vectors = [entry for entry in entries if isinstance(entry, VectorLogged)]
    assert [vector.values.tolist() for vector in vectors] == [[0.5, 0.25], [0.5, 0.1]]
    times = [entry.time for entry in entries if isinstance(entry, Logged | VectorLogged)]
    assert times == sorted(times)


def test_polls_of_any_size_give_the_same_as_one(tmp_path: Path):
    path = write_one_of_each(tmp_path)
    whole = [str(entry) for entry in read_entries(path)]
    for limit_bytes in (1, 64, 300, 1000):
        reader, orders = SegmentReader(path), []
        while batch := reader.poll(limit_bytes):
            orders += [order for rows in batch.rows for order in rows.order.tolist()]
            orders += [order for vectors in batch.vectors for order in vectors.order.tolist()]
            orders += [event.order for event in batch.events]
        assert len(orders) == len(whole) == len(set(orders))
        assert reader.cursor.offset == path.stat().st_size


def test_a_cursor_goes_on_where_another_reader_stopped(tmp_path: Path):
    writer = new_writer(tmp_path)
    for step in range(10):
        writer.row(step, {"loss": float(step)})
    first = SegmentReader(segment_of(writer))
    while first.poll():
        pass
    for step in range(10, 20):
        writer.row(step, {"loss": float(step)})
    second = SegmentReader(segment_of(writer), first.cursor)
    batch = second.poll()
    assert batch is not None
    (rows,) = batch.rows
    assert rows.steps.tolist() == list(range(10, 20))
    assert rows.columns[0].tolist() == [float(step) for step in range(10, 20)]
    assert rows.times_us[0] > first.cursor.time_us
    writer.close()


def test_nothing_new_is_none_and_a_record_being_written_waits(tmp_path: Path):
    path = write_one_of_each(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    reader = SegmentReader(path)
    while reader.poll():
        pass
    assert (reader.trouble, reader.pending_bytes > 0) == ("", True)
    assert reader.poll() is None
    path.write_bytes(whole)
    last = reader.poll()
    assert last is not None
    assert [type(found.event) for found in last.events] == [RunFinished]


def test_damage_in_the_middle_is_named_and_the_prefix_kept(tmp_path: Path):
    path = write_one_of_each(tmp_path)
    whole = path.read_bytes()
    clean = [str(entry) for entry in read_entries(path)]
    for position in range(HEADER_BYTES, len(whole), 41):
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        path.write_bytes(bytes(damaged))
        reader = SegmentReader(path)
        while reader.poll():
            pass
        assert reader.trouble or reader.pending_bytes
        found = [str(entry) for entry in read_entries(path)]
        assert found == clean[: len(found)]
        assert len(found) < len(clean)


def test_a_valid_record_that_makes_no_sense_is_trouble_not_a_crash(tmp_path: Path):
    path = write_one_of_each(tmp_path)
    for payload in (
        b"\x03\xee\x01\x00\x00\x00\x00",
        b"\x02\x00",
        b"\x06\xc1",
        b"\x06\x92\xa3abc",
        b"\x01\x00\x00\x80",
        b"\x05\x00\x00" + bytes(20),
    ):
        with path.open("ab") as log:
            log.write(frame(payload))
        reader = SegmentReader(path)
        while reader.poll():
            pass
        assert "makes no sense" in reader.trouble
        path.write_bytes(path.read_bytes()[: -len(frame(payload))])


def test_a_record_type_of_a_newer_version_is_passed_over(tmp_path: Path):
    path = write_one_of_each(tmp_path)
    count = len(list(read_entries(path)))
    with path.open("ab") as log:
        log.write(frame(b"\x63newer"))
    assert len(list(read_entries(path))) == count


def test_a_foreign_file_is_refused_and_an_empty_one_may_still_become_a_log(tmp_path: Path):
    foreign = tmp_path / "000001.rlog"
    foreign.write_bytes(b"hello, world")
    with pytest.raises(UnknownFormat, match="move it out of the run"):
        SegmentReader(foreign)
    foreign.write_bytes(b"")
    assert SegmentReader(foreign).poll() is None


def test_a_record_larger_than_the_poll_limit_is_read_whole(tmp_path: Path):
    writer = new_writer(tmp_path)
    writer.row(0, {"text": "x" * 100_000})
    writer.close()
    reader = SegmentReader(segment_of(writer), Cursor())
    texts = []
    while batch := reader.poll(512):
        texts += [rows.others[0][0] for rows in batch.rows]
    assert texts == ["x" * 100_000]


def test_many_equal_rows_keep_their_steps_and_values(tmp_path: Path):
    writer = new_writer(tmp_path)
    values = np.random.default_rng(0).normal(size=(3000, 3))
    for step, (a, b, c) in enumerate(values.tolist()):
        writer.row(step, {"a": a, "b": b, "c": c})
        if step % 1000 == 999:
            writer.row(step, {"val": a})
    writer.close()
    reader, found = SegmentReader(segment_of(writer)), {"a": [], "val": []}
    steps: dict[str, list[int]] = {"a": [], "val": []}
    while batch := reader.poll(20_000):
        for rows in batch.rows:
            found[rows.keys[0]] += rows.columns[0].tolist()
            steps[rows.keys[0]] += rows.steps.tolist()
    assert steps["a"] == list(range(3000))
    assert found["a"] == values[:, 0].tolist()
    assert steps["val"] == [999, 1999, 2999]
