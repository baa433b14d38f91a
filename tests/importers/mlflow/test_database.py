"""A database `mlflow.db` becomes runs."""

import math
import sys
from pathlib import Path

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    update,
)
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from belvedere.core.errors import UnknownFormat
from tests.importers.brought import bring, points, runs

START_MS = 1_700_000_000_000
RUN_ID = "a" * 32
KNOWN = MetaData()
EXPERIMENTS = Table(
    "experiments", KNOWN, Column("experiment_id", Integer, primary_key=True), Column("name", String),
    Column("lifecycle_stage", String),
)  # fmt: skip
RUNS = Table(
    "runs", KNOWN, Column("run_uuid", String, primary_key=True), Column("name", String), Column("user_id", String),
    Column("status", String), Column("start_time", BigInteger), Column("end_time", BigInteger),
    Column("lifecycle_stage", String), Column("artifact_uri", String), Column("experiment_id", Integer),
)  # fmt: skip
METRICS = Table(
    "metrics", KNOWN, Column("key", String), Column("value", Float), Column("timestamp", BigInteger),
    Column("run_uuid", String), Column("step", BigInteger), Column("is_nan", Boolean),
)  # fmt: skip
PARAMS = Table("params", KNOWN, Column("key", String), Column("value", String), Column("run_uuid", String))
TAGS = Table("tags", KNOWN, Column("key", String), Column("value", String), Column("run_uuid", String))


@pytest.fixture
def database(tmp_path: Path) -> Engine:
    """A database with one running run, made as MLflow makes them."""
    engine = create_engine(f"sqlite:///{tmp_path / 'mlflow.db'}", poolclass=NullPool)
    KNOWN.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(EXPERIMENTS).values(experiment_id=1, name="vision", lifecycle_stage="active"))
        row = {
            "run_uuid": RUN_ID, "name": "net", "user_id": "root", "status": "RUNNING", "start_time": START_MS,
            "lifecycle_stage": "active", "artifact_uri": "s3://far/away", "experiment_id": 1,
        }  # fmt: skip
        connection.execute(insert(RUNS).values(row))
        connection.execute(insert(PARAMS).values(key="lr", value="0.1", run_uuid=RUN_ID))
        connection.execute(insert(TAGS).values(key="team", value="a", run_uuid=RUN_ID))
    return engine


def log(engine: Engine, *values: tuple[str, float, int]) -> None:
    rows = [
        {
            "key": key, "step": step, "timestamp": START_MS + step, "run_uuid": RUN_ID,
            "value": 0.0 if math.isnan(value) else value, "is_nan": math.isnan(value),
        }
        for key, value, step in values
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(METRICS), rows)


def test_a_run_has_its_metrics_parameters_and_tags(database: Engine, tmp_path: Path) -> None:
    log(database, ("loss", 2.0, 0), ("acc", 0.25, 0), ("loss", math.nan, 1), ("loss", sys.float_info.max, 2))
    (brought,) = bring(tmp_path / "mlflow.db", tmp_path / "ours")
    assert (brought.is_new, brought.is_over) == (True, False)
    run = runs(tmp_path / "ours")["net"]
    assert (run.path, run.config, run.tags) == (f"vision/{RUN_ID}", {"lr": 0.1}, ("team=a",))
    assert [step for step, *_ in points(run, "loss")] == [0, 1, 2]
    assert points(run, "loss")[0] == (0, START_MS / 1e3, 2.0)
    assert math.isnan(points(run, "loss")[1][2]) and points(run, "loss")[2][2] == math.inf
    assert run.detail.foreign["mlflow"]["artifact_uri"] == "s3://far/away"


def test_what_comes_later_is_added_and_nothing_comes_twice(database: Engine, tmp_path: Path) -> None:
    log(database, ("loss", 2.0, 0), ("loss", 2.0, 0))  # the same value twice at one step is two values
    bring(tmp_path, tmp_path / "ours")
    log(database, ("loss", 1.0, 1), ("new", 5.0, 1))
    with database.begin() as connection:
        connection.execute(update(RUNS).values(status="KILLED", end_time=START_MS + 9000))
    for _ in range(2):
        bring(tmp_path, tmp_path / "ours")
        run = runs(tmp_path / "ours")["net"]
        assert [value for *_, value in points(run, "loss")] == [2.0, 2.0, 1.0]
        assert (points(run, "new"), run.state) == ([(1, START_MS / 1e3 + 0.001, 5.0)], "stopped")


def test_nothing_is_written_beside_a_database_that_is_read(database: Engine, tmp_path: Path) -> None:
    before = (tmp_path / "mlflow.db").read_bytes()
    bring(tmp_path / "mlflow.db", tmp_path / "ours")
    assert (tmp_path / "mlflow.db").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mlflow.db", "ours"]


def test_a_file_that_is_no_database_of_mlflow_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"SQLite format 3\0" + b"x" * 2000)
    with pytest.raises(UnknownFormat, match="the database cannot be read"):
        bring(tmp_path / "mlflow.db", tmp_path / "ours", kind="mlflow")
    (tmp_path / "text.db").write_text("hello")
    with pytest.raises(UnknownFormat, match="nothing here that can be imported"):
        bring(tmp_path / "text.db", tmp_path / "ours")
