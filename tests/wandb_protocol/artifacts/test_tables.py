"""Tables with media: the whole table is shown in the run, whichever comes first, and the client gets back its own."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

import belvedere as bv
from belvedere.importers.wandb.tables import with_nan
from tests.wandb_protocol.artifacts.logging import COMMIT, Artifacts, entry
from tests.wandb_protocol.doors.test_run_files import addresses, put
from tests.wandb_protocol.speaking import Speaking

PICTURE = b"not really a PNG"
CLASSES = json.dumps([{"id": 1, "name": "cat"}]).encode()
WORDS = json.dumps({"columns": ["i", "img"], "data": [[1, "Image"], [2, None]]}).encode()
CELL = {
    "_type": "image-file", "path": "media/images/x.png", "sha256": hashlib.sha256(PICTURE).hexdigest(),
    "size": len(PICTURE), "width": 4, "height": 4, "format": "png",
    "boxes": {"seen": [{"class_id": 1, "position": {"minX": 0.1}}]}, "classes": {"path": "media/classes/c.json"},
}  # fmt: skip
TABLE = {"_type": "table", "columns": ["i", "img"], "data": [[1, CELL], [float("inf"), None]]}
LOGGED = {
    "_type": "table-file", "path": "media/table/val/t_3_aa.table.json", "sha256": hashlib.sha256(WORDS).hexdigest(),
    "size": len(WORDS), "nrows": 2, "ncols": 2, "log_mode": "IMMUTABLE",
    "artifact_path": "wandb-client-artifact://mine/val/t.table.json",
    "_latest_artifact_path": "wandb-client-artifact://seq:latest/val/t.table.json",
}  # fmt: skip


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    artifacts = Artifacts(Speaking(tmp_path))
    artifacts.client.start()
    return artifacts


def log_row(artifacts: Artifacts, *, step: int = 3, client: str = "mine") -> None:
    logged = {**LOGGED, "artifact_path": f"wandb-client-artifact://{client}/val/t.table.json"}
    row = json.dumps({"val/t": logged, "loss": 0.5, "_step": step, "_timestamp": 1e9 + step - 3, "_runtime": 1.0})
    body = {"files": {"wandb-history.jsonl": {"offset": step - 3, "content": [row]}}}
    assert artifacts.client.stream(body).status_code == 200


def log_table(artifacts: Artifacts, client: str = "mine") -> None:
    table = json.dumps(TABLE).encode()
    files = {"val/t.table.json": table, "media/images/x.png": PICTURE, "media/classes/c.json": CLASSES}
    artifacts.log("run-run1-valt", files, artifactTypeName="run_table", clientID=client)


def shown_at(root: Path) -> list[tuple[int, int]]:
    """(step, images in the cells) of each table of the run."""
    items = bv.open(root).run("p/run1").media("val/t")
    return [(item.step, item.path.read_text().count('"_type":"image"') if item.path else -1) for item in items]


def shown(root: Path) -> Any:
    (item,) = bv.open(root).run("p/run1").media("val/t")
    assert (item.step, item.type, item.path is not None) == (3, "table", True)
    assert item.path is not None
    return json.loads(item.path.read_text())


def check(root: Path) -> None:
    found = shown(root)
    (one, picture), rest = found["data"]
    assert (found["columns"], one, rest) == (["i", "img"], 1, [{"_type": "number", "value": "inf"}, None])
    sha256 = hashlib.sha256(PICTURE).hexdigest()
    assert [picture[key] for key in ("_type", "sha256", "suffix", "width")] == ["image", sha256, ".png", 4]
    assert picture["boxes"] == {
        "seen": {"box_data": [{"class_id": 1, "position": {"minX": 0.1}}], "class_labels": {"1": "cat"}}
    }
    assert (root / "p/run1/media" / sha256[:2] / f"{sha256}.png").read_bytes() == PICTURE


def history(artifacts: Artifacts) -> list[Any]:
    text = """query H { project(name: "p") { run(name: "run1") { history(minStep: 0, maxStep: 9, pageSize: 9) } } }"""
    return [json.loads(row) for row in artifacts.client.data(text)["project"]["run"]["history"]]


def test_a_table_whose_row_came_first_is_shown_whole(artifacts: Artifacts, tmp_path: Path) -> None:
    log_row(artifacts)
    log_table(artifacts)
    check(tmp_path)


def test_a_table_whose_row_comes_later_is_shown_whole(artifacts: Artifacts, tmp_path: Path) -> None:
    log_table(artifacts)
    log_row(artifacts)
    check(tmp_path)


def test_a_table_waits_for_its_row_over_a_restart(artifacts: Artifacts, tmp_path: Path) -> None:
    log_table(artifacts)
    log_row(Artifacts(Speaking(tmp_path)))
    check(tmp_path)


def test_the_client_gets_back_what_it_logged(artifacts: Artifacts) -> None:
    log_table(artifacts)
    log_row(artifacts)
    assert history(artifacts) == [{"val/t": LOGGED, "loss": 0.5, "_step": 3, "_timestamp": 1e9, "_runtime": 1.0}]


def test_rows_and_tables_that_come_again_are_shown_once(artifacts: Artifacts, tmp_path: Path) -> None:
    for _ in range(2):
        log_row(artifacts)
        log_table(artifacts)
    check(tmp_path)
    assert len(history(artifacts)) == 1


def test_one_table_logged_at_two_steps_is_shown_whole_at_both(artifacts: Artifacts, tmp_path: Path) -> None:
    log_row(artifacts)
    log_table(artifacts)
    log_row(artifacts, step=4)
    assert shown_at(tmp_path) == [(3, 1), (4, 1)]


@pytest.mark.parametrize("is_row_first", [True, False])
def test_a_table_made_anew_with_the_same_content_is_shown_whole_at_both_steps(
    artifacts: Artifacts, tmp_path: Path, is_row_first: bool
) -> None:
    log_row(artifacts)
    log_table(artifacts)
    if is_row_first:
        log_row(artifacts, step=4, client="anew")
    log_table(artifacts, client="anew")
    if not is_row_first:
        log_row(artifacts, step=4, client="anew")
    assert shown_at(tmp_path) == [(3, 1), (4, 1)]
    assert [row["val/t"]["sha256"] for row in history(artifacts)] == [LOGGED["sha256"]] * 2


def test_a_table_that_nobody_can_read_stays_as_the_run_file_shows_it(artifacts: Artifacts, tmp_path: Path) -> None:
    log_row(artifacts)
    made = artifacts.announce("run-run1-valt", "d", artifactTypeName="run_table", clientID="mine")
    artifacts.put(artifacts.file(made["id"], "val/t.table.json", b"no table")["uploadUrl"], b"no table")
    artifacts.manifest(made["id"], {"val/t.table.json": entry(b"no table")})
    artifacts.client.data(COMMIT, artifactID=made["id"])
    (item,) = bv.open(tmp_path).run("p/run1").media("val/t")
    assert item.sha256 == LOGGED["sha256"]


def test_a_cell_may_lie_in_another_artifact(artifacts: Artifacts, tmp_path: Path) -> None:
    artifacts.log("pictures", {"x.png": PICTURE}, clientID="other")
    log_row(artifacts)
    made = artifacts.announce("run-run1-valt", "d", artifactTypeName="run_table", clientID="mine")
    table = json.dumps(TABLE).encode()
    artifacts.put(artifacts.file(made["id"], "val/t.table.json", table)["uploadUrl"], table)
    artifacts.put(artifacts.file(made["id"], "media/classes/c.json", CLASSES)["uploadUrl"], CLASSES)
    reference = {"digest": "x", "ref": "wandb-client-artifact://other/x.png"}
    contents = {
        "val/t.table.json": entry(table), "media/images/x.png": reference, "media/classes/c.json": entry(CLASSES),
    }  # fmt: skip
    artifacts.manifest(made["id"], contents)
    artifacts.client.data(COMMIT, artifactID=made["id"])
    check(tmp_path)


PLAIN = b'{"columns":["i","img"],"data":[[1,"Image"],[Infinity,NaN]]}'


def put_plain(artifacts: Artifacts) -> None:
    """The copy of the table among the run's files, in which NaN stands bare."""
    [address] = addresses(artifacts.client, str(LOGGED["path"]))
    assert put(artifacts.client, address, PLAIN).status_code == 200


