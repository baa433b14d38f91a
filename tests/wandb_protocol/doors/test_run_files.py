"""Files of runs: an address for each, its content put and read again."""

import base64
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from belvedere.core.entries import FileSaved
from belvedere.store.store import open_store
from tests.wandb_protocol.speaking import Speaking, basic

CREATE = """mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
    createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) {
        runID uploadHeaders files { name uploadUrl } } }"""
FILES = """query RunFiles($project: String!, $entity: String!, $name: String!, $fileCursor: String,
    $fileLimit: Int = 50, $fileNames: [String] = [], $upload: Boolean = false, $pattern: String) {
    project(name: $project, entityName: $entity) { run(name: $name) { fileCount ...RunFilesFragment } } }
    fragment RunFilesFragment on Run {
        files(names: $fileNames, after: $fileCursor, first: $fileLimit, pattern: $pattern) {
            edges { node { id name url(upload: $upload) directUrl sizeBytes mimetype updatedAt md5 } cursor }
            pageInfo { endCursor hasNextPage } } }"""
DELETE = """mutation deleteFiles($files: [ID!]!, $projectId: Int) {
    deleteFiles(input: {files: $files projectId: $projectId}) { success } }"""
ODD = "media/images/ä %41#?&=+ [1].png"


@pytest.fixture
def client(tmp_path: Path) -> Speaking:
    client = Speaking(tmp_path)
    client.start()
    return client


def addresses(client: Speaking, *names: str, run: str = "run1") -> list[str | None]:
    found = client.data(CREATE, entity="belvedere", project="p", run=run, files=names)["createRunFiles"]
    assert [one["name"] for one in found["files"]] == list(names)
    assert found["uploadHeaders"] == []
    return [one["uploadUrl"] for one in found["files"]]


def put(client: Speaking, url: str | None, content: Any, **options: Any) -> httpx.Response:
    """A PUT as the client does it: without any key."""
    assert url is not None
    assert url.startswith("http://127.0.0.1:7007/")
    return client.asking.put(url, content=content, **options)


def sent(client: Speaking, name: str, content: bytes) -> None:
    (url,) = addresses(client, name)
    assert put(client, url, content).status_code == 200


def listed(client: Speaking, **variables: Any) -> dict[str, Any]:
    found = client.data(FILES, project="p", entity="belvedere", name="run1", **variables)
    run: dict[str, Any] = found["project"]["run"]
    return run


def names(client: Speaking, **variables: Any) -> list[str]:
    return [edge["node"]["name"] for edge in listed(client, **variables)["files"]["edges"]]


def test_a_file_is_put_listed_and_read_again(client: Speaking) -> None:
    content = bytes(range(256)) * 9
    sent(client, ODD, content)
    run = listed(client)
    (edge,) = run["files"]["edges"]
    node = edge["node"]
    assert (run["fileCount"], run["files"]["pageInfo"]) == (1, {"endCursor": "1", "hasNextPage": False})
    assert (node["name"], node["sizeBytes"], node["mimetype"]) == (ODD, 2304, "image/png")
    assert node["md5"] == base64.b64encode(hashlib.md5(content).digest()).decode()
    assert node["url"] == node["directUrl"] == f"http://127.0.0.1:7007/files/belvedere/p/run1/{quote(ODD)}"
    answer = client.asking.get(node["url"], headers=basic(client.key))
    assert (answer.content, answer.headers["content-type"]) == (content, "image/png")
    assert answer.headers["content-disposition"].startswith("attachment")
    part = client.asking.get(node["url"], headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"\x01\x02\x03")


def test_what_is_put_is_a_file_of_the_run_for_every_reader(client: Speaking) -> None:
    sent(client, "config.yaml", b"lr: 1\n")
    (saved,) = open_store(client.root).run("p/run1").files
    assert (saved.path, saved.size_bytes) == ("config.yaml", 6)
    assert saved.sha256 == hashlib.sha256(b"lr: 1\n").hexdigest()


def test_put_again_replaces_and_the_same_again_changes_nothing(client: Speaking) -> None:
    (url,) = addresses(client, "output.log")
    for content in (b"one", b"one", b"one and two"):
        assert put(client, url, content).status_code == 200
    assert client.asking.get("/files/any/p/run1/output.log").content == b"one and two"
    log = next((client.root / "p" / "run1" / "log").glob("*/*.rlog")).read_bytes()
    assert log.count(b"output.log") == 2


def test_an_address_outlives_the_server(client: Speaking) -> None:
    (url,) = addresses(client, "a.txt")
    again = Speaking(client.root)
    assert put(again, url, b"late").status_code == 200
    assert again.asking.get("/files/any/p/run1/a.txt").content == b"late"


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "a//b", "./a", "a\0b", "a\nb", "..", "", "a\\..\\b", "x" * 1025],
)
def test_a_name_that_leaves_the_run_gets_no_address(client: Speaking, name: str) -> None:
    assert addresses(client, "good.txt", name)[1] is None


def test_an_address_is_good_for_one_file_of_one_run(client: Speaking) -> None:
    client.start("run2")
    (url,) = addresses(client, "a.txt")
    assert url is not None
    path = urlsplit(url).path
    for forged in (
        path.replace("/run1/", "/run2/"), path.replace("/a.txt", "/b.txt"), path.replace("/p/", "/q/"),
        path.replace("/a.txt", "/a.txt/../b.txt"), path[: len("/signed/files/")] + "0" * 40 + path[54:],
        path.replace("/a.txt", "/..%2f..%2fa.txt"),
    ):  # fmt: skip
        answer = client.asking.put(forged, content=b"x")
        assert answer.status_code == 403, forged
        assert answer.json()["error"].startswith("the address is not signed for this file")
    assert names(client) == []


