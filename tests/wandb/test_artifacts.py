"""Artifacts with the real client: logged, used, linked, edited, deleted; tables are shown with their media."""

import json
from collections.abc import Callable

import pytest

import belvedere as bv
from tests.wandb.real import CLIENTS, Client, Server
from tests.wandb.test_everything import script

SEEN = {
    "first": ["v0", ["best", "latest"], "words", {"n": 3}, 266],
    "same again": ["v0", ["best", "latest"]],
    "second": ["v1", ["latest"]],
    "downloaded": ["a.txt", "far.txt", "sub/b.bin"],
    "content": "first",
    "bytes equal": True,
    "user": ["ds:v0"],
    "maker": ["dataset", "dataset", "run_table"],
    "runs": ["maker", ["user"]],
    "edited": ["v0", ["gold"], "other words", {"n": 3, "m": [1, 2]}, ["t"]],
    "linked": ["v0", "ds:v1", True],
    "exists": [True, False, False],
    "types": ["dataset", "run_table"],
    "collections": ["ds", "portfolio"],
    "draft": ["v2", ["latest"], ["extra.txt", "far.txt", "sub/b.bin"]],
    "left": [["v2", ["latest"]], ["v0", ["gold"]]],
    "table": [1, "Image", [2, None]],
}


@pytest.mark.parametrize("version", CLIENTS)
def test_artifacts_do_what_the_client_says_of_them(
    server: Server, client_of: Callable[[str], Client], version: str
) -> None:
    client = client_of(version)
    output = client.run(script("artifacts.py"), str(client.folder / "files"), WANDB_SILENT="true")
    assert json.loads(output.splitlines()[-1]) == SEEN
    (item,) = bv.open(server.root).run("art/maker").media("eval/table")
    assert item.path is not None
    table = json.loads(item.path.read_text())
    assert table["columns"] == ["i", "picture"]
    assert [table["data"][0][1][field] for field in ("_type", "caption", "width", "suffix")] == [
        "image",
        "grey",
        4,
        ".png",
    ]
