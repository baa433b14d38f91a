"""Runs of a folder `wandb`, from file to store: offline, killed, growing, damaged, and read again."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from belvedere.core.entries import Console, RunFinished
from belvedere.core.errors import UnknownFormat
from belvedere.importers import wandb
from belvedere.importers.bringing import Bringing, Brought
from belvedere.importers.wandb.runs import files_at
from belvedere.importers.wandb.values import theirs
from belvedere.runlog.layout import run_folder
from belvedere.runlog.reader import read_entries
from belvedere.store.run import Run
from belvedere.store.store import open_store
from tests.importers.wandb import wandb_file as file

ROWS = [file.history(i, 1000.0 + i, loss=1 / (i + 1)) for i in range(5)]
FIRST = [file.run(name="first", lr=0.1, net={"w": 3}), *ROWS]


def bring(path: Path, root: Path) -> tuple[list[Brought], list[str]]:
    """Bring all that is there, as one `belvedere import`; what was told."""
    root.mkdir(exist_ok=True)
    told: list[str] = []
    bringing = Bringing(wandb, path, root, told.append)
    found = list(bringing.each(bringing.sources()))
    bringing.close()
    return found, told


def the_run(root: Path, name: str = "p/abc") -> Run:
    return open_store(root).run(name)


def losses(root: Path, name: str = "p/abc") -> list[tuple[int, float]]:
    series = the_run(root, name).series("loss")
    return list(zip(series.steps.tolist(), series.values.tolist(), strict=True))


EVERY_ROW = [(i, 1 / (i + 1)) for i in range(5)]


def test_a_finished_run_is_all_there(tmp_path: Path) -> None:
    metric = file.record(12, file.field(2, "val/*") + file.field(4, "loss") + file.field(7, file.field(1, 1)))
    alert = file.record(10, file.field(1, "title") + file.field(2, "text") + file.field(3, "WARN"))
    pieces = [
        file.record(13, file.field(1, 1) + file.field(2, file.seconds(1002.5)) + file.field(3, piece))
        for piece in ("hello", " ", "you\n10 %\r", "20 %", "\rdone\nand", " so on")
    ]
    stats = file.record(
        7, file.field(2, file.seconds(1003.0)) + file.field(3, file.field(1, "cpu") + file.field(16, "5.5"))
    )
    file.write(tmp_path / "wandb", [*FIRST, metric, alert, *pieces, stats, file.summary(best=7), file.end()])
    found, told = bring(tmp_path, tmp_path / "root")
    run = the_run(tmp_path / "root")
    assert told == [] and [(one.is_new, one.is_over) for one in found] == [(True, True)]
    assert (run.name, run.state, run.created, run.steps) == ("first", "finished", 1000.0, 5)
    assert run.config == {"lr": 0.1, "net": {"w": 3}}
    assert losses(tmp_path / "root") == EVERY_ROW
    assert run.series("loss").times.tolist() == [1000.0, 1001.0, 1002.0, 1003.0, 1004.0]
    assert run.series("system/cpu").values.tolist() == [5.5]
    assert run.summary["best"] == 7
    assert [(one.title, one.level) for one in run.alerts] == [("title", "warning")]
    assert [(one.stream, one.text) for one in run.console()] == [
        ("stdout", "hello you"), ("stdout", "done"), ("stdout", "and so on")
    ]  # fmt: skip
    assert run.detail.definitions["val/*"].x == "loss"
    assert run.detail.foreign["wandb"]["host"] == "host"


def test_a_second_import_changes_nothing(tmp_path: Path) -> None:
    file.write(tmp_path / "wandb", [*FIRST, file.end()])
    bring(tmp_path, tmp_path / "root")
    before = contents(tmp_path / "root")
    found, _ = bring(tmp_path, tmp_path / "root")
    assert [one.is_new for one in found] == [False]
    assert contents(tmp_path / "root") == before


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.rlog")}


@pytest.mark.parametrize("size", range(30, 900, 61))
def test_a_file_cut_anywhere_gives_each_row_once_when_the_rest_comes(tmp_path: Path, size: int) -> None:
    path = file.write(tmp_path / "wandb", [*FIRST, file.end()])
    whole = path.read_bytes()
    path.write_bytes(whole[:size])
    bring(tmp_path, tmp_path / "root")
    path.write_bytes(whole)
    bring(tmp_path, tmp_path / "root")
    assert losses(tmp_path / "root") == EVERY_ROW
    assert the_run(tmp_path / "root").state == "finished"


def test_an_import_that_was_killed_goes_on_without_a_row_twice(tmp_path: Path) -> None:
    file.write(tmp_path / "wandb", [*FIRST, file.end()])
    bring(tmp_path, tmp_path / "root")
    folder = run_folder(tmp_path / "root", "p", "abc")
    (segment,) = folder.segments(folder.writers()[0])
    whole = segment.read_bytes()
    for size in range(200, len(whole), 97):
        for later in folder.segments(folder.writers()[0])[1:]:
            later.unlink()
        segment.write_bytes(whole[:size])
        bring(tmp_path, tmp_path / "root")
        assert losses(tmp_path / "root") == EVERY_ROW


def test_a_run_that_is_being_written_grows(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    path = file.write(tmp_path / "wandb", FIRST[:3])
    bringing = Bringing(wandb, tmp_path, root, lambda sentence: None)
    (first,) = bringing.each(bringing.sources())
    assert (first.is_new, first.is_over) == (True, False)
    assert losses(root) == EVERY_ROW[:2]
    path.write_bytes(file.framed([*FIRST, file.end(3)]))
    (second,) = bringing.each(bringing.known())
    bringing.close()
    assert (second.is_new, second.is_over) == (True, True)
    assert losses(root) == EVERY_ROW
    assert the_run(root).state == "failed"


def test_a_killed_run_has_every_row_and_its_files_once_it_is_quiet(tmp_path: Path) -> None:
    path = file.write(tmp_path / "wandb", FIRST)
    (path.parent / "files" / "output.log").write_text("hello")
    os.utime(path, (1.0, 1.0))
    found, _ = bring(tmp_path, tmp_path / "root")
    assert [one.is_over for one in found] == [False]
    assert losses(tmp_path / "root") == EVERY_ROW
    assert [saved.path for saved in the_run(tmp_path / "root").detail.files] == ["output.log"]
    assert the_run(tmp_path / "root").state == "crashed"


def test_a_run_that_is_watched_while_it_dies_has_its_files_and_state(tmp_path: Path) -> None:
    path = file.write(tmp_path / "wandb", FIRST)
    (tmp_path / "root").mkdir()
    bringing = Bringing(wandb, tmp_path, tmp_path / "root", lambda sentence: None)
    outcomes = [[one.is_new for one in bringing.each(bringing.sources())]]
    assert the_run(tmp_path / "root").state == "running"
    (path.parent / "files" / "output.log").write_text("hello")
    os.utime(path, (1.0, 1.0))
    outcomes += [[one.is_new for one in bringing.each(bringing.known())] for _ in range(2)]
    bringing.close()
    assert outcomes == [[True], [True], [False]]
    run = the_run(tmp_path / "root")
    assert ([saved.path for saved in run.detail.files], run.state) == (["output.log"], "crashed")


def test_a_torn_tail_is_told_with_its_place_once_nobody_writes(tmp_path: Path) -> None:
    path = file.write(tmp_path / "wandb", FIRST)
    path.write_bytes(path.read_bytes()[:-5])
    assert bring(tmp_path, tmp_path / "root")[1] == []
    os.utime(path, (1.0, 1.0))
    _, told = bring(tmp_path, tmp_path / "root")
    start = len(file.framed(FIRST[:-1]))
    assert told == [f"the file ends in the middle of a record; all in front of byte {start} was read ({path})"]
    before = contents(tmp_path / "root")
    assert bring(tmp_path, tmp_path / "root")[1] == [] and contents(tmp_path / "root") == before
    assert losses(tmp_path / "root") == EVERY_ROW[:-1]


def test_media_and_saved_files_lie_in_the_media_folder(tmp_path: Path) -> None:
    name = "media/images/x_0_ab.png"
    image = {"_type": "image-file", "path": name, "sha256": SHA_OF_PICTURE, "size": 7, "format": "png"}
    rows = [
        file.run(),
        file.record(6, file.field(1, file.field(1, name))),
        file.history(0, 1001.0, x=image),
        file.end(),
    ]
    path = file.write(tmp_path / "wandb", rows)
    (path.parent / "files" / "media" / "images").mkdir(parents=True)
    (path.parent / "files" / name).write_bytes(b"picture")
    (path.parent / "files" / "config.yaml").write_text("lr: 1")
    bring(tmp_path, tmp_path / "root")
    run = the_run(tmp_path / "root")
    (media,) = run.media("x")
    assert run.content(media) == b"picture"
    assert [saved.path for saved in run.detail.files] == [name, "config.yaml"]


SHA_OF_PICTURE = "2cea274d0bedc39ec4ab6ba9e59ec889e3ed6fb56a1cf088a64d9b383378dc97"


def test_a_file_name_that_leads_elsewhere_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "secret").write_text("secret")
    names = ["../../secret", "/etc/hostname", "", "a/../../../secret", "missing"]
    told = file.record(6, b"".join(file.field(1, file.field(1, name)) for name in names))
    file.write(tmp_path / "wandb", [file.run(), told, file.end()])
    bring(tmp_path, tmp_path / "root")
    assert the_run(tmp_path / "root").detail.files == ()


def test_a_run_that_came_over_the_network_is_not_doubled(tmp_path: Path) -> None:
    root = tmp_path / "root"
    half = tmp_path / "half"
    file.write(half, FIRST[:4], stamp="20200101_000000")
    line = file.record(13, file.field(2, file.seconds(1000.5)) + file.field(3, "early\n"))
    file.write(tmp_path / "wandb", [file.run(name="first", start=999.0), line, *FIRST[1:], file.end()])
    bring(half, root)
    bring(tmp_path, root)
    assert losses(root) == EVERY_ROW
    folder = run_folder(root, "p", "abc")
    entries = [one for writer in folder.writers() for path in folder.segments(writer) for one in read_entries(path)]
    assert [one for one in entries if isinstance(one, Console)] == []
    assert len([one for one in entries if isinstance(one, RunFinished)]) == 1
    assert len(the_run(root).attempts) == 1


def test_a_second_process_on_the_same_run_takes_it_up_again(tmp_path: Path) -> None:
    file.write(tmp_path / "wandb", FIRST, stamp="20260101_000000")
    again = [file.run(start=2000.0), *(file.history(i, 2000.0 + i, loss=9.0) for i in range(2)), file.end()]
    file.write(tmp_path / "wandb", again, stamp="20260102_000000")
    bring(tmp_path, tmp_path / "root")
    assert losses(tmp_path / "root") == [(0, 9.0), (1, 9.0)]
    assert len(the_run(tmp_path / "root").detail.attempts) == 2


def test_a_second_file_with_the_same_rows_adds_only_what_the_first_lacks(tmp_path: Path) -> None:
    root = tmp_path / "root"
    more = [file.run(start=2000.0), *ROWS, file.history(5, 1005.0, loss=0.5), file.end()]
    file.write(tmp_path / "wandb", [*FIRST, file.end()])
    file.write(tmp_path / "wandb", more, stamp="20260102_000000")
    found, told = bring(tmp_path, root)
    assert ([one.trouble for one in found], told) == (["", ""], [])
    assert losses(root) == [*EVERY_ROW, (5, 0.5)]


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    place = tmp_path / "wandb"
    file.write(place, [*FIRST, file.end()])
    for number, content in enumerate([b"", b":W&B\xe1\xbe\x00", b"no log at all", file.framed([file.summary(a=1)])]):
        file.write(place, [], run_id=f"bad{number}").write_bytes(content)
    damaged = bytearray(file.framed([file.run("bad9"), b"y" * 40_000]))
    damaged[30] ^= 1
    file.write(place, [], run_id="bad9").write_bytes(damaged)
    found, told = bring(tmp_path, tmp_path / "root")
    assert [one.source.started.run_id for one in found] == ["abc"]
    assert losses(tmp_path / "root") == EVERY_ROW
    assert [sentence.split(" (")[0].split(":")[0] for sentence in told] == [
        "no run in this file yet", "no run in this file yet", "this is no W&B log", "no run in this file yet",
        "the start of this W&B log is damaged, so that nobody can tell which run it is",
    ]  # fmt: skip


def test_a_damaged_record_costs_itself_and_what_reaches_into_it(tmp_path: Path) -> None:
    rows = [file.run(), *(file.history(i, 1000.0 + i, loss=1.0, text="x" * 600) for i in range(200)), file.end()]
    path = file.write(tmp_path / "wandb", rows)
    content = bytearray(path.read_bytes())
    content[file.BLOCK + 50] ^= 1  # the end of a record that began in the block before
    content[file.BLOCK + 5000 : file.BLOCK + 7000] = bytes(2000)
    path.write_bytes(content)
    _, told = bring(tmp_path, tmp_path / "root")
    steps = [step for step, _ in losses(tmp_path / "root")]
    assert [sentence.partition(" to ")[0] for sentence in told] == ["bytes 32768", "bytes 37173"]
    assert steps == sorted(set(steps)) and steps[0] == 0 and steps[-1] == 199 and len(steps) == 195


def test_a_configuration_of_several_blocks_does_not_hide_the_run(tmp_path: Path) -> None:
    file.write(tmp_path / "wandb", [file.summary(a=1), file.run(big="x" * 200_000), *ROWS, file.end()])
    bring(tmp_path, tmp_path / "root")
    assert len(str(the_run(tmp_path / "root").config["big"])) == 200_000
    assert losses(tmp_path / "root") == EVERY_ROW


def test_odd_names_become_folders_and_stay_apart(tmp_path: Path) -> None:
    file.write(tmp_path / "wandb", [file.run("a/b", ""), file.end()], run_id="x", stamp="1")
    file.write(tmp_path / "wandb", [file.run("..", "../up"), file.end()], run_id="y", stamp="2")
    found, told = bring(tmp_path, tmp_path / "root")
    names = [(one.source.started.project, one.source.started.run_id) for one in found]
    assert told == []
    assert names == [("uncategorized", "a-b-c14cdd"), ("up-8c722b", "run-5ec1f7")]


def test_files_are_found_from_the_folder_above_and_the_latest_link_is_not_a_run_of_its_own(tmp_path: Path) -> None:
    path = file.write(tmp_path / "wandb", FIRST)
    (tmp_path / "wandb" / "latest-run").symlink_to(path.parent)
    assert [files_at(place) for place in (tmp_path, tmp_path / "wandb", path.parent, path)] == [[path]] * 4
    assert files_at(tmp_path / "wandb" / "latest-run") == [tmp_path / "wandb" / "latest-run" / path.name]
    assert not wandb.looks_like(tmp_path / "nowhere")


def test_a_kind_that_is_forced_on_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "notes.wandb"
    other.write_text("no log at all")
    with pytest.raises(UnknownFormat, match="this is no W&B log"):
        bring(other, tmp_path / "root")


def test_a_table_has_its_media_while_the_clients_cache_holds_them(tmp_path: Path) -> None:
    staging = tmp_path / "artifacts" / "staging"
    staging.mkdir(parents=True)
    image, whole, secret = staging / "tmp1", staging / "tmp2", tmp_path / "secret"
    secret.write_bytes(b"secret")
    image.write_bytes(b"picture")
    cell = {"_type": "image-file", "path": "media/images/x.png", "format": "png", "width": 2, "height": 1}
    whole.write_text(json.dumps({"columns": ["a", "b"], "data": [[1, cell], [2, {**cell, "path": "other.png"}]]}))
    entries = [("t.table.json", whole), ("media/images/x.png", image), ("other.png", secret)]
    contents = b"".join(file.field(4, file.field(1, path) + file.field(6, str(place))) for path, place in entries)
    artifact = file.record(8, file.field(12, contents) + file.field(15, "client1"))
    logged = {
        "_type": "table-file", "path": "media/table/t.table.json", "sha256": "ab", "size": 3, "nrows": 2, "ncols": 2,
        "artifact_path": "wandb-client-artifact://client1/t.table.json",
    }  # fmt: skip
    file.write(tmp_path / "wandb", [file.run(), artifact, file.history(0, 1000.0, t=logged), file.end()])
    bring(tmp_path / "wandb", tmp_path / "root")
    run = the_run(tmp_path / "root")
    (table,) = run.media("t")
    content = json.loads(run.content(table) or b"")
    assert content["columns"] == ["a", "b"]
    assert "sha256" not in content["data"][1][1]  # a file from elsewhere on the machine is not for the taking
    assert content["data"][0][1] == {
        "_type": "image", "path": "media/images/x.png", "width": 2, "height": 1, "suffix": ".png",
        "sha256": SHA_OF_PICTURE, "size": 7, "wandb": {"_type": "image-file", "format": "png"},
    }  # fmt: skip
    assert (table.record["rows"], table.record["columns"]) == (2, ["a", "b"])
    assert table.record["wandb"]["sha256"] == "ab"  # type: ignore[index]
    assert theirs(table.record) == logged  # type: ignore[arg-type]


def test_charts_stay_when_the_client_tells_its_other_facts_again(tmp_path: Path) -> None:
    chart = {"panel_config": {"panelDefId": "wandb/bar/v0", "fieldSettings": {"label": "a"}}}
    drawn = file.item(("_wandb", "visualize", "val/bar"), json.dumps(chart))
    facts = file.item(("_wandb",), json.dumps({"m": [], "t": {"1": 2}}))
    told = [file.record(5, file.field(1, one)) for one in (drawn, facts)]
    file.write(tmp_path / "wandb", [file.run(), *told, file.history(0, 1000.0, loss=1), file.end()])
    bring(tmp_path / "wandb", tmp_path / "root")
    config = the_run(tmp_path / "root").detail.foreign["wandb"]["config"]
    assert config == {"visualize": {"val/bar": chart}, "m": [], "t": {"1": 2}}


def test_a_whole_table_has_the_nan_of_its_plain_copy(tmp_path: Path) -> None:
    staging = tmp_path / "artifacts" / "staging"
    staging.mkdir(parents=True)
    (staging / "tmp1").write_text('{"columns": ["a"], "data": [[null], [null]]}')
    plain, name = b'{"columns": ["a"], "data": [[null], [NaN]]}', "media/table/t.table.json"
    contents = file.field(4, file.field(1, "t.table.json") + file.field(6, str(staging / "tmp1")))
    artifact = file.record(8, file.field(12, contents) + file.field(15, "client1"))
    saved = file.record(6, file.field(1, file.field(1, name)))
    logged = {
        "_type": "table-file", "path": name, "sha256": hashlib.sha256(plain).hexdigest(), "size": len(plain),
        "artifact_path": "wandb-client-artifact://client1/t.table.json",
    }  # fmt: skip
    rows = [file.run(), artifact, saved, file.history(0, 1000.0, t=logged), file.end()]
    copy = file.write(tmp_path / "wandb", rows).parent / "files" / name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(plain)
    bring(tmp_path / "wandb", tmp_path / "root")
    run = the_run(tmp_path / "root")
    (table,) = run.media("t")
    assert json.loads(run.content(table) or b"")["data"] == [[None], [{"_type": "number", "value": "nan"}]]


def test_what_lies_in_a_file_twice_is_there_once(tmp_path: Path) -> None:
    begin, rows = file.run(name="first"), [file.history(i, 1000.0 + i, loss=1 / (i + 1)) for i in range(5)]
    alert = file.record(10, file.field(1, "title"), number=300)
    path = file.write(tmp_path / "wandb", [begin, *rows[:3], alert, *rows[1:3], alert])
    bring(tmp_path, tmp_path / "root")
    path.write_bytes(file.framed([begin, *rows[:3], alert, *rows[1:3], alert, *rows[2:], file.end()]))
    bring(tmp_path, tmp_path / "root")
    assert losses(tmp_path / "root") == EVERY_ROW
    assert len(the_run(tmp_path / "root").alerts) == 1
