"""A run arrives at a server byte for byte, whatever is killed on the way."""

import filecmp
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

import belvedere as bv
from belvedere.record import artifact_log
from belvedere.record.artifact import Artifact
from belvedere.record.upload import Server, Upload, follow
from belvedere.server.app import make_app
from belvedere.server.serving import listen, serve
from belvedere.store.store import open_store
from tests.ports import free_port
from tests.record.conftest import Begin, folder_of


@contextmanager
def serving(root: Path, port: int = 0) -> Iterator[str]:
    """A Belvedere server over a folder, on a thread."""
    root.mkdir(exist_ok=True)
    listening = listen("127.0.0.1", port)
    ready = threading.Event()
    stop: list[Callable[[], None]] = []

    def on_ready(end: Callable[[], None]) -> None:
        stop.append(end)
        ready.set()

    thread = threading.Thread(
        target=lambda: serve(make_app(open_store(root)), listening, on_ready=on_ready), daemon=True
    )
    thread.start()
    assert ready.wait(60)
    try:
        yield listening.url
    finally:
        stop[0]()
        thread.join(60)


def same_files(run: bv.Run, there: Path) -> bool:
    """Whether the server's logs and media are byte for byte ours."""
    here, other = folder_of(run).path, there / run.project / run.id
    ours = [path.relative_to(here) for kind in ("log", "media") for path in (here / kind).rglob("*") if path.is_file()]
    found = filecmp.cmpfiles(here, other, [str(path) for path in ours], shallow=False)[0]
    return bool(ours) and len(found) == len(ours)


def bytes_in(there: Path) -> int:
    """How much of the logs has arrived."""
    return sum(path.stat().st_size for path in there.rglob("*.rlog"))


def test_what_is_sent_is_the_same_and_sending_again_sends_nothing(begin: Begin, tmp_path: Path) -> None:
    run = begin()
    run.log({"loss": 1.0, "picture": bv.Image(np.zeros((4, 4)))})
    with serving(tmp_path / "server") as url, Server(url, folder_of(run)) as server:
        upload = Upload(folder_of(run), server)
        assert upload.pass_once() > 0
        run.log({"loss": 2.0})
        assert upload.pass_once() > 0
        data = Artifact("data", "dataset", metadata={"rows": 2})
        with data.new_file("a.txt") as file:
            file.write("words")
        data.add_reference("s3://bucket/far", "far")
        run.log_artifact(data, aliases=["best"])
        run.finish()
        assert follow(upload, lambda _: True)
        assert upload.pass_once() == 0
        assert Upload(folder_of(run), server).pass_once() == 0
    assert same_files(run, tmp_path / "server")
    there = artifact_log.find(tmp_path / "server", "p", "data:best")
    assert (there.metadata, there.references, there.digest) == (data.metadata, data.references, data.digest)
    assert Path(there.download(tmp_path / "down"), "a.txt").read_text() == "words"


def test_online_runs_are_at_the_server_when_finish_returns(begin: Begin, tmp_path: Path) -> None:
    with serving(tmp_path / "server") as url:
        run = begin(mode="online", server=url)
        for step in range(50):
            run.log({"loss": float(step)})
        run.finish()
        assert same_files(run, tmp_path / "server")
        series = bv.open(tmp_path / "server").run(run.id).series("loss")
        assert series.values.tolist() == [float(step) for step in range(50)]


def test_a_dead_server_is_not_waited_for_and_finish_says_how_to_send_later(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    run = begin(server="http://127.0.0.1:9")  # the discard port: nobody listens
    for step in range(100):
        run.log({"loss": float(step)})
    run.finish(deadline_secs=0.5)
    trying = [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]
    assert len(trying) == 1  # beside us, for a minute: nobody waited for it
    assert f"python -m belvedere.record.upload {run.dir} http://127.0.0.1:9" in capsys.readouterr().err
    trying[0].kill()
    trying[0].wait()


def test_a_killed_upload_goes_on_where_it_stopped(begin: Begin, tmp_path: Path) -> None:
    run = begin()
    for step in range(2000):
        run.log({"loss": float(step), "text": "x" * 100})
    with serving(tmp_path / "server") as url:
        command = [sys.executable, "-m", "belvedere.record.upload", run.dir, url, "--follow"]
        for _ in range(2):
            before = bytes_in(tmp_path / "server")
            process = subprocess.Popen(command, stdin=subprocess.PIPE)
            while bytes_in(tmp_path / "server") == before and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert process.stdin is not None
            process.stdin.close()
            run.log({"loss": 0.0})
        run.finish()
        assert subprocess.run(command[:-1], check=False).returncode == 0
    assert same_files(run, tmp_path / "server")


def test_a_server_that_comes_back_gets_everything(begin: Begin, tmp_path: Path) -> None:
    run = begin()
    run.log({"loss": 1.0})
    port = free_port()
    with serving(tmp_path / "server", port) as url:
        server = Server(url, folder_of(run))
        upload = Upload(folder_of(run), server)
        upload.pass_once()
    run.log({"loss": 2.0})
    with serving(tmp_path / "server", port), server:
        run.finish()
        assert follow(upload, lambda _: True, linger_secs=10)
    assert same_files(run, tmp_path / "server")


def test_the_uploader_ends_when_training_is_killed(tmp_path: Path) -> None:
    code = f"""
import time, belvedere as bv
run = bv.init(project="p", id="x", dir={str(tmp_path / "here")!r}, server=__import__("sys").argv[1], console=False)
run.log({{"loss": 1.0}})
print("begun", flush=True)
time.sleep(60)
"""
    with serving(tmp_path / "server") as url:
        child = subprocess.Popen(
            [sys.executable, "-c", code, url], stdout=subprocess.PIPE, env={**os.environ, "BELVEDERE_SILENT": "1"}
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"begun\n"
        child.kill()
        child.wait()
        child.stdout.close()
        until = time.monotonic() + 60
        there = tmp_path / "server" / "p" / "x"
        while time.monotonic() < until and not list(there.glob("log/*/*.rlog")):
            time.sleep(0.05)
        assert list(there.glob("log/*/*.rlog"))


@pytest.mark.parametrize("arguments", [["no-such-folder", "http://127.0.0.1:9"]])
def test_a_folder_that_is_no_run_is_refused(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "belvedere.record.upload", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "pass the folder of a run" in done.stderr) == (2, True)
