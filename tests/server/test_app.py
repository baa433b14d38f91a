"""Every address over real runs: what it answers, and that nothing one can ask for is a crash."""

import json
from pathlib import Path

import numpy as np
import pytest

from belvedere.server import schemas
from belvedere.server.app import make_app
from belvedere.store.store import Store, open_store
from tests.server.asking import Asking
from tests.server.frame_reading import read_frame
from tests.server.recorded import LAYERS, PNG, record

RUN = "/api/runs/p/run1"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    record(tmp_path, "run1", loss={50: float("nan"), 51: float("inf")})
    record(tmp_path, "run2", steps=3, finished=False, config={"lr": 1e-2})
    return tmp_path


@pytest.fixture
def store(root: Path) -> Store:
    return open_store(root)


@pytest.fixture
def ask(store: Store, tmp_path: Path) -> Asking:
    return Asking(make_app(store, static=tmp_path / "no-static"))


def test_health_says_who_and_where(ask: Asking, root: Path) -> None:
    assert ask.get("/api/health").json() == {"version": "0.1.0", "runs": 2, "root": str(root), "auth": False}


def test_projects_count_their_runs(ask: Asking) -> None:
    (project,) = ask.get("/api/projects").json()
    assert project["project"] == "p"
    assert (project["runs"], project["running"]) == (2, 1)


def test_the_run_table_filters_sorts_and_pages(ask: Asking) -> None:
    page = ask.get("/api/runs?sort=-config.lr").json()
    assert page["total"] == 2
    assert [row["id"] for row in page["runs"]] == ["run2", "run1"]
    assert page["runs"][1]["config"] == {"lr": 3e-4, "model.layers": 4}
    filtered = ask.get("/api/runs", params={"filter": 'state == "finished" and tags has "sft"'}).json()
    assert [row["id"] for row in filtered["runs"]] == ["run1"]
    assert ask.get("/api/runs?project=none").json() == {"total": 0, "runs": []}
    last = ask.get("/api/runs?sort=id&offset=1&limit=1").json()
    assert (last["total"], [row["id"] for row in last["runs"]]) == (2, ["run2"])


def test_rows_carry_as_many_values_as_asked_for(ask: Asking) -> None:
    whole = ask.get("/api/runs?sort=id&limit=1").json()["runs"][0]
    assert len(whole["summary"]) > 1
    none = ask.get("/api/runs?sort=id&limit=1&values=0").json()["runs"][0]
    assert none == {**whole, "config": {}, "summary": {}}
    one = ask.get("/api/runs?sort=id&limit=1&values=1").json()["runs"][0]
    assert len(one["summary"]) == 1
    assert one["summary"].items() <= whole["summary"].items()


def test_a_run_tells_its_settings_stages_alerts_and_attempts(ask: Asking) -> None:
    run = ask.get(RUN).json()
    assert run["config"] == {"lr": 3e-4, "model": {"layers": 4}}
    assert (run["state"], run["steps"], run["world_size"], run["damage"]) == ("finished", 100, 1, [])
    assert run["stages"] == [{"name": "pretrain", "step": 0, "time": 1.7e9}]
    assert [alert["title"] for alert in run["alerts"]] == ["look"]
    assert run["definitions"]["train/loss"]["unit"] == "nats"
    (attempt,) = run["attempts"]
    assert (attempt["rank"], attempt["state"], attempt["resume_from"]) == (0, "finished", None)


def test_keys_say_what_there_is(ask: Asking) -> None:
    keys = {info["key"]: info for info in ask.get(f"{RUN}/keys").json()["keys"]}
    assert {key: info["kind"] for key, info in keys.items()} == {
        "grad_norm": "vector", "lr": "scalar", "samples": "image", "train/loss": "scalar",
    }  # fmt: skip
    assert keys["train/loss"]["count"] == 100
    assert (keys["train/loss"]["unit"], keys["train/loss"]["last_step"]) == ("nats", 99)


