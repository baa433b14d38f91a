"""Artifacts: kept with the run, versioned, found again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.core.errors import NotFound, UsageError
from belvedere.record import artifact_log
from belvedere.record.artifact import Artifact
from tests.record.conftest import Begin


def filled(tmp_path: Path, text: str) -> Artifact:
    (tmp_path / "in").mkdir(exist_ok=True)
    (tmp_path / "in" / "a.txt").write_text(text)
    artifact = Artifact("data", "dataset", description="words", metadata={"rows": 2})
    artifact.add_dir(tmp_path / "in")
    return artifact


def test_versions_count_up_and_the_same_content_is_the_same_version(begin: Begin, tmp_path: Path) -> None:
    run = begin()
    versions = [run.log_artifact(filled(tmp_path, text)).version for text in ("one", "two", "one")]
    assert versions == ["v0", "v1", "v0"]
    latest = run.use_artifact("data:latest")
    assert (latest.name, latest.description, latest.metadata) == ("data:v0", "words", {"rows": 2})


def test_an_incremental_one_has_the_files_before_it_and_one_made_together_those_of_all(begin: Begin) -> None:
    run = begin()
    for name in ("one", "two"):
        more = Artifact("grows", "dataset", incremental=True)
        with more.new_file(f"{name}.txt") as target:
            target.write(name)
        run.log_artifact(more)
    for name in ("one", "two", "three"):
        part = Artifact("parts", "dataset")
        with part.new_file(f"{name}.txt") as target:
            target.write(name)
        add = run.finish_artifact if name == "three" else run.upsert_artifact
        add(part, distributed_id="several", aliases=["all"])
    assert sorted(run.use_artifact("grows:v1").listed) == ["one.txt", "two.txt"]
    assert sorted(run.use_artifact("parts:all").listed) == ["one.txt", "three.txt", "two.txt"]
    assert part.version == "v0"


def test_an_artifact_comes_back_as_it_went(begin: Begin, tmp_path: Path) -> None:
    run = begin()
    artifact = filled(tmp_path, "one")
    artifact.add(bv.Table(["x"], [[1]]), "table")
    with artifact.new_file("deep/readme.md") as target:
        target.write("# words")
    artifact.add_reference("s3://bucket/key", "far")
    run.log_artifact(artifact, aliases=["best"])
    run.finish()
    found = begin().use_artifact("entity/p/data:best", type="dataset")
    folder = Path(found.download(tmp_path / "out"))
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*")) == [
        "a.txt", "deep/readme.md", "table.table.json",
    ]  # fmt: skip
    assert (folder / "deep/readme.md").read_text() == "# words"
    assert found.references == {"far": "s3://bucket/key"}
    assert found.digest == artifact.digest
    assert Path(found.get_entry("a.txt").download(tmp_path / "one")).read_text() == "one"


def test_a_path_becomes_an_artifact(begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.pt").write_bytes(b"weights")
    run = begin()
    artifact = run.log_artifact(tmp_path / "model.pt", name="weights", type="model")
    assert (artifact.name, [one.name for one in artifact.files()], artifact.size) == ("weights:v0", ["model.pt"], 7)
    assert Path(run.use_model("weights")).read_bytes() == b"weights"


def test_what_is_not_there_is_named(begin: Begin, tmp_path: Path) -> None:
    run = begin()
    with pytest.raises(NotFound, match="no artifact 'nothing' in the project 'p'"):
        run.use_artifact("nothing:latest")
    run.log_artifact(filled(tmp_path, "one"))
    with pytest.raises(NotFound, match="has no version or alias 'v7'; it has: latest, v0"):
        run.use_artifact("data:v7")
    with pytest.raises(UsageError, match="is of type 'dataset', not 'model'"):
        run.use_artifact("data", type="model")
    with pytest.warns(bv.RecordingWarning, match="no such file"):
        run.log_artifact(tmp_path / "missing.bin")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", ""])
def test_files_stay_inside(tmp_path: Path, name: str) -> None:
    (tmp_path / "a").write_text("a")
    artifact = Artifact("data", "dataset")
    with pytest.raises(UsageError, match="cannot be the name of a file in an artifact"):
        artifact._add(name, tmp_path / "a")
    with pytest.raises(UsageError, match=r"artifact name '\.\./data' refused"):
        Artifact("../data", "dataset")


def test_two_who_log_at_once_never_get_one_version(begin: Begin, tmp_path: Path) -> None:
    run = begin()

    def log(who: str) -> None:
        for number in range(10):
            artifact = Artifact("data", "dataset")
            with artifact.new_file("a.txt") as file:
                file.write(f"{who} {number}")
            run.log_artifact(artifact, aliases=[who])

    with ThreadPoolExecutor() as both:  # each looks at the disk anew and waits for its turn, as processes do
        list(both.map(log, ["one", "two"]))
    shelf = artifact_log.shelf_of(tmp_path, "p")
    collection = shelf.collection("data")
    assert collection is not None
    assert [one.version for one in collection.members] == list(range(20))
    texts = {
        Path(artifact_log.find(tmp_path, "p", f"data:{who}").get_entry("a.txt").download(tmp_path / who)).read_text()
        for who in ("one", "two")
    }
    assert texts == {"one 9", "two 9"}
    newest = max(collection.aliases[who] for who in ("one", "two"))
    assert collection.aliases["latest"] == newest == 19
