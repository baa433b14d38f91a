"""POST …/file_stream: what may pass is never refused for good."""

import errno
import gzip
import json
from pathlib import Path

import pytest

from belvedere.store.store import open_store
from belvedere.wandb_protocol.doors import file_stream
from belvedere.wandb_protocol.limits import BODY_BYTES_MAX, LINES_MAX
from tests.wandb_protocol.speaking import Speaking

PATH = "/files/belvedere/p/run1/file_stream"


def rows(*steps: int) -> dict[str, object]:
    content = [
        json.dumps({"_step": step, "_timestamp": 1.7e9 + step, "_runtime": step, "loss": step}) for step in steps
    ]
    return {"files": {"wandb-history.jsonl": {"offset": steps[0], "content": content}}}


@pytest.fixture
def client(tmp_path: Path) -> Speaking:
    client = Speaking(tmp_path)
    client.start()
    return client


def test_rows_are_in_the_log_once_they_are_acknowledged(client: Speaking) -> None:
    assert client.stream(rows(0, 1)).json() == {}
    packed = gzip.compress(json.dumps(rows(2)).encode())
    assert client.post(PATH, content=packed, headers={"Content-Encoding": "gzip"}).status_code == 200
    assert open_store(client.root).run("p/run1").series("loss").values.tolist() == [0, 1, 2]


def test_a_run_that_was_asked_to_stop_is_told_so(client: Speaking) -> None:
    client.stream(rows(0))
    answer = client.asking.request("POST", "/api/runs/p/run1/stop")
    assert (answer.status_code, answer.json()["stopping"]) == (200, "asked")
    assert client.stream({}).json() == {"stopped": True}
    client.stream({"complete": True, "exitcode": 255})
    assert client.asking.get("/api/runs/p/run1").json()["state"] == "stopped"


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"files": {}}', b'{"files": {"new.jsonl": {"offset": 0}}}'])
def test_a_heartbeat_is_taken(client: Speaking, body: bytes) -> None:
    assert client.post(PATH, content=body).status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (gzip.compress(bytes(BODY_BYTES_MAX + 1)), {"Content-Encoding": "gzip"}, 413),
        (bytes(BODY_BYTES_MAX + 1), {}, 413),
    ],
)
def test_what_can_never_pass_is_refused_with_a_sentence(
    client: Speaking, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post(PATH, content=body, headers=headers)
    assert answer.status_code == status
    assert ";" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "headers"), [(b"{", {}), (b"[1]", {}), (b"{}", {"Content-Encoding": "gzip"}), (b"\xff\xfe", {})]
)
def test_what_was_bent_on_its_way_may_come_again_but_not_for_ever(
    client: Speaking, body: bytes, headers: dict[str, str]
) -> None:
    answers = [client.post(PATH, content=body, headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 429, 400]
    assert "; send " in answers[0].json()["error"]
    assert client.stream(rows(0)).status_code == 200
    assert client.post(PATH, content=body, headers=headers).status_code == 429


def test_a_byte_that_is_no_utf8_costs_one_character(client: Speaking) -> None:
    body = json.dumps({"files": {"output.log": {"offset": 0, "content": ["2026-11-20T20:51:26.330491 l_uft"]}}})
    assert client.post(PATH, content=body.encode().replace(b"_", b"\xe4")).status_code == 200
    assert [line.text for line in open_store(client.root).run("p/run1").console()] == ["l\ufffduft"]


def test_a_post_of_millions_of_lines_is_refused(client: Speaking) -> None:
    body = b'{"files": {"output.log": {"offset": 0, "content": [' + b'"",' * LINES_MAX + b'""]}}}'
    answer = client.post(PATH, content=body)
    assert (answer.status_code, answer.json()["error"].startswith("a post of 400001 lines refused")) == (413, True)


@pytest.mark.parametrize("run", ["%2e%2e", "a%2fb", "a%00b", "x" * 200])
def test_a_run_that_cannot_be_called_that_is_refused(client: Speaking, run: str) -> None:
    answer = client.post(f"/files/belvedere/p/{run}/file_stream", json=rows(0))
    assert answer.status_code in (400, 404, 405)
    assert sorted(path.name for path in client.root.iterdir()) == [".belvedere", "p"]


def test_a_full_disk_asks_to_come_again(client: Speaking, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> dict[str, object]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(file_stream, "receive", full)
    answer = client.stream(rows(0))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")


def test_a_mistake_of_ours_is_tried_again_and_then_given_up(
    client: Speaking, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*given: object) -> dict[str, object]:
        raise ZeroDivisionError

    with monkeypatch.context() as broken_server:
        broken_server.setattr(file_stream, "receive", broken)
        assert [client.stream(rows(0)).status_code for _ in range(5)] == [429, 429, 429, 422, 422]
    assert client.asking.get("/api/protocol").json()["failed"] == {"p/run1": 5}
    assert caplog.records[0].exc_info is not None
    assert client.stream(rows(0)).status_code == 200
    assert client.asking.get("/api/protocol").json()["failed"] == {}
