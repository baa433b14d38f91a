"""Artifacts of a `.wandb` file become versions of their project, as far as their contents are on this machine."""

import base64
import hashlib
from pathlib import Path

import pytest

from belvedere.runlog.artifacts.manifests import read
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.runlog.layout import project_folder
from tests.importers.wandb import wandb_file as file
from tests.importers.wandb.test_runs import bring

GONE = "/nowhere/artifacts/staging/tmp9"


def entry(name: str, content: bytes, local_path: str, address: str = "") -> bytes:
    digest = base64.b64encode(hashlib.md5(content).digest()).decode()
    told = file.field(1, name) + file.field(2, digest) + file.field(4, len(content)) + file.field(6, local_path)
    return file.field(4, told + (file.field(3, address) if address else b""))


def artifact(client: str, contents: bytes, digest: str = "d1", kind: str = "dataset") -> bytes:
    told = {4: kind, 5: "digits", 6: digest, 8: '{"rows":3}', 11: "clean", 12: contents, 15: client, 19: "tag"}
    return file.record(8, b"".join(file.field(number, value) for number, value in told.items()) + file.field(14, 1))


def test_an_artifact_is_a_version_once_and_one_whose_files_are_gone_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    staged, forged = tmp_path / "staged", tmp_path / "forged"
    staged.write_bytes(b"hello")
    forged.write_bytes(b"other")
    md5 = hashlib.md5(b"cached").hexdigest()
    cached = tmp_path / "cache" / "artifacts" / "obj" / "md5" / md5[:2] / md5[2:]
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"cached")
    whole = entry("a.txt", b"hello", str(staged)) + entry("sub/c", b"cached", GONE) + entry("r", b"x", "", "s3://b/x")
    lost = entry("a.txt", b"hello", str(staged)) + entry("b.txt", b"right", str(forged)) + entry("c", b"gone", GONE)
    table = entry("t.table.json", b"{}", str(staged))
    logged = [artifact("one", whole), artifact("two", lost, "d2"), artifact("three", table, "d3", "run_table")]
    file.write(tmp_path / "wandb", [file.run(), *logged, file.history(0, 1000.0, loss=1.0), file.end()])
    for root in (tmp_path / "root", tmp_path / "root"):
        _, told = bring(tmp_path / "wandb", root)
        (root / "p" / "abc" / "log").rename(tmp_path / f"log{len(list(tmp_path.iterdir()))}")  # as if never imported
        (sentence,) = told
        assert sentence.startswith("the artifact 'digits' was left out: 2 of its 3 files are not on this machine")
        assert "(b.txt, c)" in sentence
    shelf = Shelf(project_folder(tmp_path / "root", "p"))
    (version,), (collection,) = shelf.artifacts(), shelf.collections()
    assert (collection.name, collection.type) == ("digits", "dataset")
    assert collection.aliases == {"latest": 0, "clean": 0}
    assert (version.logged_by, version.metadata, version.tags) == (("abc",), '{"rows":3}', ("tag",))
    listed = read(shelf.folder, version.manifest).contents
    assert {name: one.ref for name, one in listed.items()} == {"a.txt": None, "sub/c": None, "r": "s3://b/x"}
    assert shelf.folder.artifact_content(listed["sub/c"].md5).read_bytes() == b"cached"
