"""Nothing is lost and nothing doubled, whoever is killed: clients, the server, or both."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import belvedere as bv
from belvedere.store.run import Run
from tests.wandb.real import PATIENCE_SECONDS, Client, Server

COUNTING = (Path(__file__).parent / "scripts" / "counting.py").read_text()


def test_many_clients_while_the_server_is_killed_again_and_again(server: Server, client: Client) -> None:
    """The same with 20 clients, 2,000 steps and five kills: benchmarks/bench_wandb_kills.py."""
    clients, steps = 4, 400
    running = [client.begin(COUNTING, f"run{number}", str(steps), "60") for number in range(clients)]
    for _ in range(2):
        time.sleep(3)
        server.kill()
        time.sleep(0.5)
        server.start()
    for process in running:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, output
    for number in range(clients):
        is_whole(bv.open(server.root).run(f"counting/run{number}"), steps)


def is_whole(run: Run, steps: int) -> None:
    """Every row is there once."""
    assert run.state == "finished"
    for i in range(10):
        series = run.series(f"value/{i}")
        assert series.steps.tolist() == list(range(steps))
        assert series.values.tolist() == [float(step * 10 + i) for step in range(steps)]


def test_a_killed_client_whose_file_is_synced_twice_has_every_row_of_that_file_once(
    server: Server, client: Client
) -> None:
    process = client.begin(COUNTING, "killed", "2000", "100", WANDB_X_TRANSACTION_LOG_FLUSH_INTERVAL="1")
    until_there_are_rows(server, "counting/killed", 200)
    kill_with_children(process)
    streamed = len(bv.open(server.root).run("counting/killed").series("value/0"))
    (folder,) = client.folder.glob("wandb/run-*")
    rows = rows_of_file(folder, client.folder / "imported")
    for _ in range(2):
        client.wandb("sync", "--include-online", "--include-synced", str(folder))
    series = bv.open(server.root).run("counting/killed").series("value/0")
    assert series.steps.tolist() == list(range(max(rows, streamed)))
    assert series.values.tolist() == [step * 10.0 for step in range(max(rows, streamed))]
    assert rows > 100


def until_there_are_rows(server: Server, run: str, count: int, *, key: str = "value/0") -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            if len(bv.open(server.root).run(run).series(key)) >= count:
                return
        except bv.NotFound:
            pass
        time.sleep(0.2)
    raise AssertionError(f"{run} has no {count} rows\n{server.log()}")


def kill_with_children(process: "subprocess.Popen[str]") -> None:
    import psutil

    children = psutil.Process(process.pid).children(recursive=True)
    for pid in [process.pid, *(child.pid for child in children)]:
        os.kill(pid, signal.SIGKILL)
    process.communicate()


def rows_of_file(path: Path, root: Path) -> int:
    """Rows of history in a transaction log, as our own reader finds them."""
    command = [sys.executable, "-m", "belvedere", "import", "wandb", str(path), "--dir", str(root)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return len(bv.open(root).run("counting/killed").series("value/0"))
