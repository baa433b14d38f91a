"""A script with every media type, an alert, an artifact and 200 steps: all of it comes back equal."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from tests.wandb.equal import differences
from tests.wandb.real import CLIENTS, Client, Server

SCRIPTS = Path(__file__).parent / "scripts"
STEPS = 200
BEYOND_JSON = ("_step", "_runtime", "_timestamp")


def script(name: str) -> str:
    return (SCRIPTS / name).read_text()


def read_back(client: Client, path: str) -> dict[str, object]:
    """What `wandb.Api()` says of a run."""
    output = client.run(script("read_back.py"), path, str(client.folder / "downloads"), WANDB_SILENT="true")
    found = json.loads(output.splitlines()[-1])
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("version", CLIENTS)
def test_everything_comes_back_equal_through_the_client_and_through_us(
    server: Server, client_of: Callable[[str], Client], version: str
) -> None:
    client = client_of(version)
    logged = client.folder / "logged.json"
    output = client.run(script("everything.py"), str(logged))
    assert f"{server.url}/belvedere/everything/runs/every001" in output
    told = json.loads(logged.read_text())
    through_client(told, read_back(client, "everything/every001"))
    through_us(told, server)
    assert server.unknown() == {}, "this release asks for what we do not know; teach wandb_protocol/fields/ about it"


def through_client(told: dict[str, list[dict[str, object]]], found: dict[str, object]) -> None:
    rows = found["rows"]
    assert isinstance(rows, list)
    assert [row["_step"] for row in rows] == list(range(STEPS + 1))
    plain = [{key: value for key, value in row.items() if key not in BEYOND_JSON} for row in rows]
    assert differences(told["rows"], plain[:STEPS]) == []
    assert set(told["media"]) - set(plain[STEPS]) <= {"media/line", "media/confusion"}  # they are logged as a table
    assert plain[STEPS]["media/image"]["_type"] == "image-file"
    assert plain[STEPS]["media/image"]["caption"] == "noise"
    assert plain[STEPS]["media/images"]["count"] == 2
    assert len(plain[STEPS]["media/histogram"]["values"]) == 64
    assert (found["name"], found["state"], found["group"], found["job_type"], found["notes"]) == (
        "a name", "finished", "a group", "train", "some notes"
    )  # fmt: skip
    assert sorted(found["tags"]) == ["one", "two"]  # type: ignore[arg-type]
    assert found["config"] == {
        "lr": 1e-3, "layers": [1, 2], "net": {"width": 64, "act": "gelu"}, "none": None, "late": math.inf, "seed": 7
    }  # fmt: skip
    summary = found["summary"]
    assert isinstance(summary, dict)
    assert summary["best"] == 0.125 and summary["verdict"] == "good" and summary["nested"]["x"] == 1
    assert summary["accuracy"] == told["rows"][-1]["accuracy"]
    assert found["last_step"] == STEPS
    files = found["files"]
    assert isinstance(files, dict)
    assert files["notes.txt"] == len("a saved file\n")
    assert {"config.yaml", "wandb-summary.json", "wandb-metadata.json", "requirements.txt", "output.log"} <= set(files)
    assert any(name.startswith("media/images/mask/") for name in files)
    assert any(name.endswith(".pts.json") for name in files)
    assert found["artifacts"] == [["weights:v0", ["best", "latest"], {"epochs": 3}]]
    assert found["artifact_files"] == {"weights.bin": 256, "texts/notes.txt": len("a saved file\n")}
    assert int(str(found["system"])) > 0


def through_us(told: dict[str, list[dict[str, object]]], server: Server) -> None:
    run = bv.open(server.root).run("everything/every001")
    assert (run.name, run.state, run.group, run.job_type, run.notes) == (
        "a name", "finished", "a group", "train", "some notes"
    )  # fmt: skip
    assert sorted(run.tags) == ["one", "two"]
    assert run.config["lr"] == 1e-3 and run.config["net"] == {"width": 64, "act": "gelu"}
    assert run.damage == []
    for key in ("loss", "count", "with.dot", "ümlaut/λ", "tiny", "huge"):
        series = run.series(key)
        assert series.steps.tolist() == list(range(STEPS))
        assert series.values.tolist() == [float(row[key]) for row in told["rows"]]  # type: ignore[arg-type]
    assert run.series("nested/deep/b").values.tolist() == [step / 7 for step in range(STEPS)]
    assert np.isnan(run.series("nan").values).all() and run.series("nan").steps.tolist() == list(range(3, STEPS, 10))
    assert run.series("inf").values.tolist() == [math.inf] * 20
    kinds = {info.key: info.kind for info in run.keys("media/*")}
    assert {key.removeprefix("media/"): kind for key, kind in kinds.items() if "_table" not in key} == {
        "histogram": "histogram", "histogram_of_counts": "histogram", "image": "image", "image_file": "image",
        "overlays": "image", "images": "images", "table": "table", "table_with_images": "table", "points": "object3d",
        "coloured_points": "object3d", "scene": "object3d", "mesh": "object3d", "sound": "audio", "clip": "video",
        "page": "html", "page_file": "html", "figure": "plotly", "bare_figure": "plotly", "molecule": "file",
    }  # fmt: skip
    for key in kinds:
        for item in run.media(key):
            assert item.type == "histogram" or (item.path is not None and item.path.is_file()), (key, item)
    assert [(alert.title, alert.text, alert.level) for alert in run.alerts] == [
        ("look here", "the loss is fine", "warning")
    ]
    lines = {line.text for line in run.console()}
    assert {"a line on stdout", "a line on stderr"} <= lines
    assert run.summary["best"] == 0.125
    defined = run.definitions.get("val/*") or run.definitions["val/loss"]  # before 0.31 the client resolves patterns
    assert defined.x == "epoch"
    assert "notes.txt" in {file.path for file in run.files}
