"""`wandb.Api()` over our own runs."""

import math
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.compat.wandb_api import Api
from belvedere.core.errors import NotFound, UsageError


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Over two runs of project p."""
    monkeypatch.setenv("BELVEDERE_DIR", str(tmp_path))
    monkeypatch.setenv("BELVEDERE_SILENT", "1")
    monkeypatch.delenv("BELVEDERE_SERVER", raising=False)
    (tmp_path / "notes.txt").write_text("kept")
    for name in ("one", "two"):
        run = bv.init(
            project="p", id=name, name=name, config={"model": {"depth": len(name)}}, console=False, hardware=False
        )
        for step in range(1000):
            run.log({"loss": math.nan if step == 3 else 1.0 / (step + 1), "odd": step} if step % 2 else {"loss": 0.5})
        run.log({"words": "w", "system/cpu": 1.0})
        run.save(tmp_path / "notes.txt", base_path=tmp_path)
        run.finish()
    return Api(timeout=9)


def test_projects_and_runs_are_listed(api: Api) -> None:
    assert [project.name for project in api.projects("team")] == ["p"]
    assert [run.id for run in api.runs("team/p")] == ["one", "two"]
    assert [run.id for run in api.runs("p", order="-created_at,display_name")] == ["two", "one"]
    assert len(api.runs("p", {"display_name": {"$regex": "^t"}})) == 1
    with pytest.raises(NotFound, match="no project 'other'; it has: p"):
        api.runs("other")


def test_runs_are_found_where_the_variable_of_wandb_put_them(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = api._root()
    monkeypatch.delenv("BELVEDERE_DIR")
    monkeypatch.setenv("WANDB_DIR", str(folder))
    assert [run.id for run in Api().runs("p")] == ["one", "two"]


def test_what_is_not_there_is_an_error_of_wandb(api: Api) -> None:
    with pytest.raises(bv.errors.CommError, match="no run 'p/three'"):
        api.run("team/p/three")


def test_history_is_sampled_evenly_and_scanned_whole(api: Api) -> None:
    run = api.run("team/p/runs/one")
    rows = run.history(samples=11, pandas=False)
    assert [row["_step"] for row in rows] == list(range(0, 1001, 100))
    assert [row["_step"] for row in run.scan_history(min_step=5, max_step=8)] == [5, 6, 7]
    pairs = list(run.scan_history(keys=["loss", "odd"]))
    assert len(pairs) == 500 and pairs[0] == {"loss": 0.5, "odd": 1}
    assert math.isnan(float(str(pairs[1]["loss"])))
    frame = run.history(stream="system")
    assert list(frame.columns) == ["_step", "_timestamp", "system/cpu", "_runtime"]
    assert next(run.scan_history(keys=["words"])) == {"words": "w"}
    assert len(api.runs("p").histories(samples=3, format="rows")) == 6


def test_files_are_copied(api: Api, tmp_path: Path) -> None:
    run = api.run("p/one")
    assert [(file.name, file.size) for file in run.files()] == [("notes.txt", 4)]
    with run.file("notes.txt").download(tmp_path / "out") as found:
        assert found.read() == "kept"
    with pytest.raises(UsageError, match="there is a file of that name"):
        run.file("notes.txt").download(tmp_path / "out")
    with pytest.raises(NotFound, match=r"no file 'x' was saved with the run one; it has: notes.txt"):
        run.file("x")


def test_artifacts_are_found_by_run_and_by_name(api: Api, tmp_path: Path) -> None:
    run = bv.init(project="p", id="three", console=False, hardware=False)
    run.log_artifact(tmp_path / "notes.txt", name="notes", type="text", aliases=["best"])
    run.use_artifact("notes:best")
    run.finish()
    found = api.run("p/three")
    assert [(one.name, one.type, list(one.manifest.entries)) for one in found.logged_artifacts()] == [
        ("notes:v0", "text", ["notes.txt"])
    ]
    assert [one.name for one in found.used_artifacts()] == ["notes:v0"]
    assert Path(api.artifact("team/p/notes:latest").download(tmp_path / "got"), "notes.txt").read_text() == "kept"
    assert (api.artifact_exists("p/notes:v0"), api.artifact_exists("p/notes:v1")) == (True, False)


def test_what_is_recorded_is_not_changed(api: Api) -> None:
    run = api.run("one")
    with pytest.raises(UsageError, match="a stored run is not changed"):
        run.update()
    with pytest.raises(UsageError, match="belvedere rm p/one"):
        run.delete()
    assert (run.config, run.lastHistoryStep, run.state) == ({"model": {"depth": 3}}, 1000, "finished")


def test_a_folder_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BELVEDERE_DIR", str(tmp_path / "none"))
    with pytest.raises(NotFound, match="no folder of runs there; set BELVEDERE_DIR"):
        Api().projects()
