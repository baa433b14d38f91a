"""What reading through W&B's API costs the server: a thousand runs listed, a long history scanned and sampled.

    python -m benchmarks.bench_wandb_api [--runs 1000] [--rows 1000000]

Answers are made in this process, without a network and without the client, which takes its own time on top.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from belvedere.core.entries import Configured, RunFinished, RunStarted
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import run_folder, writer_id
from belvedere.server.library import Library, shelf_of
from belvedere.store.store import open_store
from belvedere.wandb_protocol.desk import Desk
from belvedere.wandb_protocol.graphql import Request, answered

BEGAN = 1.7e9
KEYS = tuple(f"loss{number}" for number in range(9))
LIST_SECS = 1.5
PAGE_RUNS, PAGE_ROWS = 50, 1000
RUNS = """query Runs($cursor: String, $filters: JSONString, $order: String) { project(name: "p", entityName: "e") {
  runCount(filters: $filters) runs(first: 50, after: $cursor, filters: $filters, order: $order) {
    edges { node { id tags name displayName sweepName state group jobType commit readOnly createdAt heartbeatAt
      description notes historyLineCount user { name username } } cursor } pageInfo { endCursor hasNextPage } } } }"""
LONG = """query Q($low: Int64, $high: Int64, $specs: [JSONString!]) { project(name: "p", entityName: "e") {
  run(name: "long") { %s } } }"""
PAGE = LONG % "history(minStep: $low, maxStep: $high, samples: 1000)"
SAMPLED = LONG % "history(samples: 500)"
BY_KEYS = LONG % "sampledHistory(specs: $specs)"
LAST = LONG % "historyKeys"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        many(Path(folder) / "many", wanted.runs)
        long(Path(folder) / "long", wanted.rows)


def many(root: Path, count: int) -> None:
    """Pages of 50 until all runs are listed, as the client asks for them."""
    for number in range(count):
        land(root, f"run{number:05d}", 200, BEGAN + number)
    desk = desk_of(root)
    row(f"{count} runs listed, none ever read before", lambda: listed(desk, count))
    row(f"{count} runs listed", lambda: listed(desk, count), LIST_SECS)
    row(f"{count} runs listed by a server just started", lambda: listed(desk_of(root), count), LIST_SECS)
    wish = '{"config.lr": {"$gt": 0.5}}', "-summary_metrics.loss0"
    row("… with a filter and by their loss", lambda: listed(desk, count, *wish))


def long(root: Path, rows: int) -> None:
    """One history of many rows of ten numbers."""
    land(root, "long", rows, BEGAN)
    desk = desk_of(root)
    specs = ['{"keys": ["_step", "loss0", "loss5"], "samples": 500}']
    row(f"first question about {rows} rows", lambda: ask(desk, LAST))
    row("the same once more", lambda: ask(desk, LAST))
    for part in (0.0, 0.5, 0.999):
        low = int(rows * part)
        row(f"a page of {PAGE_ROWS} rows at step {low}", partial(ask, desk, PAGE, low=low, high=low + PAGE_ROWS))
    row("500 rows of all, all keys", lambda: ask(desk, SAMPLED))
    row("500 rows of all, two keys", lambda: ask(desk, BY_KEYS, specs=specs))


def land(root: Path, run_id: str, rows: int, began: float) -> None:
    root.mkdir(exist_ok=True)
    folder = run_folder(root, "p", run_id)
    identity = writer_id(0, round(began * 1e9), "0a")
    landing = Landing(folder, RunStarted(began, "p", run_id, identity, name=f"name of {run_id}", host="elsewhere"))
    landing.event(Configured(began, {"lr": began % 10 / 10, "model": {"layers": 4}}))
    for step in range(rows):
        values = {key: math.exp(-step / 50) for key in KEYS}
        landing.row(step, round((began + step) * 1e6), {**values, "_runtime": float(step)})
    landing.event(RunFinished(began + rows))
    landing.close()


def desk_of(root: Path) -> Desk:
    return Desk(Library([shelf_of(open_store(root))]), b"k" * 32)


def ask(desk: Desk, text: str, **variables: object) -> Any:
    answer = answered(desk, "http://127.0.0.1", Request(text, variables))
    if "errors" in answer:
        raise SystemExit(str(answer["errors"]))
    return answer["data"]


def listed(desk: Desk, count: int, filters: str = "{}", order: str = "+created_at") -> int:
    found, cursor, more = 0, None, True
    while more:
        runs = ask(desk, RUNS, cursor=cursor, filters=filters, order=order)["project"]["runs"]
        found += len(runs["edges"])
        cursor, more = runs["pageInfo"]["endCursor"], runs["pageInfo"]["hasNextPage"]
    if filters == "{}" and found != count:
        raise SystemExit(f"{found} of {count} runs were listed")
    return found


def row(label: str, call: Callable[[], object], limit_secs: float | None = None) -> None:
    began = time.perf_counter()
    call()
    took = time.perf_counter() - began
    verdict = "" if limit_secs is None else f"  (≤ {limit_secs:.1f} s: {'yes' if took <= limit_secs else 'NO'})"
    print(f"{label:48} {took * 1e3:10.1f} ms{verdict}")


if __name__ == "__main__":
    main()
