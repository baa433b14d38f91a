"""Many rows at once are the same log as one by one."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belvedere.core.entries import Logged, RunStarted
from belvedere.core.errors import NameRefused
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import RunFolder, run_folder, writer_id
from belvedere.runlog.reader import read_entries
from tests.runlog.logs import new_writer, segment_of

STEPS = st.integers(-(1 << 62), 1 << 62) | st.integers(0, 400)
TIMES = st.integers(0, 1 << 60) | st.integers(10**15, 10**15 + 10**7)


def rows_of(path: Path) -> list[Logged]:
    return [entry for entry in read_entries(path) if isinstance(entry, Logged)]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(STEPS, TIMES, st.floats(allow_nan=False)), min_size=1, max_size=30), st.booleans())
def test_a_block_is_read_as_its_rows(rows: list[tuple[int, int, float]], has_row_in_front: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writer = new_writer(Path(folder))
        expected = []
        if has_row_in_front:
            writer.row(7, {"loss": 1.0}, time_us=10**15)
            expected.append(Logged(7, 1e9, {"loss": 1.0}))
        steps, times_us, values = (np.array(column) for column in zip(*rows, strict=True))
        assert writer.rows(("a", "b"), steps, times_us, np.stack([values, -values], axis=1))
        writer.row(3, {"loss": 2.0}, time_us=5)
        writer.close()
        expected += [Logged(step, time_us / 1e6, {"a": value, "b": -value}) for step, time_us, value in rows]
        assert rows_of(segment_of(writer)) == [*expected, Logged(3, 5e-6, {"loss": 2.0})]


def test_more_key_sets_than_short_rows_can_name_are_kept(tmp_path: Path) -> None:
    writer = new_writer(tmp_path)
    for number in range(300):
        writer.rows((f"key{number}",), np.array([1, 2]), np.array([5, 6]), np.array([[0.5], [number]]))
    writer.close()
    found = rows_of(segment_of(writer))
    assert len(found) == 600
    assert found[-1] == Logged(2, 6e-6, {"key299": 299.0})


def test_a_key_that_cannot_be_is_refused(tmp_path: Path) -> None:
    writer = new_writer(tmp_path)
    with pytest.raises(NameRefused):
        writer.rows((" ",), np.array([1]), np.array([5]), np.array([[0.5]]))
    writer.close()


def landing_in(root: Path) -> Landing:
    return Landing(run_folder(root, "p", "r"), RunStarted(1.0, "p", "r", writer_id(0, 1, "ab")))


def segments(folder: RunFolder) -> list[Logged]:
    return [row for path in folder.segments(writer_id(0, 1, "ab")) for row in rows_of(path)]


def test_rows_that_landed_without_a_commit_are_here_once_when_they_come_again(tmp_path: Path) -> None:
    steps, times_us, values = np.arange(10), np.arange(10) * 1000, np.arange(10.0)[:, None]
    first = landing_in(tmp_path)
    first.rows(("loss",), steps[:4], times_us[:4], values[:4])
    first.commit(offset=4)
    first.rows(("loss",), steps[4:7], times_us[4:7], values[4:7])
    first.close()  # as a crash leaves it: three rows behind the last mark
    second = landing_in(tmp_path)
    assert second.position == {"offset": 4}
    assert second.rows(("loss",), steps[4:], times_us[4:], values[4:]) == 3
    second.commit(offset=10)
    second.close()
    assert sorted(row.step for row in segments(second.folder)) == list(range(10))
