"""Whatever happens to a log, its whole records before the damage are read, the damage is named, and other runs work."""

import os
import shutil
import struct
from pathlib import Path

import pytest

from belvedere.core.errors import DamagedLog, NotFound
from belvedere.runlog.layout import RunFolder
from belvedere.store.columns import FOOTER
from belvedere.store.compact import compact_run, reindex
from belvedere.store.samples import open_log, write_run
from belvedere.store.store import open_store

ROWS = [(step, {"loss": float(step)}) for step in range(6)]


def only_segment(folder: RunFolder) -> Path:
    (writer,) = folder.writers()
    (path,) = folder.segments(writer)
    return path


def rewrite(path: Path, content: bytes) -> None:
    """Puts a log there that nobody has written to for long: its writer is gone."""
    path.write_bytes(content)
    os.utime(path, (1_000_000_000, 1_000_000_000))


def test_cut_at_any_byte_gives_a_prefix(tmp_path: Path) -> None:
    path = only_segment(write_run(tmp_path, ROWS))
    raw = path.read_bytes()
    seen = set()
    for length in range(len(raw)):
        rewrite(path, raw[:length])
        run = open_store(tmp_path).run("run1")
        found = run.series("loss").values.tolist() if run.keys() else []
        assert found == [float(step) for step in range(len(found))]
        assert run.state in ("crashed", "finished")
        seen.add(len(found))
    assert seen == set(range(7))


def test_a_flipped_bit_at_any_byte_gives_a_prefix_and_is_named(tmp_path: Path) -> None:
    path = only_segment(write_run(tmp_path, ROWS))
    raw = path.read_bytes()
    for place in range(len(raw)):
        flipped = bytearray(raw)
        flipped[place] ^= 1 << (place % 8)
        rewrite(path, bytes(flipped))
        run = open_store(tmp_path).run("run1")
        found = run.series("loss").values.tolist() if run.keys() else []
        assert found == [float(step) for step in range(len(found))]
        assert any(str(path) in text for text in run.damage), place


def test_a_torn_segment_costs_only_its_own_tail(tmp_path: Path) -> None:
    writer = open_log(tmp_path, segment_bytes=600)
    for step in range(60):
        writer.row(step, {"loss": float(step)})
    writer.close()
    first, second, *_ = writer.folder.segments(writer.started.writer_id)
    first.write_bytes(first.read_bytes()[:-5])
    broken = bytearray(second.read_bytes())
    broken[400] ^= 4
    second.write_bytes(broken)
    run = open_store(tmp_path).run("run1")
    steps = run.series("loss").steps.tolist()
    assert steps == sorted(steps) and steps[-1] == 59 and 20 < len(steps) < 60
    assert [text.split(":")[0] for text in run.damage] == [str(first), str(second)]
    assert "never finished" in run.damage[0] and "checksum" in run.damage[1]
    compact_run(writer.folder)
    again = open_store(tmp_path).run("run1")
    assert again.series("loss").steps.tolist() == steps
    assert again.damage == run.damage


def test_foreign_files_are_ignored_and_named(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ROWS)
    (writer,) = folder.writers()
    (folder.writer(writer) / "notes.txt").write_text("hello")
    (folder.logs / "backup").mkdir()
    (folder.writer(writer) / "000002.rlog").write_text("this is not a log, however long it may be" * 9)
    (tmp_path / "demo" / "README").write_text("a file where runs are")
    (tmp_path / "stray.txt").write_text("a file where projects are")
    (tmp_path / "other" / "thing").mkdir(parents=True)
    store = open_store(tmp_path)
    run = store.run("run1")
    assert len(run.series("loss")) == 6
    assert [name for text in run.damage for name in ("notes.txt", "backup", "000002.rlog") if name in text] == [
        "000002.rlog", "notes.txt", "backup",
    ]  # fmt: skip
    assert [run.path for run in store.runs()] == ["demo/run1"]


