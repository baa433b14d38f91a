"""Agents over the protocol: what they are given, what is ended, what is taken back from the dead."""

import json
from pathlib import Path
from typing import Any

import pytest

from belvedere.runlog.artifacts.ids import taken_apart
from belvedere.wandb_protocol.sweeps import agents
from belvedere.wandb_protocol.sweeps.agents import Word, commands
from tests.wandb_protocol.speaking import Speaking

UPSERT = """mutation UpsertSweep($id: ID, $config: String, $state: String, $displayName: String, $projectName: String) {
    upsertSweep(input: {id: $id, config: $config, state: $state, displayName: $displayName,
        projectName: $projectName}) { sweep { id name project { name entity { name } } } configValidationWarnings } }"""
JOIN = """mutation CreateAgent($sweep: String!) { createAgent(input: {host: "h", projectName: "p", sweep: $sweep}) {
    agent { id } } }"""
BEAT = """mutation Heartbeat($id: ID!, $runState: JSONString) {
    agentHeartbeat(input: {id: $id, metrics: "{}", runState: $runState}) { agent { id } commands } }"""
SWEEP = """query GetSweep($name: String!) { project(name: "p") { totalSweeps sweep(sweepName: $name) {
    __typename name displayName method state bestLoss config runCount runCountExpected
    runs { edges { node { name } } } agents { edges { node { name host state totalRuns } } } } } }"""
GRID = "method: grid\nname: mine\nparameters: {lr: {values: [0.1, 0.2]}}"
HYPER = """method: random
metric: {name: loss}
parameters: {lr: {min: 0.0, max: 1.0}}
early_terminate: {type: hyperband, min_iter: 2, eta: 2}"""


