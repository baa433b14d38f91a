"""What the page of a sweep is told, and what it may ask for."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.wandb_protocol.sweeps.test_agents import Sweeping

SEARCH = """method: grid
name: rates
metric: {name: loss, goal: maximize}
parameters:
  lr: {values: [0.1, 0.2, 0.3]}
  model: {parameters: {width: {value: 64}}}
early_terminate: {type: hyperband, min_iter: 2, eta: 2}"""


class Shown:
    """A sweep of three runs: one that reached 0.5, one of 0.7 that goes on, one that nothing was heard of."""

    def __init__(self, root: Path) -> None:
        self.sweep = Sweeping(root, SEARCH)
        agents = [self.sweep.join() for _ in range(3)]
        self.agent = agents[0]
        self.runs = [self.sweep.beat(agent)[0]["run_id"] for agent in agents]
        for lr, run in zip((0.1, 0.2), self.runs):
            self.sweep.client.start(run, config=json.dumps({"lr": {"value": lr}}))
        self.sweep.run(self.runs[0], 0.9, 0.5)
        self.sweep.run(self.runs[1], 0.7, ends=False)

    def asked(self, path: str = "", method: str = "GET", **options: Any) -> Any:
        return self.sweep.client.asking.request(method, f"/api/projects/p/sweeps{path}", **options)

    def detail(self) -> dict[str, Any]:
        found: dict[str, Any] = self.asked(f"/{self.sweep.id}").json()
        return found


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    return Shown(tmp_path)


def test_a_sweep_is_told_with_its_search_its_runs_and_the_best(shown: Shown) -> None:
    found = shown.detail()
    facts = ("name", "state", "method", "metric", "goal", "runs", "expected", "agents", "best")
    assert [found[fact] for fact in facts] == ["rates", "running", "grid", "loss", "maximize", 3, 3, 3, shown.runs[1]]
    assert found["command"] == f"wandb agent belvedere/p/{shown.sweep.id}"
    assert found["stopping"] == "hyperband, from iteration 2, the best 1/2 go on"
    assert found["parameters"] == [
        {"name": "lr", "where": "0.1, 0.2, 0.3", "varies": True},
        {"name": "model.width", "where": "64", "varies": False},
    ]
    told = [(one["run"], one["state"], one["args"], one["result"], one["steps"]) for one in found["trials"]]
    assert told == [
        (shown.runs[0], "finished", {"lr": 0.1, "model.width": 64}, 0.5, 2),
        (shown.runs[1], "running", {"lr": 0.2, "model.width": 64}, 0.7, 1),
        (shown.runs[2], "waiting", {"lr": 0.3, "model.width": 64}, None, 0),
    ]
    (row,) = shown.asked().json()["sweeps"]
    assert row.items() <= found.items()
    assert shown.asked("/nothing").status_code == 404


def test_the_page_pauses_resumes_and_cancels(shown: Shown) -> None:
    agent, running = shown.agent, shown.runs[1]

    def ask(state: str, **options: Any) -> Any:
        return shown.asked(f"/{shown.sweep.id}/state?to={state}", "POST", **options)

    assert ask("paused", headers={"Origin": "http://evil.example"}).status_code == 403
    assert ask("paused").json()["state"] == "paused"
    assert shown.sweep.beat(agent) == []
    assert ask("running").json()["state"] == shown.detail()["state"] == "running"
    assert ask("canceled").json()["state"] == "canceled"
    assert shown.sweep.beat(agent, running) == [{"type": "stop", "run_id": running}]
    assert ask("running").json()["error"] == f"sweep {shown.sweep.id} is canceled"
    assert ask("asleep").status_code == 400


def test_figures_compare_the_runs_of_the_sweep_alone(shown: Shown) -> None:
    shown.sweep.run("elsewhere", 9.0)
    path = f"/{shown.sweep.id}/figures/parallel_coordinates?objective=loss"
    notes = shown.asked(path).json()["meta"]["notes"]
    assert notes[0].startswith("2 runs, outcome: loss")
    assert shown.asked(path.replace("parallel_coordinates", "loss_curves")).status_code == 400
