"""How fast `.wandb` files are read and landed: rows of 10 scalars in the client's own layout, keys in any order.

python -m benchmarks.bench_wandb_files [FILE]
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from belvedere.importers import wandb
from belvedere.importers.bringing import Bringing
from belvedere.importers.wandb.framing import read_stretch
from belvedere.importers.wandb.plain_rows import plain_row
from belvedere.importers.wandb.records import HISTORY, history_values, record_kind
from belvedere.importers.wandb.rows import history_row
from tests.importers.wandb.wandb_file import end, field, framed, item, record, run

ROWS = 20_000
SCALARS = 10
ROUNDS = 3
TO_REACH = 30_000


def written(folder: Path) -> Path:
    """A file as the client writes it: for each step two summary records, then the row."""
    chance = random.Random(0)
    records = [run("bench", "bench")]
    runtime = field(1, item(["_wandb", "runtime"], "1")) + field(1, field(1, "_runtime") + field(16, "1"))
    for step in range(ROWS):
        row = {f"train/m{i}": chance.random() for i in range(SCALARS)}
        told = {**row, "_step": step, "_runtime": step / 100, "_timestamp": 1.7e9 + step / 100}
        keys = sorted(told, key=lambda key: chance.random())
        items = b"".join(field(1, item([key], json.dumps(told[key]))) for key in keys)
        number = 3 * step + 2
        records += [record(3, runtime, number), record(3, items, number + 1)]
        records.append(record(2, items + field(2, field(1, step)), number + 2))
    place = folder / "wandb" / "offline-run-20260101_000000-bench"
    place.mkdir(parents=True)
    path = place / "run-bench.wandb"
    path.write_bytes(framed([*records, end()]))
    return path


def read(path: Path) -> int:
    """Read every row, and throw it away."""
    count = offset = 0
    while True:
        found = read_stretch(path, offset)
        for one in found.records:
            kind, message = record_kind(one)
            if kind == HISTORY:
                assert plain_row(message) or history_row(history_values(message))
                count += 1
        if found.is_whole or found.end == offset:
            return count
        offset = found.end


def bring(path: Path) -> int:
    """Read every row into a log of ours."""
    with tempfile.TemporaryDirectory() as root:
        bringing = Bringing(wandb, path, Path(root), print)
        for brought in bringing.each(bringing.sources()):
            assert not brought.trouble, brought.trouble
        bringing.close()
    return 0


def rate(work: Callable[[Path], int], path: Path, count: int) -> float:
    """Rows a second of CPU, the best of some rounds: the machine is shared."""
    best = 0.0
    for _ in range(ROUNDS):
        started = time.process_time()
        work(path)
        best = max(best, count / (time.process_time() - started))
    return best


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else written(Path(folder))
        count = read(path)
        print(f"{count:,} rows, {path.stat().st_size / 1e6:.1f} MB: {path.name}")
        speed = rate(read, path, count)
        verdict = "ok" if speed >= TO_REACH else "MISSED"
        print(f"read   {speed:10,.0f} rows/s | to reach {TO_REACH:,}: {verdict}")
        print(f"import {rate(bring, path, count):10,.0f} rows/s, into a log of ours")


if __name__ == "__main__":
    main()
