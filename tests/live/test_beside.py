"""A process beside the training: fed without waiting, missed without harm, ended within a deadline."""

import threading
import time
from pathlib import Path

import pytest

from belvedere.live.beside import Beside
from belvedere.live.chart_messages import Chart, Row, Save, Text, encode, next_message
from belvedere.live.meter import Meter
from belvedere.live.until import until
from tests.analysis.runs import run_data

ECHO = "tests.live.echo"  # writes what it is told into a file


def ended(beside: Beside) -> str:
    return beside.stop(60.0)


def test_every_message_arrives_in_order_and_the_end_is_told(tmp_path: Path):
    beside = Beside(ECHO, [str(tmp_path / "said")], doing="echo", tell=pytest.fail)
    for number in range(100):
        beside.send(str(number).encode())
    assert ended(beside) == ""
    assert (tmp_path / "said").read_text().split() == [str(number) for number in range(100)]


def test_making_one_and_telling_it_something_does_not_wait_for_it(tmp_path: Path):
    began = threading.active_count()
    beside = Beside(ECHO, [str(tmp_path / "said"), "--slow"], doing="echo", tell=pytest.fail)
    beside.send(b"x")
    assert threading.active_count() <= began + 1  # all else happens there
    assert ended(beside) == ""


def test_a_full_queue_drops_the_oldest_and_counts_them(tmp_path: Path):
    beside = Beside(ECHO, [str(tmp_path / "said")], doing="echo", tell=pytest.fail, queue_max=3)
    for number in range(10):
        beside.send(str(number).encode())
    told = ended(beside)
    assert told == "echo: it could not keep up; messages dropped: 7"
    assert (tmp_path / "said").read_text().split() == ["7", "8", "9"]


def test_one_that_dies_is_told_once_and_missed_without_harm(tmp_path: Path):
    told: list[str] = []
    beside = Beside(ECHO, [str(tmp_path / "said"), "--die"], doing="echo", tell=told.append)
    beside.send(b"x")
    until_then = time.monotonic() + 60
    while not told and time.monotonic() < until_then:
        time.sleep(0.05)
    beside.send(b"y")
    assert told == ["echo: the process ended with exit code 3; training and recording go on without it"]
    assert ended(beside) == "echo: the process ended with exit code 3; messages dropped: 1; the run itself is whole"


def test_one_that_takes_too_long_goes_on_by_itself(tmp_path: Path):
    beside = Beside(ECHO, [str(tmp_path / "said"), "--slow"], doing="echo", tell=pytest.fail)
    beside.send(b"x")
    assert beside.stop(0.0) == "echo: not done yet; it goes on by itself"
    assert ended(beside) == ""  # which it has done by now
    assert (tmp_path / "said").read_text() == "x\n"


def test_messages_survive_the_way(tmp_path: Path):
    sent = [Row(1, 2.0, 0.5, 100.0, 0.0, 1e-3, 5.0), Text(1, "in", "out", "", 0.5), Chart(1), Save()]
    path = tmp_path / "messages"
    path.write_bytes(b"".join(len(body).to_bytes(4, "big") + body for body in map(encode, sent)) + b"\0\0\0\0")
    with path.open("rb") as source:
        assert [next_message(source) for _ in range(5)] == [*sent, None]


def test_a_message_cut_off_is_the_end(tmp_path: Path):
    path = tmp_path / "messages"
    path.write_bytes(b"\0\0\0\x09abc")
    with path.open("rb") as source:
        assert next_message(source) is None


def test_the_meter_measures_and_alarms_once_above_a_thousandth():
    now, cost = [0.0], [0.0]
    meter = Meter(lambda: now[0], lambda: cost[0])
    with meter:
        cost[0] += 0.5
    now[0] = 5.0
    assert meter.alarm("charts") == ""  # too early to judge
    now[0] = 100.0
    assert meter.sentence("charts") == "charts took 500.0 ms of 100.0 s in the training, 0.5000%"
    assert meter.alarm("charts").endswith("more than 0.1%; draw less often")
    assert meter.alarm("charts") == ""
    assert meter.share(more_secs=0.5) == pytest.approx(0.01)


def test_a_run_until_a_step_has_nothing_from_after_it():
    data = run_data({"loss": [3, 2, 1]}, {"grad_norm": [[1, 1, 1]] * 3})
    then = until(data, 1)
    assert then.series["loss"].values.tolist() == [3, 2]
    assert then.vectors["grad_norm"].steps.tolist() == [0, 1]