def test_an_upload_to_a_run_that_is_gone_is_refused_and_does_not_bring_it_back(client: Speaking) -> None:
    import shutil

    (url,) = addresses(client, "a.txt")
    shutil.rmtree(client.root / "p" / "run1")
    assert put(client, url, b"x").status_code == 404
    assert not (client.root / "p" / "run1").exists()


def test_an_upload_that_breaks_off_leaves_nothing(client: Speaking) -> None:
    (url,) = addresses(client, "a.txt")

    async def torn() -> Any:
        yield b"half"
        raise ConnectionError("cut")

    assert put(client, url, torn()).status_code == 429
    assert names(client) == []
    assert [path for path in (client.root / "p" / "run1" / "media").rglob("*") if path.is_file()] == []


def test_a_full_disk_asks_to_come_again(client: Speaking, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from belvedere.runlog.spool import Spool

    def full(spool: Spool, chunk: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (url,) = addresses(client, "a.txt")
    monkeypatch.setattr(Spool, "write", full)
    answer = put(client, url, b"x")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")


def test_files_are_listed_by_pages_names_and_patterns(client: Speaking) -> None:
    for name in ("a.txt", "b.txt", "media/x_1.png", "media/x21.png", "c%.txt"):
        sent(client, name, name.encode())
    everything = ["a.txt", "b.txt", "c%.txt", "media/x21.png", "media/x_1.png"]
    assert names(client) == everything
    first = listed(client, fileLimit=2)["files"]
    assert first["pageInfo"] == {"endCursor": "2", "hasNextPage": True}
    assert names(client, fileLimit=2, fileCursor="2") == ["c%.txt", "media/x21.png"]
    assert names(client, fileLimit=2, fileCursor="4") == ["media/x_1.png"]
    assert names(client, pattern="%.txt") == ["a.txt", "b.txt", "c%.txt"]
    assert names(client, pattern="media/x__.png") == ["media/x21.png", "media/x_1.png"]
    assert names(client, pattern="media/x\\_1.png") == ["media/x_1.png"]
    assert names(client, pattern="%\\%%") == ["c%.txt"]
    assert names(client, fileNames=["b.txt", "a.txt"]) == ["b.txt", "a.txt"]
    assert names(client, fileNames=["./b.txt", "media/../a.txt", "./b.txt"]) == ["b.txt", "a.txt"]


def test_a_file_that_is_not_there_has_no_content(client: Speaking) -> None:
    (edge,) = listed(client, fileNames=["gone.txt"])["files"]["edges"]
    assert [edge["node"][key] for key in ("sizeBytes", "md5", "updatedAt")] == [0, None, None]
    answer = client.asking.get(edge["node"]["url"])
    assert (answer.status_code, answer.json()["error"]) == (
        404, "run p/run1 has no file 'gone.txt'; `files()` lists those it has",
    )  # fmt: skip


def test_a_listed_file_has_an_address_for_new_content(client: Speaking) -> None:
    sent(client, "a.txt", b"old")
    (edge,) = listed(client, fileNames=["a.txt"], upload=True)["files"]["edges"]
    assert put(client, edge["node"]["url"], b"new").status_code == 200
    assert client.asking.get("/files/any/p/run1/a.txt").content == b"new"


def test_files_are_deleted_by_their_ids(client: Speaking) -> None:
    for name in ("a.txt", "b: c.txt"):
        sent(client, name, b"x")
    ids = [edge["node"]["id"] for edge in listed(client)["files"]["edges"]]
    assert client.data(DELETE, files=ids[1:], projectId=7) == {"deleteFiles": {"success": True}}
    assert names(client) == ["a.txt"]
    assert [saved.path for saved in open_store(client.root).run("p/run1").files] == ["a.txt"]
    assert client.asking.get("/files/any/p/run1/b%3A%20c.txt").status_code == 404
    assert "is no id of a file" in client.error(DELETE, files=["bm9uc2Vuc2U="])
    sent(client, "b: c.txt", b"back")
    assert names(client) == ["a.txt", "b: c.txt"]


@pytest.mark.parametrize("path", ["a%00b", "..%2f..%2frun.json", "run.json", "log/x"])
def test_reading_reaches_no_file_but_those_that_were_saved(client: Speaking, path: str) -> None:
    sent(client, "a.txt", b"x")
    assert client.asking.get(f"/files/any/p/run1/{path}").status_code == 404


@pytest.mark.parametrize("run", ["%2e%2e", "..%2f..%2fetc", "a%00b"])
def test_reading_reaches_no_folder_but_those_of_runs(client: Speaking, run: str) -> None:
    assert client.asking.get(f"/files/any/p/{run}/passwd").status_code == 404


def test_a_file_of_a_recorder_of_ours_is_read_under_its_own_suffix(client: Speaking) -> None:
    from belvedere.runlog.media import keep

    folder = client.desk.shelves.folder(("p", "run1"))
    ref = keep(folder, b"weights", ".bin")
    with client.desk.attempts.landing(("p", "run1")) as landing:
        landing.event(FileSaved(1.7e9, "model.safetensors", ref.sha256, ref.size_bytes))
    assert client.asking.get("/files/any/p/run1/model.safetensors").content == b"weights"