@pytest.mark.parametrize("is_first", [True, False])
def test_nan_is_shown_whichever_of_the_two_copies_comes_first(
    artifacts: Artifacts, tmp_path: Path, is_first: bool
) -> None:  # fmt: skip
    log_row(artifacts)
    if is_first:
        put_plain(artifacts)
    log_table(artifacts)
    if not is_first:
        put_plain(artifacts)
    assert shown(tmp_path)["data"][1] == [{"_type": "number", "value": "inf"}, {"_type": "number", "value": "nan"}]
    [logged] = [row["val/t"] for row in history(artifacts) if "val/t" in row]
    assert logged == LOGGED
    written = sum(path.stat().st_size for path in tmp_path.glob("p/run1/log/*/*.rlog"))
    put_plain(artifacts)
    assert sum(path.stat().st_size for path in tmp_path.glob("p/run1/log/*/*.rlog")) == written


def test_only_what_the_plain_copy_calls_nan_is_nan() -> None:
    whole = b'{"columns":["a","b"],"data":[[1,null],[null,null],[null,2],[null,null]],"more":1}'
    plain = b'{"columns":["a","b"],"data":[[NaN,NaN],[null,NaN],["x",3]]}'
    nan = {"_type": "number", "value": "nan"}
    assert json.loads(with_nan(whole, plain)) == {
        "columns": ["a", "b"], "data": [[1, nan], [None, nan], [None, 2], [None, None]], "more": 1
    }  # fmt: skip
    for nothing in (b"[]", b"{}", b'{"data": 3}', b'{"data": [1, [2, 3]]}'):
        assert with_nan(whole, nothing) == whole
        assert with_nan(nothing, plain) == nothing
