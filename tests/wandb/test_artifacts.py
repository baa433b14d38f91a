"""Artifacts with the real client: logged, used, linked, edited, deleted; tables are shown with their media."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.record import artifact_log
from belvedere.record.artifact import Artifact
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
    "maker": ["dataset", "dataset", "parts", "run_table"],
    "together": [["one", "two"], ["one", "three", "two"]],
    "runs": ["maker", ["user"]],
    "edited": ["v0", ["gold"], "other words", {"n": 3, "m": [1, 2]}, ["t"]],
    "linked": ["v0", "ds:v1", True],
    "exists": [True, False, False],
    "types": ["dataset", "parts", "run_table"],
    "collections": ["ds", "numbers", "ours", "portfolio"],
    "draft": ["v2", ["latest"], ["extra.txt", "far.txt", "sub/b.bin"]],
    "left": [["v2", ["latest"]], ["v0", ["gold"]]],
    "table": [1, "Image", [2, None]],
    "same content": "v0",
    "ours": ["v0", {"from": "here"}, ["in/a.txt", "in/sub/b.bin"]],
    "our table": [[1, 0.5], [2, None]],
}


def _log_ours(root: Path, files: Path) -> None:
    """Artifacts of `import belvedere as wandb`, recorded beside the runs of the server."""
    (files / "ours" / "sub").mkdir(parents=True)
    (files / "ours" / "a.txt").write_text("second")
    (files / "ours" / "sub" / "b.bin").write_bytes(bytes(range(256)))
    with bv.init("art", "ours", dir=root, console=False, hardware=False) as run:
        made, numbers = Artifact("ours", "dataset", metadata={"from": "here"}), Artifact("numbers", "dataset")
        made.add_dir(files / "ours", name="in")
        run.log_artifact(made, aliases=["best"])
        numbers.add(bv.Table(["x", "y"], [[1, 0.5], [2, None]]), "numbers")
        run.log_artifact(numbers)


@pytest.mark.parametrize("version", CLIENTS)
def test_artifacts_do_what_the_client_says_of_them(
    server: Server, client_of: Callable[[str], Client], version: str
) -> None:
    client = client_of(version)
    _log_ours(server.root, client.folder / "files")
    output = client.run(script("artifacts.py"), str(client.folder / "files"), WANDB_SILENT="true")
    assert json.loads(output.splitlines()[-1]) == SEEN
    assert [artifact_log.find(server.root, "art", name).version for name in ("ds", "ds:gold")] == ["v2", "v0"]
    assert [one.name for one in artifact_log.used_by(server.root, "art", "both")] == ["ours:v0"]
    back = artifact_log.find(server.root, "art", "ds:gold").download(client.folder / "back")
    assert Path(back, "a.txt").read_text() == "first"
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
