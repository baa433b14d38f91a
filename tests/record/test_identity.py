"""run.json, and what went before a run."""

import threading
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.record.identity import Identity, last_step, process_started, read_identity, settle
from belvedere.runlog.layout import RunFolder
from tests.record.conftest import Begin, folder_of


def wish(name: str) -> Identity:
    return Identity("p", "r", name, "", "", ("t",), "", 1.0, "0")


def test_of_many_at_once_one_wins_and_all_agree(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, "p", "r")
    found: list[Identity] = []
    threads = [threading.Thread(target=lambda n=n: found.append(settle(folder, wish(f"n{n}")))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in folder.path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"project": "p"}'])
def test_an_identity_that_does_not_parse_is_named(tmp_path: Path, content: str) -> None:
    folder = RunFolder(tmp_path, "p", "r")
    folder.path.mkdir(parents=True)
    folder.identity.write_text(content)
    with pytest.raises(bv.DamagedLog, match=r"run\.json"):
        read_identity(folder)


def test_the_last_step_is_the_greatest_of_the_newest_rows(begin: Begin) -> None:
    run = begin()
    (writer,) = folder_of(run).writers()
    assert last_step(folder_of(run), writer) == -1
    run.log({"a": 1.0}, step=9)
    run.log({"a": 1.0}, step=3)
    run.log_vector("v", [1.0], step=12)
    assert last_step(folder_of(run), writer) == 12


def test_a_process_start_is_seconds_since_1970() -> None:
    assert process_started() > 1_500_000_000
