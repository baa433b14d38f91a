"""How runs end: stopped from the page, by an error, by an exit, by a machine that is taken away, and without a word."""

import json
import signal
import time
import urllib.request

import pytest

import belvedere as bv
from belvedere.store import liveness
from tests.wandb.real import Client, Server, output_of
from tests.wandb.test_everything import script
from tests.wandb.test_kills import kill_with_children, until_there_are_rows

ENDS = """
import sys, wandb
with wandb.init(project="ends", id=sys.argv[1]) as run:
    run.log({"loss": 1.0})
    if sys.argv[1] == "raises":
        raise ValueError("a mistake of the training")
    if sys.argv[1] == "preempted":
        run.mark_preempting()
    if sys.argv[1] != "finished":
        sys.exit(3)
"""


def test_a_training_that_is_stopped_from_its_page_ends_as_after_ctrl_c(shared: Server, shared_client: Client) -> None:
    process = shared_client.begin(script("stopped.py"), "button", WANDB_SILENT="true")
    until_there_are_rows(shared, "stop/button", 5, key="loss")
    asked = urllib.request.Request(f"{shared.url}/api/runs/stop/button/stop", method="POST")
    with urllib.request.urlopen(asked, timeout=60) as answer:
        assert json.loads(answer.read())["stopping"] == "asked"
    output = output_of(process, fails=True)
    assert "KeyboardInterrupt" in output
    run = bv.open(shared.root).run("stop/button")
    assert run.state == "stopped"
    series = run.series("loss")
    assert series.values.tolist() == [1 / (step + 1) for step in range(len(series))]
    assert 5 <= len(series) < 20_000
    assert shared.asked("runs/stop/button")["stopping"] == "no"


@pytest.mark.parametrize(("end", "state"), [("raises", "failed"), ("preempted", "failed")])
def test_a_training_that_fails_says_so(shared: Server, shared_client: Client, end: str, state: str) -> None:
    shared_client.run(ENDS, end, WANDB_SILENT="true", fails=True)
    run = bv.open(shared.root).run(f"ends/{end}")
    assert (run.state, run.series("loss").values.tolist()) == (state, [1.0])
    assert ("preempting" in run.detail.foreign["wandb"]) == (end == "preempted")
    text = "".join(line.text for line in run.console())
    assert ("ValueError: a mistake of the training" in text) == (end == "raises")


def test_a_killed_training_is_crashed_a_minute_later(
    shared: Server, shared_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = shared_client.begin(script("stopped.py"), "killed", WANDB_SILENT="true")
    until_there_are_rows(shared, "stop/killed", 5, key="loss")
    kill_with_children(process)
    assert process.returncode == -signal.SIGKILL
    killed = time.time()
    for seconds, state in ((0.0, "running"), (liveness.SILENCE_SECONDS - 30, "running"), (61.0, "crashed")):
        monkeypatch.setattr(time, "time", lambda at=killed + seconds: at)
        assert bv.open(shared.root).run("stop/killed").state == state
    assert liveness.SILENCE_SECONDS == 60