class Sweeping:
    """A sweep of project p, and agents of it."""

    def __init__(self, root: Path, config: str = GRID) -> None:
        self.client = Speaking(root)
        made = self.client.data(UPSERT, config=config, projectName="p")["upsertSweep"]
        assert made["configValidationWarnings"] == []
        self.id, self.opaque = made["sweep"]["name"], made["sweep"]["id"]

    def join(self) -> str:
        return str(self.client.data(JOIN, sweep=self.id)["createAgent"]["agent"]["id"])

    def beat(self, agent: str, *under_way: str) -> list[dict[str, Any]]:
        state = json.dumps(dict.fromkeys(under_way, True))
        told: list[dict[str, Any]] = json.loads(
            self.client.data(BEAT, id=agent, runState=state)["agentHeartbeat"]["commands"]
        )
        return told

    def word(self, agent: str, *under_way: str) -> Word:
        project, name = taken_apart(agent, "Agent")
        return Word(project, self.id, name.partition(":")[2], frozenset(under_way))

    def run(self, run_id: str, *losses: float, ends: bool = True) -> None:
        """A run of these values, as the client sends it."""
        self.client.start(run_id)
        rows = [json.dumps({"loss": loss, "_step": step, "_timestamp": 1e9 + step}) for step, loss in enumerate(losses)]
        body: dict[str, Any] = {"files": {"wandb-history.jsonl": {"offset": 0, "content": rows}}} if rows else {}
        body |= {"complete": True, "exitcode": 0} if ends else {}
        assert self.client.stream(body, run_id).status_code == 200

    def state(self, state: str) -> None:
        self.client.data(UPSERT, id=self.opaque, state=state, projectName="p")

    def asked(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.data(SWEEP, name=self.id)["project"]["sweep"]
        return found


def test_a_grid_is_given_out_one_run_at_a_time_until_it_ends(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    agent = sweep.join()
    (first,) = sweep.beat(agent)
    assert (first["type"], first["args"]) == ("run", {"lr": {"value": 0.1}})
    assert sweep.beat(agent, first["run_id"]) == []
    sweep.run(first["run_id"], 0.5)
    (second,) = sweep.beat(agent)
    assert second["args"] == {"lr": {"value": 0.2}}
    assert sweep.beat(agent, second["run_id"]) == []
    assert sweep.beat(agent) == [{"type": "exit"}]
    found = sweep.asked()
    assert [found[key] for key in ("state", "runCount", "runCountExpected", "displayName", "method")] == [
        "FINISHED", 1, 2, "mine", "grid",
    ]  # fmt: skip
    assert found["runs"]["edges"] == [{"node": {"name": first["run_id"]}}]
    ((only,),) = [found["agents"]["edges"]]
    assert (only["node"]["host"], only["node"]["totalRuns"], only["node"]["state"]) == ("h", 2, "RUNNING")


def test_two_agents_never_get_the_same_combination(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    one, other = sweep.join(), sweep.join()
    (first,), (second,) = sweep.beat(one), sweep.beat(other)
    assert [first["args"], second["args"]] == [{"lr": {"value": 0.1}}, {"lr": {"value": 0.2}}]


def test_a_run_whose_command_never_arrived_is_given_again(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    agent = sweep.join()
    (lost,), (again,) = sweep.beat(agent), sweep.beat(agent)
    assert (again["args"], again["run_id"] == lost["run_id"]) == (lost["args"], False)


def test_a_sweep_goes_on_after_a_restart_of_the_server(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    agent = sweep.join()
    (first,) = sweep.beat(agent)
    sweep.client = Speaking(tmp_path)
    assert sweep.beat(agent, first["run_id"]) == []
    (second,) = sweep.beat(agent)
    assert second["args"] == {"lr": {"value": 0.2}}


def test_the_run_of_an_agent_that_died_goes_to_another(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    dead, alive = sweep.join(), sweep.join()
    desk = sweep.client.desk
    now = desk.sweeps.opened
    (lost,) = commands(desk, sweep.word(dead), now)
    assert commands(desk, sweep.word(dead, str(lost["run_id"])), now + 1) == []
    (other,) = commands(desk, sweep.word(alive), now + 1)
    assert commands(desk, sweep.word(alive, str(other["run_id"])), now + 30) == []
    assert commands(desk, sweep.word(alive), now + 40) == []  # the dead one is silent: it may be needed
    (again,) = commands(desk, sweep.word(alive), now + 1 + agents.DEAD_SECS + 1)
    assert again["args"] == lost["args"] != other["args"]


def test_a_run_that_ended_well_is_not_taken_back_from_its_dead_agent(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    dead, alive = sweep.join(), sweep.join()
    desk = sweep.client.desk
    now = desk.sweeps.opened
    (done,) = commands(desk, sweep.word(dead), now)
    sweep.run(str(done["run_id"]), 1.0)
    (other,) = commands(desk, sweep.word(alive), now + 100)
    assert commands(desk, sweep.word(alive, str(other["run_id"])), now + 101) == []
    assert commands(desk, sweep.word(alive), now + 102) == [agents.EXIT]


def test_an_agent_leaves_when_the_rest_is_in_good_hands(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    one, other = sweep.join(), sweep.join()
    (first,), (second,) = sweep.beat(one), sweep.beat(other)
    assert sweep.beat(other, second["run_id"]) == sweep.beat(one, first["run_id"]) == []
    assert sweep.beat(other) == [{"type": "exit"}]
    assert sweep.asked()["state"] == "RUNNING"
    assert sweep.beat(one) == [{"type": "exit"}]
    assert sweep.asked()["state"] == "FINISHED"


def test_a_paused_sweep_gives_nothing_and_goes_on_later(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    agent = sweep.join()
    sweep.state("PAUSED")
    assert sweep.beat(agent) == []
    sweep.state("RUNNING")
    assert [one["type"] for one in sweep.beat(agent)] == ["run"]


def test_a_stopped_sweep_lets_runs_end_and_sends_agents_away(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    agent = sweep.join()
    (first,) = sweep.beat(agent)
    sweep.state("FINISHED")
    assert sweep.beat(agent, first["run_id"]) == []
    assert sweep.beat(agent) == [{"type": "exit"}]


def test_a_canceled_sweep_ends_its_runs(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    agent = sweep.join()
    (first,) = sweep.beat(agent)
    sweep.run(first["run_id"], 1.0, ends=False)
    sweep.state("CANCELED")
    stop = {"type": "stop", "run_id": first["run_id"]}
    assert sweep.beat(agent, first["run_id"]) == sweep.beat(agent, first["run_id"]) == [stop]
    assert sweep.client.stream({}, first["run_id"]).json() == {"stopped": True}
    assert sweep.beat(agent) == [{"type": "exit"}]
    assert sweep.client.desk.shelves.run(("p", first["run_id"])).state == "stopped"


def test_hyperband_ends_the_run_that_is_behind(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path, HYPER)
    good, bad = sweep.join(), sweep.join()
    (first,), (second,) = sweep.beat(good), sweep.beat(bad)
    sweep.run(first["run_id"], 1.0, 0.5, ends=False)
    assert sweep.beat(good, first["run_id"]) == []  # alone at the band
    sweep.run(second["run_id"], 9.0, ends=False)
    assert sweep.beat(bad, second["run_id"]) == []  # not there yet
    row = json.dumps({"loss": 8.0, "_step": 1, "_timestamp": 1e9 + 1})
    sweep.client.stream({"files": {"wandb-history.jsonl": {"offset": 1, "content": [row]}}}, second["run_id"])
    assert sweep.beat(bad, second["run_id"]) == [{"type": "stop", "run_id": second["run_id"]}]
    assert sweep.beat(good, first["run_id"]) == []
    (third,) = sweep.beat(bad)
    assert (third["type"], third["run_id"] != second["run_id"]) == ("run", True)
    assert sweep.client.desk.shelves.run(("p", second["run_id"])).state == "stopped"
    assert sweep.asked()["bestLoss"] == 0.5


def test_a_preempted_run_is_resumed_by_the_next_agent(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    one, other = sweep.join(), sweep.join()
    (first,) = sweep.beat(one)
    sweep.run(first["run_id"], 1.0, ends=False)
    sweep.client.stream({"preempting": True, "files": {}}, first["run_id"])
    assert sweep.beat(one, first["run_id"]) == []
    (next_one,) = sweep.beat(one)
    assert (next_one["type"], next_one["run_id"], next_one["args"]) == ("resume", first["run_id"], first["args"])
    (second,) = sweep.beat(other)
    assert second["args"] == {"lr": {"value": 0.2}}


def test_a_changed_configuration_holds_for_what_comes(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    sweep.client.data(UPSERT, id=sweep.id, config=GRID.replace("0.1", "0.7"), displayName="new", projectName="p")
    (first,) = sweep.beat(sweep.join())
    assert (first["args"], sweep.asked()["displayName"]) == ({"lr": {"value": 0.7}}, "new")


def test_sweeps_are_listed_newest_first(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    second = sweep.client.data(UPSERT, config=HYPER, projectName="p")["upsertSweep"]["sweep"]
    assert second["project"] == {"name": "p", "entity": {"name": "belvedere"}}
    text = (
        'query GetSweeps { project(name: "p") { totalSweeps sweeps(first: 1) { '
        "pageInfo { hasNextPage } edges { node { name } } } } }"
    )
    found = sweep.client.data(text)["project"]
    assert (found["totalSweeps"], found["sweeps"]["pageInfo"]["hasNextPage"]) == (2, True)
    assert [edge["node"]["name"] for edge in found["sweeps"]["edges"]] == [second["name"]]


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"config": "method: grid"}, "the sweep has no parameters"),
        ({}, "a new sweep needs a configuration"),
        ({"config": GRID, "state": "SLEEPING"}, "sweep state 'SLEEPING' is not known"),
        ({"config": GRID, "projectName": "../x"}, "cannot be a folder name"),
        ({"id": "nothing", "state": "PAUSED"}, "no sweep 'nothing' in project 'p'"),
        ({"id": "../x", "state": "PAUSED"}, "no sweep '../x' in project 'p'"),
    ],
)
def test_a_sweep_that_makes_no_sense_is_refused(tmp_path: Path, variables: dict[str, Any], why: str) -> None:
    assert why in Speaking(tmp_path).error(UPSERT, **{"projectName": "p", **variables})


def test_unknown_agents_and_sweeps_are_told_so(tmp_path: Path) -> None:
    sweep = Sweeping(tmp_path)
    agent = sweep.join()
    assert "no sweep 'nothing' in project 'p'" in sweep.client.error(JOIN, sweep="nothing")
    assert "is no id of an Agent" in sweep.client.error(BEAT, id="nonsense", runState="{}")
    assert "is no JSON object" in sweep.client.error(BEAT, id=agent, runState="[1]")
    assert sweep.client.data(SWEEP, name="nothing")["project"]["sweep"] is None
    for path in (tmp_path / "p" / ".sweeps").iterdir():
        path.unlink()
    assert sweep.beat(agent) == [{"type": "exit"}]
