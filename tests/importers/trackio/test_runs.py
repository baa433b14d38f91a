"""A database of Trackio becomes runs."""

import json
import math
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from belvedere.core.entries import Alerted
from belvedere.store.run import Run
from tests.importers.brought import bring, points, runs

START = 1_700_000_000.0  # 2023-11-14T22:13:20Z


def made(path: Path, *, by: str = "run_id") -> tuple[Engine, dict[str, Table]]:
    """An empty project as Trackio makes it; before it had run ids, runs went by their names."""
    known = MetaData()

    def table(name: str, *more: str) -> Table:
        texts = [Column(one, String) for one in dict.fromkeys((by, "run_name", *more))]
        return Table(name, known, Column("id", Integer, primary_key=True), *texts)

    tables = {
        "metrics": table("metrics", "timestamp", "metrics"),
        "configs": table("configs", "config", "created_at"),
        "system_metrics": table("system_metrics", "timestamp", "metrics"),
        "alerts": table("alerts", "timestamp", "title", "text", "level"),
    }
    for name in ("metrics", "alerts"):
        tables[name].append_column(Column("step", Integer))
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    known.create_all(engine)
    return engine, tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "trackio"


@pytest.fixture
def project(folder: Path) -> tuple[Engine, dict[str, Table]]:
    folder.mkdir()
    return made(folder / "vision.db")


def add(project: tuple[Engine, dict[str, Table]], table: str, **values: object) -> None:
    engine, tables = project
    with engine.begin() as connection:
        connection.execute(insert(tables[table]).values(run_id="r1", run_name="net", **values))


def log(project: tuple[Engine, dict[str, Table]], step: int, **values: object) -> None:
    when = f"2023-11-14T22:13:{20 + step:02d}+00:00"
    add(project, "metrics", timestamp=when, step=step, metrics=json.dumps(values))


def only(folder: Path) -> Run:
    return runs(folder.parent / "ours")["net"]


def test_a_run_has_its_rows_settings_and_alerts(project: tuple[Engine, dict[str, Table]], folder: Path) -> None:
    config = {"lr": 0.1, "deep": {"a": 1}, "_Group": "sweep", "_Created": "2023-11-14T22:13:10+00:00"}
    add(project, "configs", config=json.dumps(config), created_at="2023-11-14T22:13:20+00:00")
    log(project, 0, loss=1.0, acc="NaN", opt={"lr": 0.5})
    log(project, 1, loss="-Infinity", note="warm")
    add(project, "system_metrics", timestamp="2023-11-14T22:13:21", metrics='{"cpu": {"load": 7}}')
    add(project, "alerts", timestamp="2023-11-14T22:13:21+00:00", title="late", text="very", level="warn", step=1)
    bring(folder, folder.parent / "ours")
    run = only(folder)
    assert (run.path, run.created, run.group, run.state) == ("vision/r1", START - 10, "sweep", "finished")
    assert run.config == {"lr": 0.1, "deep": {"a": 1}}
    assert points(run, "loss") == [(0, START, 1.0), (1, START + 1, -math.inf)]
    assert math.isnan(points(run, "acc")[0][2]) and points(run, "opt/lr") == [(0, START, 0.5)]
    assert points(run, "system/cpu/load") == [(1, START + 1, 7.0)]
    assert [item.record["value"] for item in run.media("note")] == ["warm"]
    assert run.alerts == (Alerted(START + 1, 1, "late", "very", "warning"),)


def test_rich_values_become_ours(project: tuple[Engine, dict[str, Table]], folder: Path) -> None:
    (folder / "media" / "vision").mkdir(parents=True)
    (folder / "media" / "vision" / "a.png").write_bytes(b"picture")
    (folder / "secret.txt").write_text("not yours")
    image = {"_type": "trackio.image", "file_path": "vision/a.png", "caption": "dark"}
    log(
        project, 0,
        img=image,
        both=[image, image],
        out={"_type": "trackio.file", "file_path": "../secret.txt"},
        rows={"_type": "trackio.table", "_value": [{"a": 1, "b": image}, {"a": "NaN"}]},
        bins={"_type": "trackio.histogram", "values": [1, 2], "bins": [0.0, 0.5, 1.0]},
        words={"_type": "trackio.markdown", "_value": "# hello"},
    )  # fmt: skip
    bring(folder / "vision.db", folder.parent / "ours")
    run = only(folder)
    kinds = {key.key: key.kind for key in run.keys()}
    assert kinds == {
        "bins": "histogram", "both": "images", "img": "image", "out": "file", "rows": "table", "words": "text",
    }  # fmt: skip
    (img,) = run.media("img")
    assert img.path is not None and (img.path.read_bytes(), img.record["caption"]) == (b"picture", "dark")
    assert [item.path for item in run.media("both")] == [img.path, img.path]
    assert run.media("out")[0].path is None
    (rows,) = run.media("rows")
    assert rows.path is not None
    told = json.loads(rows.path.read_bytes())
    assert told["columns"] == ["a", "b"] and told["data"][0][1]["sha256"] == img.sha256
    assert told["data"][1] == [{"_type": "number", "value": "nan"}, None]


def test_what_comes_later_is_added_and_nothing_comes_twice(
    project: tuple[Engine, dict[str, Table]], folder: Path
) -> None:
    log(project, 0, loss=1.0)
    bring(folder, folder.parent / "ours")
    assert [one.is_new for one in bring(folder, folder.parent / "ours")] == [False]
    log(project, 1, loss=0.5)
    add(project, "system_metrics", timestamp="2023-11-14T22:13:30", metrics='{"cpu": 9}')
    for _ in range(2):
        bring(folder, folder.parent / "ours")
        assert [value for *_, value in points(only(folder), "loss")] == [1.0, 0.5]
        assert len(points(only(folder), "system/cpu")) == 1


def test_a_project_of_before_run_ids_goes_by_names(folder: Path) -> None:
    folder.mkdir()
    engine, tables = made(folder / "old.db", by="run_name")
    with engine.begin() as connection:
        for name in ("first", "second"):
            row = {"run_name": name, "timestamp": "2023-11-14T22:13:20", "step": 4, "metrics": '{"loss": 2}'}
            connection.execute(insert(tables["metrics"]).values(row))
    bring(folder, folder.parent / "ours")
    found = runs(folder.parent / "ours")
    assert {name: points(run, "loss") for name, run in found.items()} == {
        "first": [(4, START, 2.0)],
        "second": [(4, START, 2.0)],
    }
