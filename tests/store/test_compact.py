"""Compaction changes no answer, whoever kills it whenever; and of two compactors one loses."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from belvedere.core.entries import RunFinished
from belvedere.runlog.layout import RunFolder, run_folder
from belvedere.store import compact, manifest
from belvedere.store.cache import ByteCache
from belvedere.store.compact import compact_root, compact_run, forget_columns, reindex
from belvedere.store.conformance import assert_same_buckets, assert_same_series
from belvedere.store.engines.memory import MemoryEngine
from belvedere.store.follow import Follower
from belvedere.store.samples import open_log, write_run, write_samples
from belvedere.store.store import Store, open_store

ROWS = [
    (step, {"loss": float(step) if step % 50 else float("nan"), "lr": step / 7, "word": f"w{step}"})
    for step in range(400)
]
KILLED = """
import os, signal, sys
from pathlib import Path
from belvedere.runlog.layout import RunFolder
from belvedere.store.compact import compact_run
root, left = sys.argv[1], int(sys.argv[2])
def watch(event, arguments):
    global left
    if event in ("open", "os.rename", "os.remove", "os.mkdir") and str(arguments[0]).startswith(root):
        mode, flags = (str(arguments[1] or ""), arguments[2]) if event == "open" else ("w", 0)
        left -= bool("w" in mode or "x" in mode or flags & os.O_CREAT)
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
compact_run(RunFolder(Path(root), "demo", "run1"))
"""


def same_answers(root: Path, run: str = "demo/run1") -> None:
    """A fresh store gives what the logs hold."""
    store, reference = open_store(root), Store(MemoryEngine(root))
    got, wanted = store.run(run), reference.run(run)
    assert [(info.key, info.kind, info.count) for info in got.keys()] == [
        (i.key, i.kind, i.count) for i in wanted.keys()
    ]
    assert got.summary == pytest.approx(wanted.summary, nan_ok=True)
    for info in wanted.keys():
        if info.kind == "scalar":
            assert_same_series(got.series(info.key), wanted.series(info.key))
            assert_same_buckets(got.series(info.key, buckets=7), wanted.series(info.key, buckets=7))
        elif info.kind not in ("scalar", "vector"):
            assert got.media(info.key) == wanted.media(info.key)


def files_of(folder: RunFolder) -> list[str]:
    """Names of what compaction made."""
    made = [path.name for path in folder.columns.iterdir()] if folder.columns.is_dir() else []
    return sorted(made) + [f"MANIFEST.{number}" for number in folder.manifests()]


def test_a_run_that_is_over_becomes_one_file(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ROWS)
    done = compact_run(folder)
    assert (done.points, done.files, done.lost) == (800, 1, False)
    assert len(files_of(folder)) == 2
    assert not folder.lease.exists()
    same_answers(tmp_path)
    assert compact_run(folder) == compact.Compacted()


def test_a_compacted_run_opens_without_its_log(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ROWS, config={"lr": 0.1})
    before = open_store(tmp_path).run("run1").series("loss")
    compact_run(folder)
    for writer in folder.writers():
        for path in folder.segments(writer):
            path.unlink()
    run = open_store(tmp_path).run("run1")
    assert_same_series(run.series("loss"), before)
    assert (run.config, run.state, run.steps) == ({"lr": 0.1}, "finished", 400)


def test_growing_and_compacting_in_turn_changes_no_answer(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    writer = open_log(tmp_path, segment_bytes=3000)
    live = open_store(tmp_path)
    step = 0
    for _ in range(12):
        for _ in range(int(random.integers(1, 60))):
            step += int(random.integers(-1, 4))
            writer.row(
                step, {"loss": float(random.standard_normal()), **({"b": step, "word": f"w{step}"} if step % 3 else {})}
            )
            if step % 5 == 0:
                writer.vector(step, "norm", ("a", "b"), random.standard_normal(2))
        if random.random() < 0.7:
            compact_run(writer.folder)
        same_answers(tmp_path)
        assert_same_series(live.run("run1").series("loss"), Store(MemoryEngine(tmp_path)).run("run1").series("loss"))
    writer.event(RunFinished(writer.now()))
    compact_run(writer.folder)
    assert len(files_of(writer.folder)) == 2
    same_answers(tmp_path)


def test_files_of_one_size_are_merged(tmp_path: Path) -> None:
    writer = open_log(tmp_path)
    for number in range(20):
        for step in range(number * 10, number * 10 + 10):
            writer.row(step, {"loss": float(step)})
        compact_run(writer.folder)
    found = manifest.newest(writer.folder)
    assert found is not None
    assert found.number > 20
    assert len(found.generations) < compact.MERGE
    same_answers(tmp_path)


@pytest.mark.parametrize("operation", range(9))
def test_killed_before_any_file_operation_the_answers_stay(tmp_path: Path, operation: int) -> None:
    folder = write_run(tmp_path, ROWS)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(operation)], check=False, timeout=60)
    assert killed.returncode in (0, -signal.SIGKILL)
    same_answers(tmp_path)
    done = compact_run(folder)  # a lease of a dead process stops nobody
    assert not done.lost
    found = manifest.newest(folder)
    assert found is not None and len(found.generations) == 1
    same_answers(tmp_path)


def test_killing_covers_every_file_operation(tmp_path: Path) -> None:
    write_run(tmp_path, ROWS)
    command = [sys.executable, "-c", KILLED, str(tmp_path), "9"]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0


def test_of_two_compactors_one_loses_and_leaves_nothing(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ROWS)
    slow, quick = Follower(folder, ByteCache()), Follower(folder, ByteCache())
    slow.poll()
    quick.poll()
    assert compact._advance(quick) == 800
    assert compact._advance(slow) is None
    assert len(files_of(folder)) == 2
    same_answers(tmp_path)


def test_a_held_lease_spares_the_work(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ROWS)
    folder.lease.write_text('{"host": "elsewhere", "pid": 1}')
    assert compact_run(folder).lost
    os.utime(folder.lease, (1, 1))
    assert compact_run(folder).points == 800


def test_a_reader_survives_a_merge_under_its_feet(tmp_path: Path) -> None:
    writer = open_log(tmp_path)
    writer.row(0, {"loss": 1.0})
    compact_run(writer.folder)
    reader = open_store(tmp_path).run("run1")
    assert reader.series("loss").values.tolist() == [1.0]
    writer.row(1, {"loss": 2.0})
    writer.event(RunFinished(writer.now()))
    compact_run(writer.folder)
    assert reader.series("loss").values.tolist() == [1.0, 2.0]


def test_damaged_or_missing_columns_are_read_from_the_log(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ROWS)
    compact_run(folder)
    (column_file,) = folder.columns.iterdir()
    raw = column_file.read_bytes()
    for broken in (raw[:-10], raw[:-80] + b"\xff" + raw[-79:], b"", None):
        column_file.unlink()
        if broken is not None:
            column_file.write_bytes(broken)
        run = open_store(tmp_path).run("run1")
        assert len(run.series("loss")) == 400
        assert any(column_file.name in text for text in run.damage)
        column_file.write_bytes(raw)
    assert open_store(tmp_path).run("run1").damage == []


def test_a_torn_manifest_is_passed_over_and_later_replaced(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ROWS)
    compact_run(folder)
    good = folder.manifest(1).read_bytes()
    folder.manifest(1).write_bytes(good[: len(good) // 2])
    same_answers(tmp_path)
    assert compact_run(folder).lost  # it may still be being written
    os.utime(folder.manifest(1), (1, 1))
    assert not compact_run(folder).lost
    assert folder.manifests() == [2]
    same_answers(tmp_path)


def test_orphans_go_after_a_day(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ROWS)
    folder.columns.mkdir()
    young, old = folder.columns / "1-a.rcol", folder.columns / "1-b.tmp"
    for path in (young, old):
        path.write_bytes(b"left behind")
    os.utime(old, (1, 1))
    compact_run(folder)
    assert young.exists() and not old.exists()


def test_reindex_gives_the_same_answers(tmp_path: Path) -> None:
    names = write_samples(tmp_path)
    compact_root(tmp_path)
    rows = {run.path: run.row for run in open_store(tmp_path).runs()}
    forget_columns(tmp_path)
    assert not list(tmp_path.rglob("*.rcol"))
    done = reindex(tmp_path)
    assert {run.path: run.row for run in open_store(tmp_path).runs()} == rows
    assert {name for name, _ in done} == set(names)
    for name in names:
        same_answers(tmp_path, name)


def test_rows_are_not_lost_while_a_process_writes_and_another_compacts(tmp_path: Path) -> None:
    writer = open_log(tmp_path, segment_bytes=20_000)
    until = time.monotonic() + 1.0
    step = 0
    while time.monotonic() < until:
        for _ in range(200):
            writer.row(step, {"loss": float(step)})
            step += 1
        compact_run(run_folder(tmp_path, "demo", "run1"))
    assert open_store(tmp_path).run("run1").series("loss").steps.tolist() == list(range(step))
