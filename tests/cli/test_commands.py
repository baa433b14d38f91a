"""Every command on real runs: what it prints, and one sentence with exit code 2 for what cannot be done."""

import csv
import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from belvedere.cli.main import run as run_command
from belvedere.store.store import open_store
from tests.server.recorded import LAYERS, record


@dataclass(frozen=True)
class Told:
    """What a command line did."""

    code: int
    out: str
    err: str


Typed = Callable[..., Told]


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types a command line."""

    def type_it(*words: object) -> Told:
        capsys.readouterr()
        code = run_command([str(word) for word in words])
        out, err = capsys.readouterr()
        return Told(code, out, err)

    return type_it


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "runs"
    record(root, "run1")
    record(root, "broken", steps=60, loss={50: math.nan})
    return root


def test_ls_lists_newest_first_and_takes_a_filter(root: Path, typed: Typed) -> None:
    rows = json.loads(typed("ls", root, "--json").out)
    assert {(row["project"], row["id"], row["state"], row["steps"]) for row in rows} == {
        ("p", "run1", "finished", 100), ("p", "broken", "finished", 60),
    }  # fmt: skip
    assert rows[0]["name"] == "calm-hill-1"
    one = json.loads(typed("ls", root, "--json", "--filter", "steps > 70").out)
    assert [row["id"] for row in one] == ["run1"]
    told = typed("ls", root)
    assert told.code == 0
    assert "run1" in told.out


def test_ls_takes_a_project_or_run_folder_and_the_environment(
    root: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(json.loads(typed("ls", root / "p", "--json").out)) == 2
    assert len(json.loads(typed("ls", root / "p" / "run1", "--json").out)) == 2
    monkeypatch.setenv("BELVEDERE_DIR", str(root))
    assert len(json.loads(typed("ls", "--json").out)) == 2


def test_an_empty_folder_says_how_to_fill_it(tmp_path: Path, typed: Typed) -> None:
    assert json.loads(typed("ls", tmp_path, "--json").out) == []
    assert "belvedere demo" in typed("ls", tmp_path).err


@pytest.mark.parametrize("name", ["run1", "p/run1", "PATH"])
def test_a_run_is_named_by_id_by_project_or_by_path(root: Path, typed: Typed, name: str) -> None:
    words = [root / "p" / "run1"] if name == "PATH" else [name, "--dir", root]
    shown = json.loads(typed("show", *words, "--json").out)
    assert (shown["id"], shown["steps"]) == ("run1", 100)
    assert shown["config"] == {"lr": 3e-4, "model": {"layers": 4}}
    assert {info["key"]: info["count"] for info in shown["keys"]} == {
        "grad_norm": 100, "lr": 100, "samples": 1, "train/loss": 100,
    }  # fmt: skip
    told = typed("show", *words)
    assert told.code == 0
    for word in ("p/run1", "finished", "model.layers", "train/loss", "nats"):
        assert word in told.out


def test_csv_holds_every_digit_of_every_point(root: Path, typed: Typed) -> None:
    told = typed("export", "broken", "--format", "csv", "--dir", root)
    rows = list(csv.DictReader(told.out.splitlines()))
    series = open_store(root).run("broken").series("train/loss")
    assert [float(row["train/loss"]) for row in rows[:50]] == series.values[:50].tolist()
    assert math.isnan(float(rows[50]["train/loss"]))
    assert [int(row["step"]) for row in rows] == list(range(60))
    assert {f"grad_norm/{layer}" for layer in LAYERS} < set(rows[0])


def test_a_series_with_holes_leaves_empty_cells(tmp_path: Path, typed: Typed) -> None:
    from belvedere.runlog.layout import run_folder
    from tests.server.recorded import writer_of

    writer = writer_of(run_folder(tmp_path, "p", "holes"), is_alive=False)
    for step in range(4):
        writer.row(step, {"a": float(step), **({"b": 0.5} if step % 2 else {})})
    writer.row(3, {"a": 9.0})  # a step that came twice
    writer.close()
    lines = typed("export", "holes", "--dir", tmp_path).out.splitlines()
    assert [line.split(",")[0] + "," + ",".join(line.split(",")[2:]) for line in lines] == [
        "step,a,b", "0,0.0,", "1,1.0,0.5", "2,2.0,", "3,3.0,0.5", "3,9.0,",
    ]  # fmt: skip


def test_json_and_parquet_hold_the_same(root: Path, tmp_path: Path, typed: Typed) -> None:
    import pyarrow.parquet

    told = json.loads(typed("export", "broken", "--format", "json", "--key", "train/*", "--dir", root).out)
    assert list(told["series"]) == ["train/loss"]
    assert told["series"]["train/loss"]["values"][50] == "NaN"
    path = tmp_path / "x.parquet"
    assert typed("export", "broken", "--format", "parquet", "-o", path, "--dir", root).code == 0
    table = pyarrow.parquet.read_table(path)
    values = table["train/loss"].to_pylist()
    assert values[:50] == told["series"]["train/loss"]["values"][:50]
    assert math.isnan(values[50])


def test_a_figure_becomes_one_file(root: Path, tmp_path: Path, typed: Typed) -> None:
    page = tmp_path / "x.html"
    assert typed("figure", "run1", "gradient_flow", "-o", page, "--dir", root).code == 0
    assert "plotly" in page.read_text(encoding="utf-8")[:100_000].lower()
    told = typed("figure", "run1", "gradient_flow", "-o", tmp_path / "x.json", "--set", "view=heatmap", "--dir", root)
    assert told.code == 0
    assert json.loads((tmp_path / "x.json").read_text())["data"][0]["type"] == "heatmap"
    assert json.loads(typed("figure", "run1", "loss_curves", "--json", "--dir", root).out)["data"]


def test_figures_are_listed_with_and_without_a_run(root: Path, typed: Typed) -> None:
    assert {"gradient_flow", "loss_curves"} <= {
        one["id"] for one in json.loads(typed("figure", "--list", "--json").out)
    }
    listed = {one["id"]: one for one in json.loads(typed("figure", "run1", "--list", "--json", "--dir", root).out)}
    assert listed["gradient_flow"]["ready"] is True
    assert "gradient_flow" in typed("figure", "--list").out


def test_doctor_says_what_is_wrong_and_fails_only_on_demand(root: Path, typed: Typed) -> None:
    told = typed("doctor", "broken", "--dir", root)
    assert told.code == 0
    assert "nan_loss" in told.out
    found = json.loads(typed("doctor", "broken", "--json", "--dir", root).out)
    assert found["findings"][0]["rule"] == "nan_loss"
    assert typed("doctor", "broken", "--fail-on", "warning", "--dir", root).code == 1
    assert typed("doctor", "run1", "--fail-on", "warning", "--dir", root).code == 0


def test_compact_and_reindex_change_no_answer(root: Path, typed: Typed) -> None:
    before = typed("export", "run1", "--dir", root).out
    assert typed("compact", root, "run1").code == 0
    assert typed("export", "run1", "--dir", root).out == before
    assert typed("compact", root).code == 0
    assert typed("reindex", root).code == 0
    assert typed("export", "run1", "--dir", root).out == before
    assert len(json.loads(typed("ls", root, "--json").out)) == 2


def test_a_run_that_cannot_be_compacted_is_named_and_the_others_are_done(root: Path, typed: Typed) -> None:
    blocked = root / "p" / "broken" / "cols"
    blocked.write_text("a file where columns go")
    told = typed("compact", root)
    assert told.code == 2
    assert "p/broken stays as it is: File exists; make room or mend it" in told.err and "1 run," in told.err
    assert list((root / "p" / "run1" / "cols").glob("*.rcol"))


def test_rm_asks_and_removes_one_run_only(root: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer, code in (("", 130), ("n\n", 0)):  # nobody there; no
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert typed("rm", "broken", "--dir", root).code == code
        assert (root / "p" / "broken").is_dir()
    assert typed("rm", "broken", "--yes", "--dir", root).code == 0
    assert sorted(path.name for path in (root / "p").iterdir()) == ["run1"]
    assert [row["id"] for row in json.loads(typed("ls", root, "--json").out)] == ["run1"]


def test_a_running_run_is_not_removed(root: Path, typed: Typed) -> None:
    record(root, "live", finished=False)
    told = typed("rm", "live", "--yes", "--dir", root)
    assert told.code == 2
    assert "still running" in told.err
    assert (root / "p" / "live").is_dir()


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["ls", "/does/not/exist"],
        ["ls", "DIR", "--filter", "(("],
        ["ls", "DIR", "--nonsense"],
        ["show"],
        ["show", "nope", "--dir", "DIR"],
        ["show", "nope/nope", "--dir", "DIR"],
        ["show", "../..", "--dir", "DIR"],
        ["export", "run1", "--format", "xls", "--dir", "DIR"],
        ["export", "run1", "--format", "parquet", "--dir", "DIR"],
        ["export", "run1", "--key", "nope", "--dir", "DIR"],
        ["export", "run1", "-o", "/does/not/exist/x.csv", "--dir", "DIR"],
        ["figure"],
        ["figure", "run1", "--dir", "DIR"],
        ["figure", "run1", "nope", "-o", "x.html", "--dir", "DIR"],
        ["figure", "run1", "gradient_flow", "--dir", "DIR"],
        ["figure", "run1", "gradient_flow", "-o", "x.xyz", "--dir", "DIR"],
        ["figure", "run1", "gradient_flow", "-o", "x.html", "--set", "view", "--dir", "DIR"],
        ["figure", "run1", "gradient_flow", "-o", "x.html", "--set", "view=nope", "--dir", "DIR"],
        ["doctor", "nope", "--dir", "DIR"],
        ["compact", "/does/not/exist"],
        ["compact", "DIR", "nope"],
        ["reindex", "/does/not/exist"],
        ["rm", "nope", "--yes", "--dir", "DIR"],
        ["serve", "--port", "x"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_one_sentence(root: Path, typed: Typed, words: list[str]) -> None:
    told = typed(*(root if word == "DIR" else word for word in words))
    assert told.code == 2
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.startswith("belvedere: ")
    assert ";" in told.err or ":" in told.err[11:]  # what happened; what to do


def test_every_command_has_a_page_of_help(typed: Typed) -> None:
    overview = typed("--help").out
    for name in ("serve", "demo", "ls", "show", "export", "figure", "doctor", "reindex", "compact", "rm"):
        assert name in overview
        assert typed(name, "--help").code == 0
    assert typed("--version").out.startswith("belvedere ")
