"""Whatever is sent to whatever address: the server answers, and the runs of others are what they were."""

import json
import logging
import sys
import tempfile
from pathlib import Path

import pytest
from starlette.routing import Route

from belvedere.store.compact import reindex
from belvedere.store.run import Run
from belvedere.store.store import Store, open_store
from tests.wandb_protocol.hostile import Hostile
from tests.wandb_protocol.posting import CONSOLE, HISTORY, row
from tests.wandb_protocol.speaking import Speaking

PROJECT, HONEST = "kept", "honest"  # which no attack names
EVERY = 10  # so many requests between two posts of the honest program
ODD = {"loss": float("nan"), "deep": {"a": [1, "x", None]}, "text": "läuft"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_that_is_sent_harms_the_server_or_a_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seed: int
) -> None:  # fmt: skip
    with caplog.at_level(logging.ERROR):
        assault(tmp_path / "runs", seed, 250)
    assert [record.getMessage() for record in caplog.records] == []


def assault(root: Path, seed: int, count: int) -> None:
    """So many requests to a server over an empty root, beside a program that logs honestly."""
    client = Speaking(root)
    client.start(HONEST, PROJECT, config='{"lr": {"value": 0.1}}')
    hostile = Hostile(seed, [route for route in client.app.routes if isinstance(route, Route)], HONEST)
    logged = 0
    for number, attack in enumerate(hostile.attacks(count)):
        answer = client.asking.request(attack.method, attack.path, headers=attack.headers, content=attack.body)
        assert answer.status_code < 500, f"seed {seed}, request {number}: {attack}\n{answer.text}"
        hostile.learn(answer.content)
        if number % EVERY == 0:
            log_honestly(client, logged)
            logged += 1
    assert client.asking.get("/api/health").status_code == 200
    body = {"files": {}, "complete": True, "exitcode": 0}
    assert client.stream(body, HONEST, PROJECT).json() == {}
    is_whole(open_store(root).run(f"{PROJECT}/{HONEST}"), logged)
    found = told(open_store(root))
    reindex(root)
    assert told(open_store(root)) == found


def log_honestly(client: Speaking, step: int) -> None:
    lines = {"offset": step, "content": [row(step, **{**ODD, "place": step})]}
    console = {"offset": step, "content": [f"2026-11-20T20:51:26.330491 epoch {step}"]}
    answer = client.stream({"files": {HISTORY: lines, CONSOLE: console}}, HONEST, PROJECT)
    assert (answer.status_code, answer.json()) == (200, {})


def is_whole(run: Run, logged: int) -> None:
    """All that the honest program logged is there, once, and nothing else."""
    assert (run.state, run.steps, run.config, run.damage) == ("finished", logged, {"lr": 0.1}, [])
    assert sorted(key.key for key in run.keys()) == ["_runtime", "deep/a", "loss", "place", "text"]
    assert run.series("place").values.tolist() == list(range(logged))
    assert [str(value) for value in run.series("loss").values.tolist()] == ["nan"] * logged
    assert [line.text for line in run.console()] == [f"epoch {step}" for step in range(logged)]
    assert (len(run.attempts), run.tags, run.notes, run.files) == (1, (), "", ())


def told(store: Store) -> dict[str, str]:
    """All that each run says of itself, as text, in which NaN equals NaN. Every run opens, and none is damaged."""
    found = {}
    for run in store.runs():
        assert run.damage == []
        series = {
            key.key: (run.series(key.key).steps.tolist(), run.series(key.key).values.tolist())
            for key in run.keys()
            if key.kind == "scalar"
        }  # fmt: skip
        found[run.path] = json.dumps([run.steps, run.config, run.summary, series, run.console()], default=repr)
    return found


if __name__ == "__main__":  # python -m tests.wandb_protocol.test_fuzz FIRST_SEED SEEDS REQUESTS
    first, seeds, requests = map(int, sys.argv[1:])
    for one in range(first, first + seeds):
        with tempfile.TemporaryDirectory() as folder:
            assault(Path(folder) / "runs", one, requests)
        print(f"seed {one}: {requests} requests, none did harm", flush=True)