def test_an_exact_frame_is_what_the_store_returns(ask: Asking, store: Store) -> None:
    (entry,) = read_frame(ask.get(f"{RUN}/series?key=train/loss&x=time").content)
    series = store.run("p/run1").series("train/loss")
    assert entry.arrays["values"].tobytes() == series.values.tobytes()
    assert entry.arrays["steps"].tolist() == series.steps.tolist()
    assert entry.arrays["x"].tobytes() == entry.arrays["times"].tobytes() == series.times.tobytes()


def test_buckets_are_what_the_store_returns(ask: Asking, store: Store) -> None:
    (entry,) = read_frame(ask.get(f"{RUN}/series?key=train/loss&buckets=7&lo=10&hi=80&dtype=f8").content)
    buckets = store.run("p/run1").series("train/loss", buckets=7, lo=10, hi=80)
    for name in ("x", "x_last", "min", "max", "mean", "last", "count", "nan", "posinf", "neginf"):
        assert np.array_equal(entry.arrays[name], getattr(buckets, name), equal_nan=name != "count"), name
    assert entry.facts["total"] == 100
    assert entry.arrays["nan"].sum() == entry.arrays["posinf"].sum() == 1


def test_any_series_can_be_the_x_axis(ask: Asking) -> None:
    (entry,) = read_frame(ask.get(f"{RUN}/series?key=train/loss&x=lr").content)
    assert entry.arrays["x"].tolist() == [3e-4] * 100


def test_a_key_that_is_missing_leaves_the_others_alone(ask: Asking) -> None:
    there, missing = read_frame(ask.get(f"{RUN}/series?key=lr&key=nope&buckets=10").content)
    assert there.facts["n"] == 10
    assert "nope" in missing.facts["error"]


def test_vectors_come_as_a_frame(ask: Asking) -> None:
    (entry,) = read_frame(ask.get(f"{RUN}/vectors?family=grad_norm").content)
    assert entry.facts["names"] == list(LAYERS)
    assert entry.arrays["values"].reshape(100, 4)[:, 3].tolist() == list(range(100))


def test_console_pages_from_both_ends(ask: Asking) -> None:
    assert ask.get(f"{RUN}/console").json()["lines"] == [
        {"time": 1.7e9, "stream": "stdout", "text": "hello", "rank": 0}
    ]
    assert ask.get(f"{RUN}/console?offset=-1").json()["total"] == 1
    assert ask.get(f"{RUN}/console?offset=99").json()["lines"] == []


def test_figures_and_findings(ask: Asking) -> None:
    figures = {figure["id"]: figure for figure in ask.get(f"{RUN}/figures").json()["figures"]}
    assert figures["gradient_flow"]["ready"]
    drawn = ask.get(f"{RUN}/figures/gradient_flow").json()
    assert drawn["data"]
    assert "layout" in drawn
    findings = ask.get(f"{RUN}/findings").json()
    assert [finding["rule"] for finding in findings["findings"]] == ["nan_loss"]
    assert findings["findings"][0]["severity"] == "critical"


def test_export_is_a_csv_with_every_point(ask: Asking) -> None:
    answer = ask.get(f"{RUN}/export?format=csv&key=train/loss")
    lines = answer.text.splitlines()
    assert answer.headers["content-disposition"] == 'attachment; filename="run1-train-loss.csv"'
    assert lines[0] == "step,time,train/loss"
    assert len(lines) == 101
    assert (lines[1].split(",")[2], lines[51].split(",")[2], lines[52].split(",")[2]) == ("4.0", "nan", "inf")


def picture_address(ask: Asking) -> str:
    (item,) = ask.get(f"{RUN}/media?key=samples").json()["items"]
    assert (item["type"], item["step"], item["record"]["size"]) == ("image", 99, len(PNG))
    return str(item["url"])


def test_a_file_is_served_whole_and_harmless(ask: Asking) -> None:
    answer = ask.get(picture_address(ask))
    assert answer.content == PNG
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=0-9", 206, PNG[:10]),
        ("bytes=10-", 206, PNG[10:]),
        ("bytes=-5", 206, PNG[-5:]),
        ("bytes=0-999999", 206, PNG),
        ("bytes=999999-", 416, None),
        ("bytes=5-2", 400, None),
        ("lines=1-2", 400, None),
    ],
)
def test_ranges(ask: Asking, asked: str, status: int, content: bytes | None) -> None:
    answer = ask.get(picture_address(ask), headers={"Range": asked})
    assert answer.status_code == status
    if content is not None:
        assert answer.content == content


