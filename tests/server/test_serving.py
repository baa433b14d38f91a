"""The server as a process: it starts, pushes, ends quickly, survives a kill, asks for its token."""

import re
import signal
import time
from pathlib import Path

import httpx
import pytest

from belvedere.runlog.layout import run_folder
from belvedere.server.serving import FILES_MAX, _allow_many_files
from tests.ports import free_port
from tests.server.recorded import record, writer_of
from tests.server.running import PATIENCE_SECONDS, Event, Watching, server


def test_it_answers_when_it_says_so_and_ends_at_once_with_pages_open(tmp_path: Path) -> None:
    record(tmp_path, finished=False)
    with server(str(tmp_path), "--port", "0") as running:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", running.url)
        assert httpx.get(f"{running.url}/").status_code == 200
        page = Watching(running.url, "p/run1")
        page.wait_for(lambda event: event.kind == "run")
        assert running.stop(signal.SIGINT) == 130
        page.thread.join(PATIENCE_SECONDS)
        assert page.is_over
        assert running.process.stderr is not None
        assert running.process.stderr.read().strip() == ""  # where it waits for pages it says so


def test_a_small_answer_is_not_held_back(tmp_path: Path) -> None:
    with server(str(tmp_path), "--port", "0") as running, httpx.Client(base_url=running.url) as client:
        client.get("/api/nope")
        seconds = []
        for _ in range(40):
            began = time.monotonic()
            client.get("/api/nope")
            seconds.append(time.monotonic() - began)
        assert min(seconds[20:]) < 0.03  # each takes 40 ms when the kernel waits for more; it begins without


def test_sigterm_ends_it_too(tmp_path: Path) -> None:
    with server(str(tmp_path), "--port", "0") as running:
        assert running.stop(signal.SIGTERM) in (143, -signal.SIGTERM)


def test_growth_is_pushed_row_by_row(tmp_path: Path) -> None:
    writer = writer_of(run_folder(tmp_path, "p", "run1"))
    writer.row(0, {"train/loss": 1.0})
    with server(str(tmp_path), "--port", "0") as running:
        page = Watching(running.url, "p/run1")
        page.wait_for(lambda event: event.kind == "run" and event.data["steps"] == 1)
        for step in range(1, 11):
            writer.row(step, {"train/loss": 1.0, **({"lr": 0.1} if step > 5 else {})})
            page.wait_for(lambda event, steps=step + 1: event.kind == "run" and event.data["steps"] >= steps)
        versions = [event.data["keys_version"] for event in page.events if event.kind == "run"]
        assert versions[0] < versions[-1]
        page.wait_for(lambda event: event.kind == "runs" and event.data["changed"][0]["id"] == "run1")
    writer.close()


def test_a_page_that_comes_back_to_a_killed_server_misses_nothing(tmp_path: Path) -> None:
    writer = writer_of(run_folder(tmp_path, "p", "run1"))
    writer.row(0, {"train/loss": 1.0})
    port = str(free_port())
    with server(str(tmp_path), "--port", port) as running:
        page = Watching(running.url, "p/run1")
        last = page.wait_for(lambda event: event.kind == "run")
        running.stop(signal.SIGKILL)
    for step in range(1, 51):  # while nobody serves
        writer.row(step, {"train/loss": 1.0})
    other = record(tmp_path, "run2")
    with server(str(tmp_path), "--port", port) as running:
        back = Watching(running.url, "p/run1", last_event_id=last.id)
        event = back.wait_for(lambda event: event.kind == "run")
        assert event.data["steps"] == 51
        back.wait_for(lambda event: event.kind == "runs" and names(event) >= {other.run_id})
    writer.close()


def names(event: Event) -> set[str]:
    return {change["id"] for change in event.data["changed"]}


def test_all_addresses_need_the_token_that_is_printed(tmp_path: Path) -> None:
    record(tmp_path)
    with server(str(tmp_path), "--port", "0", "--host", "0.0.0.0") as running:
        found = re.fullmatch(r"http://[^/]+:(\d+)/\?token=(\S+)", running.url)
        assert found is not None
        here = f"http://127.0.0.1:{found[1]}"
        assert httpx.get(f"{here}/api/runs").status_code == 401
        assert httpx.get(f"{here}/").status_code == 401
        assert httpx.get(f"{here}/api/runs", headers={"Authorization": f"Bearer {found[2]}"}).status_code == 200
        with httpx.Client(follow_redirects=True) as browser:
            assert browser.get(f"{here}/?token={found[2]}").status_code == 200
            assert browser.get(f"{here}/api/health").json()["auth"] is True


@pytest.mark.parametrize("bad", [["--port", "99999"], ["--host", "192.0.2.1"], ["/does/not/exist"], ["http://x"]])
def test_what_cannot_be_served_is_said_in_one_sentence(tmp_path: Path, bad: list[str]) -> None:
    from belvedere.cli.main import run

    assert run(["serve", *([str(tmp_path)] if bad[0].startswith("--") else []), *bad]) == 2


def test_a_taken_port_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from belvedere.cli.main import run

    with server(str(tmp_path), "--port", "0") as running:
        port = running.url.rsplit(":", 1)[1]
        assert run(["serve", str(tmp_path), "--port", port]) == 2
    told = capsys.readouterr().err.splitlines()[-1]  # before it: that there are no runs yet
    assert f"port {port}" in told
    assert "--port" in told


def test_the_server_may_have_many_files_open() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, before[0]), before[1]))
    try:
        _allow_many_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(before[0], FILES_MAX)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
