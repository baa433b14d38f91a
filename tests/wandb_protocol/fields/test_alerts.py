"""Alerts of a training."""

import json
import time
from pathlib import Path

import pytest

from belvedere.core.entries import Alerted, RunStarted
from belvedere.runlog.landing import Landing
from belvedere.store.store import open_store
from tests.wandb_protocol.doors.test_file_stream import rows
from tests.wandb_protocol.speaking import Speaking

ALERT = """mutation NotifyScriptableRunAlert($run: String!, $title: String!, $text: String!,
        $severity: AlertSeverity = INFO, $waitDuration: Duration) {
    notifyScriptableRunAlert(input: {entityName: "e", projectName: "p", runName: $run, title: $title, text: $text,
        severity: $severity, waitDuration: $waitDuration}) { success } }"""


def alert(client: Speaking, title: str, **variables: object) -> None:
    found = client.data(ALERT, run="run1", title=title, text="text", **variables)
    assert found == {"notifyScriptableRunAlert": {"success": True}}


def kept(client: Speaking) -> list[tuple[str, str, int, str]]:
    alerts = open_store(client.root).run("p/run1").alerts
    return [(alert.title, alert.text, alert.step, alert.level) for alert in alerts]


def post(client: Speaking, *moments: tuple[int, float]) -> None:
    """Rows behind the first three: step and time of each."""
    lines = [json.dumps({"loss": 0.5, "_step": step, "_timestamp": moment}) for step, moment in moments]
    client.stream({"files": {"wandb-history.jsonl": {"offset": 3, "content": lines}}})


@pytest.fixture
def client(tmp_path: Path) -> Speaking:
    client = Speaking(tmp_path)
    client.start()
    client.stream(rows(0, 1, 2))
    return client


def test_an_alert_is_kept_at_its_step_and_level(client: Speaking) -> None:
    alert(client, "a")
    alert(client, "b", severity="WARN")
    post(client, (3, time.time() + 1))
    alert(client, "c", severity="ERROR")
    assert kept(client) == [("a", "text", 2, "info"), ("b", "text", 2, "warning"), ("c", "text", 3, "critical")]


def test_an_alert_stands_at_the_last_row_that_was_logged_before_it(client: Speaking) -> None:
    alert(client, "a")
    now = time.time()
    post(client, (3, now - 60), (4, now - 30), (5, now + 60), (6, now + 61))
    assert kept(client) == [("a", "text", 4, "info")]


def test_the_same_words_are_kept_once_in_a_while(client: Speaking) -> None:
    for wait_ms in (60_000, 60_000, 0):
        alert(client, "again", waitDuration=wait_ms)
    assert [title for title, *_ in kept(client)] == ["again", "again"]


def test_a_run_that_is_sent_again_does_not_repeat_its_alerts(client: Speaking) -> None:
    alert(client, "a")
    client.stream({"complete": True, "exitcode": 0})
    client.start()
    alert(client, "a")
    client.stream(rows(0, 1, 2))
    alert(client, "a")
    assert [title for title, *_ in kept(client)] == ["a"]


@pytest.mark.parametrize("is_before_rows", [False, True])
def test_an_alert_that_was_imported_is_not_told_again(tmp_path: Path, is_before_rows: bool) -> None:
    client = Speaking(tmp_path)
    folder = client.desk.shelves.folder(("p", "run1"))
    imported = Landing(folder, RunStarted(5.0, "p", "run1", "r0-5000000000-0a"))
    times = [json.loads(line) for line in rows(0, 1, 2)["files"]["wandb-history.jsonl"]["content"]]
    for row in times:
        imported.row(row["_step"], round(row["_timestamp"] * 1e6), {"loss": 0.5})
    imported.event(Alerted(6.0, 1, "a", "text", "info"))
    imported.commit()
    imported.close()
    client.start()
    if is_before_rows:
        alert(client, "a")
    client.stream(rows(0, 1, 2))
    alert(client, "a")
    assert kept(client) == [("a", "text", 1, "info")]


def test_an_alert_of_a_run_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    assert "no run" in client.error(ALERT, run="nobody", title="a", text="b")
