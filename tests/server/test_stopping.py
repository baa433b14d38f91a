"""The Stop button's door, and what the server tells of W&B clients."""

from pathlib import Path

from tests.server.recorded import record
from tests.wandb_protocol.doors.test_file_stream import rows
from tests.wandb_protocol.speaking import Speaking


def stopping(client: Speaking, run: str) -> str:
    return str(client.asking.get(f"/api/runs/p/{run}").json()["stopping"])


def test_a_training_that_listens_can_be_stopped_while_it_runs(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    client.start()
    client.stream(rows(0))
    assert stopping(client, "run1") == "possible"
    assert client.asking.request("POST", "/api/runs/p/run1/stop").json()["stopping"] == "asked"
    assert stopping(client, "run1") == "asked"
    client.stream({"complete": True, "exitcode": 255})
    answer = client.asking.request("POST", "/api/runs/p/run1/stop")
    assert (answer.status_code, stopping(client, "run1")) == (400, "no")
    assert answer.json()["error"] == "run p/run1 is stopped already"


def test_a_training_of_our_own_recorder_does_not_listen(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    record(tmp_path, "ours", steps=2, finished=False)
    assert stopping(client, "ours") == "no"
    answer = client.asking.request("POST", "/api/runs/p/ours/stop")
    assert (answer.status_code, answer.json()["error"]) == (400, "run p/ours does not listen to this server")
    assert client.desk.stopping == set()


def test_only_a_run_that_is_there_and_only_our_page_stops(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    client.start()
    assert client.asking.request("POST", "/api/runs/p/nobody/stop").status_code == 404
    foreign = {"Origin": "http://evil.example"}
    assert client.asking.request("POST", "/api/runs/p/run1/stop", headers=foreign).status_code == 403
    assert client.asking.get("/api/runs/p/run1/stop").status_code == 404
    assert client.desk.stopping == set()


def test_a_client_can_ask_for_it_too(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    bucket = client.start()
    text = "mutation StopRun($id: ID!) { stopRun(input: {id: $id}) { success } }"
    assert client.data(text, id=bucket["id"]) == {"stopRun": {"success": True}}
    asked = 'query Q { project(name: "p", entityName: "e") { run(name: "run1") { stopped } } }'
    assert client.data(asked) == {"project": {"run": {"stopped": True}}}
    assert client.stream({}).json() == {"stopped": True}


def test_damaged_runs_are_named_beside_unknown_questions(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    log = next(record(tmp_path, "torn", steps=50).logs.glob("*/*.rlog"))
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 0xFF
    log.write_bytes(content)
    (damaged,) = client.asking.get("/api/protocol").json()["damaged"]
    assert (damaged["project"], damaged["id"]) == ("p", "torn")
    assert "000001.rlog" in damaged["damage"][0]


def test_the_page_of_the_key_shows_it_to_who_may_see_it(tmp_path: Path) -> None:
    from belvedere.wandb_protocol.keys import key_of

    assert key_of(None) in Speaking(tmp_path / "a").asking.get("/authorize").text
    locked = Speaking(tmp_path / "b", token="secret").asking
    assert locked.get("/authorize").status_code == 401
    answer = locked.get("/authorize", headers={"Authorization": "Bearer secret"})
    assert key_of("secret") in answer.text
    assert "secret" not in answer.text.replace(key_of("secret"), "")