def test_a_run_that_cannot_be_read_is_listed_with_the_reason_and_others_work(tmp_path: Path) -> None:
    write_run(tmp_path, ROWS, "good")
    broken = only_segment(write_run(tmp_path, ROWS, "broken"))
    broken.write_bytes(b"\0" * 500)
    for _ in range(2):
        rows = {run.id: run for run in open_store(tmp_path).runs()}
        assert rows["good"].state == "finished" and rows["good"].damage == []
        assert rows["broken"].state == "crashed"
        assert "not a Belvedere log" in rows["broken"].damage[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_run_without_permission_is_listed_with_the_reason(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ROWS)
    folder.logs.chmod(0)
    try:
        (run,) = open_store(tmp_path).runs()
        assert run.damage
    finally:
        folder.logs.chmod(0o755)


def test_an_empty_log_folder_is_a_run_without_anything(tmp_path: Path) -> None:
    (tmp_path / "demo" / "run1" / "log").mkdir(parents=True)
    run = open_store(tmp_path).run("run1")
    assert (run.state, run.steps, run.keys(), run.name) == ("crashed", 0, [], "run1")


def test_a_run_that_is_removed_is_gone(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ROWS)
    store = open_store(tmp_path)
    run = store.run("run1")
    assert len(store.runs()) == 1
    shutil.rmtree(folder.path)
    assert store.runs() == []
    with pytest.raises(NotFound):
        run.series("loss")


def test_a_run_that_is_removed_and_begun_again_between_two_looks_is_the_new_one(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    folder = write_run(tmp_path, ROWS)
    assert store.run("run1").series("loss").values.tolist() == [float(step) for step in range(6)]
    shutil.rmtree(folder.path)
    write_run(tmp_path, ROWS[:2], start=1_800_000_000.0)
    (run,) = store.runs()
    assert run.series("loss").values.tolist() == [0.0, 1.0]
    assert (run.steps, len(run.attempts), run.created, run.damage) == (2, 1, 1_800_000_000.0, [])


def test_a_place_that_is_no_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such directory"):
        open_store(tmp_path / "nowhere")


def test_columns_that_are_gone_are_named_and_made_anew(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ROWS)
    compact_run(folder)
    (columns,) = folder.columns.glob("*.rcol")
    columns.unlink()
    run = open_store(tmp_path).run("run1")
    assert run.series("loss").values.tolist() == [float(step) for step in range(6)]
    assert run.damage == [f"columns are gone, the logs are read; `belvedere compact` makes them anew: {columns}"]
    assert compact_run(folder).points == 6
    again = open_store(tmp_path).run("run1")
    assert again.series("loss").values.tolist() == [float(step) for step in range(6)]
    assert again.damage == []


def test_columns_that_rot_are_refused_and_never_believed(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [(step, {"loss": step * 1.1}) for step in range(500)])
    compact_run(folder)
    (columns,) = folder.columns.glob("*.rcol")
    raw = bytearray(columns.read_bytes())
    raw[raw.find(struct.pack("<d", 100 * 1.1))] ^= 1
    columns.write_bytes(raw)
    run = open_store(tmp_path).run("run1")
    for ask in (lambda: run.series("loss"), lambda: run.series("loss", buckets=600)):
        with pytest.raises(DamagedLog, match="reindex"):
            ask()
    reindex(tmp_path)
    assert run.series("loss").values.tolist() == [step * 1.1 for step in range(500)]


def answers(root: Path) -> list[object]:
    """Everything that is read in a way of its own."""
    run = open_store(root).run("run1")
    loss, shape = run.series("loss"), run.series("loss", buckets=20)
    return [
        loss.values.tolist(), loss.steps.tolist(), loss.times.tolist(), shape.x.tolist(), shape.mean.tolist(),
        shape.max.tolist(), shape.last.tolist(), [item.record for item in run.media("note")], run.summary,
    ]  # fmt: skip


def test_a_flipped_bit_anywhere_in_the_columns_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    rows = [(step * step, {"loss": step * 1.1, "note": {"_type": "text", "text": f"{step}"}}) for step in range(5000)]
    folder = write_run(tmp_path, rows)
    compact_run(folder)
    (columns,) = folder.columns.glob("*.rcol")
    raw, truth = columns.read_bytes(), answers(tmp_path)
    refused = 0
    for place in range(3, len(raw), len(raw) // 40):
        flipped = bytearray(raw)
        flipped[place] ^= 1 << (place % 8)
        columns.write_bytes(flipped)
        try:
            assert answers(tmp_path) == truth
        except DamagedLog:
            refused += 1
    assert refused > 20


def test_a_flipped_bit_anywhere_in_the_footer_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [(step, {"loss": step * 1.1}) for step in range(500)])
    compact_run(folder)
    (columns,) = folder.columns.glob("*.rcol")
    raw = columns.read_bytes()
    truth = open_store(tmp_path).runs()[0].series("loss").values.tolist()
    for bit in range(8 * FOOTER.size):
        flipped = bytearray(raw)
        flipped[len(raw) - FOOTER.size + bit // 8] ^= 1 << (bit % 8)
        columns.write_bytes(flipped)
        try:
            assert open_store(tmp_path).runs()[0].series("loss").values.tolist() == truth
        except (DamagedLog, NotFound):
            continue