def test_several_ranges_come_in_several_parts(ask: Asking) -> None:
    answer = ask.get(picture_address(ask), headers={"Range": "bytes=0-3,100-103"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges")
    assert PNG[:4] in answer.content
    assert PNG[100:104] in answer.content


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/runs/p/none", 404),
        ("/api/runs/none/run1", 404),
        ("/api/runs/p/%2e%2e", 400),
        ("/api/runs/p/..%2f..%2fetc", 404),
        ("/api/runs/p/run1%00", 400),
        (f"{RUN}/series", 400),
        (f"{RUN}/series?" + "&".join(f"key=k{i}" for i in range(300)), 400),
        (f"{RUN}/series?key=lr&buckets=0", 400),
        (f"{RUN}/series?key=lr&buckets=abc", 400),
        (f"{RUN}/series?key=lr&buckets=99999999999999999999", 400),
        (f"{RUN}/series?key=lr&lo=nan", 400),
        (f"{RUN}/series?key=lr&lo=x", 400),
        (f"{RUN}/series?key=lr&scale=cubic", 400),
        (f"{RUN}/series?key=lr&rank=-1", 400),
        (f"{RUN}/series?key=lr&rank=7", 200),  # the frame says that this rank has none
        (f"{RUN}/series?key=lr&lo=90&hi=10&buckets=5", 200),
        (f"{RUN}/series?key=lr&lo=1e308&hi=-1e308&buckets=5", 200),
        (f"{RUN}/vectors", 404),
        (f"{RUN}/vectors?family=lr", 404),
        (f"{RUN}/media", 400),
        (f"{RUN}/media?key=nope", 404),
        (f"{RUN}/console?offset=x", 400),
        (f"{RUN}/figures/nope", 404),
        (f"{RUN}/figures/gradient_flow?view=nope", 400),
        (f"{RUN}/figures/gradient_flow?nope=1", 400),
        (f"{RUN}/figures/gradient_flow?figure_id=1", 400),
        (f"{RUN}/figures/gradient_flow?run=1", 400),
        (f"{RUN}/export?format=xlsx", 400),
        (f"{RUN}/export?key=nope", 404),
        (f"{RUN}/files/..%2f..%2frun.json", 404),
        (f"{RUN}/files/" + "a" * 64, 404),
        (f"{RUN}/files/nope.png", 400),
        ("/api/runs?filter=((", 400),
        ("/api/runs?limit=x", 400),
        ("/api/runs?sort=nonsense", 200),
        ("/api/runs?project=..", 200),
        ("/api/events?watch=x", 400),
        ("/api/events?watch=../x", 400),
        ("/api/nope", 404),
        ("/api/", 404),
    ],
)
def test_bad_input_is_told_so(ask: Asking, path: str, status: int) -> None:
    answer = ask.get(path)
    assert answer.status_code == status, answer.text
    if status >= 400:
        told = answer.json()
        assert set(told) == {"error", "next"}
        assert told["error"]
        assert told["next"]


