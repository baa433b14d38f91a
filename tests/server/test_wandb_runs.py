"""What the page of a W&B run asks for: charts of tables, axes and hidden series, saved files and artifacts."""

from pathlib import Path

import pytest

from belvedere.core.entries import Configured, Defined
from belvedere.runlog.layout import run_folder
from belvedere.server.rows import keys_of
from belvedere.store.records import KeyInfo, RunDetail, RunRow
from tests.server.recorded import BEGAN, record, writer_of
from tests.server.wandb_runs import record_wandb
from tests.wandb_protocol.artifacts.logging import Artifacts
from tests.wandb_protocol.speaking import Speaking

RUN = "/api/runs/p/foreign"


@pytest.fixture
def client(tmp_path: Path) -> Speaking:
    record_wandb(tmp_path)
    return Speaking(tmp_path)


def test_a_run_names_its_charts_and_their_tables(client: Speaking) -> None:
    detail = client.asking.get(RUN).json()
    assert detail["charts"] == {"curve": "curve_table", "broken": "broken_table"}
    assert detail["has_files"] is True


def test_a_chart_is_there_for_each_step_of_its_table(client: Speaking) -> None:
    items = client.asking.get(f"{RUN}/media?key=curve").json()["items"]
    assert [(item["step"], item["type"], item["record"]["_type"]) for item in items] == [
        (4, "chart", "table"), (9, "chart", "table")
    ]  # fmt: skip
    figures = [client.asking.get(item["url"]).json() for item in items]
    assert [figure["data"][0]["y"] for figure in figures] == [[1.0, 2.0], [1.0, 3.0]]
    assert figures[0]["layout"]["title"]["text"] == "a line"


def test_a_chart_without_its_column_says_so(client: Speaking) -> None:
    [_, item] = client.asking.get(f"{RUN}/media?key=broken").json()["items"]
    answer = client.asking.get(item["url"])
    assert (answer.status_code, answer.json()) == (
        400, {"error": "the table broken_table has no column 'gone' for this chart", "next": "it has: x, y"}
    )  # fmt: skip


def test_a_chart_or_a_table_that_is_not_there_is_not_found(client: Speaking) -> None:
    assert client.asking.get(f"{RUN}/media?key=nothing").status_code == 404
    assert client.asking.get(f"{RUN}/charts/{'0' * 64}?key=curve").status_code == 404
    assert client.asking.get(f"{RUN}/charts/{'0' * 64}?key=nothing").status_code == 404


def test_keys_tell_their_axis_and_whether_they_are_hidden(client: Speaking) -> None:
    keys = client.asking.get(f"{RUN}/keys").json()["keys"]
    assert {key["key"]: (key["x"], key["hidden"]) for key in keys if key["kind"] == "scalar"} == {
        "epoch": (None, True), "lr": (None, False), "system/cpu": ("relative", False), "val/loss": ("epoch", False)
    }  # fmt: skip
    only = client.asking.get(f"{RUN}/keys?pattern=val/*").json()["keys"]
    assert [(key["key"], key["x"]) for key in only] == [("val/loss", "epoch")]


@pytest.mark.parametrize(
    ("pattern", "axes"),
    [
        ("*", {"loss": "epoch", "system/cpu": "relative"}),
        ("system/*", {"loss": None, "system/cpu": "epoch"}),
    ],
)
def test_a_pattern_means_the_machine_only_when_it_names_it(pattern: str, axes: dict[str, str | None]) -> None:
    infos = [KeyInfo(key, "scalar", 1, 1.0) for key in ("epoch", "loss", "system/cpu")]
    detail = RunDetail(
        RunRow("p", "foreign"), definitions={pattern: Defined(0.0, pattern, "epoch")}, foreign={"wandb": {}}
    )
    assert {key.key: key.x for key in keys_of(infos, detail) if key.key in axes} == axes


def test_files_are_told_with_the_address_of_what_is_here(client: Speaking) -> None:
    kept = client.asking.get(f"{RUN}/kept").json()
    assert [(file["path"], file["size_bytes"], file["time"]) for file in kept["files"]] == [
        ("notes.txt", 12, BEGAN), ("media/table/gone.table.json", 7, BEGAN)
    ]  # fmt: skip
    assert client.asking.get(kept["files"][0]["url"]).content == b"a saved file"
    assert kept["files"][1]["url"] is None
    assert kept["artifacts"] == []


def test_a_run_without_files_has_none(tmp_path: Path) -> None:
    record(tmp_path, "plain", steps=2)
    client = Speaking(tmp_path)
    assert client.asking.get("/api/runs/p/plain").json()["has_files"] is False
    assert client.asking.get("/api/runs/p/plain/kept").json() == {"files": [], "artifacts": []}


def test_artifacts_of_another_machine_are_named_without_their_files(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, "p", "own")
    writer = writer_of(folder, is_alive=False)
    writer.event(Configured(BEGAN, {"weights:v0": {"type": "model", "aliases": ["latest"]}}, "artifacts"))
    writer.event(Configured(BEGAN, {"data:v3": "dataset"}, "artifacts_used"))
    writer.row(0, {"loss": 1.0})
    writer.close()
    client = Speaking(tmp_path)
    assert client.asking.get("/api/runs/p/own").json()["has_files"] is True
    used, logged = client.asking.get("/api/runs/p/own/kept").json()["artifacts"]
    assert (used["name"], used["type"], used["use"], used["files"]) == ("data:v3", "dataset", "used", [])
    assert [logged[field] for field in ("name", "type", "use", "aliases", "files")] == [
        "weights:v0", "model", "logged", ["latest"], []
    ]  # fmt: skip


def test_artifacts_of_a_client_are_told_with_their_version_and_aliases_but_not_tables(tmp_path: Path) -> None:
    artifacts = Artifacts(Speaking(tmp_path))
    artifacts.client.start()
    artifacts.log("ds", {"a.txt": b"hello"}, aliases=[{"alias": "best", "artifactCollectionName": "ds"}])
    artifacts.log("t", {"t.table.json": b"{}"}, artifactTypeName="run_table")
    artifacts.log("elsewhere", {"a.txt": b"other"}, runName="run2")
    [row] = artifacts.client.asking.get("/api/runs/p/run1/kept").json()["artifacts"]
    assert [row[name] for name in ("name", "type", "use", "size_bytes", "file_count")] == [
        "ds:v0",
        "dataset",
        "logged",
        5,
        1,
    ]
    assert set(row["aliases"]) == {"best", "latest"}
    [file] = row["files"]
    assert (file["path"], artifacts.client.asking.get(file["url"]).content) == ("a.txt", b"hello")
