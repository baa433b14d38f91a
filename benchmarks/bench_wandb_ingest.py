"""What one history row of 10 scalars costs the server that takes it in from an unmodified W&B client.

    python -m benchmarks.bench_wandb_ingest [--quick]

A post of 1,000 rows goes through `receive`, which answers when all of it is in the log: CPU time of this process, the
parsing of the post's own JSON included. Then the same posts go over HTTP to a server in a process of its own: all the
CPU time that process takes meanwhile, its watcher and its upkeep included.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import httpx
import orjson
import psutil

from belvedere.server.library import Library, shelf_of
from belvedere.store.store import open_store
from belvedere.wandb_protocol.desk import Desk
from belvedere.wandb_protocol.file_stream import receive
from tests.server.running import server

ROWS = 1000  # in a post
SCALARS = 10
POSTS = 60
POSTS_QUICK = 10
REACH_US = 60.0
KEY = "k" * 40
STARTED = 1.7e9


def post(number: int) -> bytes:
    """One post as it comes from the client, keys in another order in every row."""
    lines = []
    for row in range(ROWS):
        step = number * ROWS + row
        values = {f"train/value_{(i + row) % SCALARS}": 1.0 / (step + i + 1) for i in range(SCALARS)}
        own = {"_step": step, "_runtime": step * 0.01, "_timestamp": STARTED + step * 0.01}
        lines.append(json.dumps({**values, **own}))
    return orjson.dumps({"files": {"wandb-history.jsonl": {"offset": number * ROWS, "content": lines}}})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few posts, for the shape of the table only")
    count = POSTS_QUICK if parser.parse_args().quick else POSTS
    posts = [post(number) for number in range(count)]
    whole_us = served_us(posts)
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Library([shelf_of(open_store(Path(folder)))]), b"key")
        spent_us = []
        for body in posts:
            before = time.process_time_ns()
            receive(desk, "belvedere", ("bench", "run"), orjson.loads(body))
            spent_us.append((time.process_time_ns() - before) / 1e3 / ROWS)
        rows = desk.shelves.run(("bench", "run")).steps
    spent_us.sort()
    median = spent_us[len(spent_us) // 2]
    print(f"{count} posts of {ROWS} rows with {SCALARS} scalars, {rows:,} rows in the log")
    print(f"{'':24}{'median':>10}{'best':>10}{'worst':>10}{'to reach':>10}")
    print(f"{'µs CPU a row':24}{median:>10.1f}{spent_us[0]:>10.1f}{spent_us[-1]:>10.1f}{REACH_US:>10.0f}")
    print(f"{'rows/s on one core':24}{1e6 / median:>10,.0f}{'':20}{15_000:>10,}")
    print(f"{'whole server, µs a row':24}{whole_us:>10.1f}{'':20}{REACH_US:>10.0f}")


def served_us(posts: list[bytes]) -> float:
    """CPU time a row of a server that takes these posts over HTTP."""
    with tempfile.TemporaryDirectory() as folder, server(folder, "--port", "0") as running:
        process = psutil.Process(running.process.pid)
        with httpx.Client(auth=("api", KEY), timeout=60) as client:
            address = f"{running.url}/files/belvedere/bench/run/file_stream"
            client.post(address, json={}).raise_for_status()
            before = process.cpu_times()
            for body in posts:
                headers = {"Content-Type": "application/json"}
                client.post(address, content=body, headers=headers).raise_for_status()
            after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) * 1e6 / len(posts) / ROWS


if __name__ == "__main__":
    main()