def test_a_damaged_run_is_named_and_the_others_work(root: Path, ask: Asking) -> None:
    folder = record(root, "hurt")
    (writer,) = folder.writers()
    path = folder.segments(writer)[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    rows = {row["id"]: row for row in ask.get("/api/runs").json()["runs"]}
    assert rows["hurt"]["damage"]
    assert rows["run1"]["damage"] == []
    assert ask.get("/api/runs/p/hurt").status_code == 200
    assert ask.get(f"{RUN}/series?key=lr&buckets=5").status_code == 200


def test_a_foreign_file_among_the_logs_harms_nobody(root: Path, ask: Asking) -> None:
    folder = record(root, "odd")
    (writer,) = folder.writers()
    (folder.writer(writer) / "000002.rlog").write_bytes(b"<html>" * 50)
    (root / "notes.txt").write_text("mine")
    assert ask.get("/api/runs").json()["total"] == 3
    assert "000002.rlog" in json.dumps(ask.get("/api/runs/p/odd").json()["damage"])


def test_a_log_is_taken_by_offset_and_read_at_once(root: Path, tmp_path: Path, ask: Asking) -> None:
    source = record(tmp_path / "elsewhere", "sent")
    (writer,) = source.writers()
    log = source.segments(writer)[0].read_bytes()
    base = "/api/runs/p/sent/log"
    assert ask.get(base).json() == {"committed": {}}
    put = f"{base}/{writer}/000001.rlog"
    assert ask.put(f"{put}?offset=0", content=log[:1000]).json() == {"committed": 1000}
    behind = ask.put(f"{put}?offset=5000", content=log[5000:])
    assert (behind.status_code, behind.json()) == (409, {"committed": 1000})
    assert ask.put(f"{put}?offset=500", content=log[500:]).json() == {"committed": len(log)}
    assert ask.get(base).json() == {"committed": {f"{writer}/000001.rlog": len(log)}}
    assert ask.get("/api/runs/p/sent").json()["steps"] == 100
    assert ask.put(f"{put}?offset=0", content=log, headers={"X-Crc32c": "7"}).status_code == 400
    assert ask.put(put, content=log).status_code == 400
    assert ask.put(f"{base}/..%2f..%2fx/000001.rlog?offset=0", content=log).status_code in (400, 404, 405)


def test_a_file_is_taken_once_its_hash_is_right(ask: Asking) -> None:
    name = picture_address(ask).rsplit("/", 1)[1]
    address = f"/api/runs/p/sent/files/{name}"
    assert ask.put(address, content=b"something else").status_code == 400
    assert ask.get(address).status_code == 404
    for _ in range(2):  # sending it again changes nothing
        assert ask.put(address, content=PNG).json() == {"committed": len(PNG)}
    assert ask.get(address).content == PNG


def test_another_site_cannot_upload(ask: Asking) -> None:
    answer = ask.put(f"{RUN}/log/r0-1-ab/000001.rlog?offset=0", content=b"x", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403


def test_without_a_built_page_the_door_says_what_to_do(ask: Asking) -> None:
    answer = ask.get("/")
    assert answer.status_code == 200
    assert "make setup" in answer.text
    assert ask.get("/p/run1").status_code == 200


def test_the_page_answers_deep_links_and_keeps_inside_its_folder(store: Store, tmp_path: Path) -> None:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<p>page</p>")
    (static / "assets" / "a-1f.js").write_text("1")
    (tmp_path / "secret").write_text("secret")
    ask = Asking(make_app(store, static=static))
    assert ask.get("/").text == ask.get("/p/run1").text == "<p>page</p>"
    asset = ask.get("/assets/a-1f.js")
    assert "immutable" in asset.headers["cache-control"]
    assert "javascript" in asset.headers["content-type"]
    assert ask.get("/assets/gone.js").status_code == 404
    for path in ("/../secret", "/%2e%2e/secret", "/..%2fsecret", "/assets/..%2f..%2fsecret", "/%00"):
        assert "secret" not in ask.get(path).text


def test_two_folders_are_served_as_one(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    record(other, "run9", project="q")
    ask = Asking(make_app(open_store(root), open_store(other)))
    assert {row["id"] for row in ask.get("/api/runs").json()["runs"]} == {"run1", "run2", "run9"}
    assert ask.get("/api/runs/q/run9").json()["steps"] == 100


def test_every_answer_fits_its_schema(ask: Asking) -> None:
    import msgspec

    shapes = {
        "/api/health": schemas.Health, "/api/projects": list[schemas.Project], "/api/runs": schemas.RunPage,
        RUN: schemas.RunDetail, f"{RUN}/keys": schemas.Keys, f"{RUN}/media?key=samples": schemas.MediaItems,
        f"{RUN}/console": schemas.ConsolePage, f"{RUN}/figures": schemas.Figures, f"{RUN}/findings": schemas.Findings,
    }  # fmt: skip
    for path, shape in shapes.items():
        msgspec.json.decode(ask.get(path).content, type=shape, strict=True)
