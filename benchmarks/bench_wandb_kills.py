"""Whether anything is lost or doubled: 20 real W&B clients log 2,000 steps each while the server is killed five times.

    python -m benchmarks.bench_wandb_kills

The clients are those that `make setup` installs. Every value of every run is compared with what was logged.
"""

import subprocess
import tempfile
import time
from pathlib import Path

import belvedere as bv
from belvedere.store.run import Run
from tests.ports import free_port
from tests.wandb.real import Client, Server, client_in, output_of

CLIENTS, STEPS, RATE, KILLS, BETWEEN_SECONDS = 20, 2000, 20.0, 5, 15.0
VALUES = 10
SCRIPT = (Path(__file__).parents[1] / "tests" / "wandb" / "scripts" / "counting.py").read_text()


def main() -> None:
    """Run it and count."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        root.mkdir()
        server = Server(root, free_port())
        server.start()
        client = client_in(Path(folder) / "client", server.url)
        began = time.monotonic()
        running = begun(client)
        for _ in range(KILLS):
            time.sleep(BETWEEN_SECONDS)
            server.kill()
            time.sleep(1.0)
            server.start()
            print(f"{time.monotonic() - began:6.1f} s  the server was killed and started again", flush=True)
        for process in running:
            output_of(process)
        server.stop()
        store = bv.open(root)
        lost, doubled, wrong = map(sum, zip(*(counted(store.run(f"counting/run{n}")) for n in range(CLIENTS))))
        print(f"{CLIENTS} clients, {STEPS} steps of {VALUES} values, {KILLS} kills, {time.monotonic() - began:.0f} s")
        print(f"lost {lost}, doubled {doubled}, wrong {wrong} of {CLIENTS * STEPS * VALUES} values")


def begun(client: Client) -> "list[subprocess.Popen[str]]":
    """All clients, a little apart as a scheduler starts them."""
    found = []
    for number in range(CLIENTS):
        found.append(client.begin(SCRIPT, f"run{number}", str(STEPS), str(RATE)))
        time.sleep(0.5)
    return found


def counted(run: Run) -> tuple[int, int, int]:
    """Values of a run that are lost, doubled, or not what was logged."""
    lost = doubled = wrong = 0
    for i in range(VALUES):
        series = run.series(f"value/{i}")
        steps = series.steps.tolist()
        lost += STEPS - len(set(steps))
        doubled += len(steps) - len(set(steps))
        wrong += sum(value != step * VALUES + i for step, value in zip(steps, series.values.tolist()))
    return lost, doubled, wrong


if __name__ == "__main__":
    main()
