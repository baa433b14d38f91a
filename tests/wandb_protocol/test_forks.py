"""Runs that begin with the history of another one."""

from pathlib import Path

import pytest

from belvedere.runlog.media import keep
from tests.wandb_protocol.posting import Program, restarted, row, rows
from tests.wandb_protocol.speaking import Speaking

LATER = 1.8e9


@pytest.fixture
def parent(tmp_path: Path) -> Program:
    found = Program(Speaking(tmp_path), "parent")
    found.arrive()
    found.post(0, rows(0, 9))
    found.end()
    return found


def forked(parent: Program, step: int, run_id: str = "parent") -> Program:
    fork = Program(parent.client, "fork")
    fork.arrive(displayName="the fork", raw={"branch_point": {"run_id": run_id, "step": step}})
    return fork


def test_a_fork_has_the_rows_of_its_parent_up_to_the_step(parent: Program) -> None:
    fork = forked(parent, 3)
    assert (fork.steps(), fork.run.state) == ([0, 1, 2, 3], "running")
    fork.post(0, rows(4, 5, LATER))
    fork.end(1)
    assert (fork.steps(), fork.run.state, fork.run.name) == ([0, 1, 2, 3, 4, 5], "failed", "the fork")
    assert fork.run.detail.foreign["wandb"]["parent"] == {"project": "p", "run": "parent", "step": 3}
    assert parent.steps() == list(range(10))


def test_a_fork_that_is_sent_again_is_there_once(parent: Program) -> None:
    for _ in range(2):
        fork = forked(parent, 3)
        fork.post(0, rows(4, 5, LATER))
        fork.end()
    assert (fork.steps(), len(fork.run.attempts)) == ([0, 1, 2, 3, 4, 5], 2)


def test_what_a_later_attempt_hides_is_not_copied(parent: Program) -> None:
    parent.arrive()
    parent.post(0, rows(0, 1, LATER))
    assert forked(parent, 9).steps() == [0, 1]


def test_contents_come_along(parent: Program) -> None:
    source = parent.client.desk.shelves.folder(("p", "parent"))
    ref = keep(source, b"pixels", ".png")
    image = {"_type": "image-file", "path": "media/images/a.png", "sha256": ref.sha256, "size": 6}
    parent.post(10, [row(10, image=image)])
    fork = forked(parent, 10)
    (item,) = fork.run.media("image")
    assert item.path is not None
    assert item.path.read_bytes() == b"pixels"


def test_a_path_instead_of_a_hash_links_nothing(parent: Program, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    parent.post(10, [row(10, image={"_type": "x", "sha256": "../../../secret", "suffix": ".txt"})])
    fork = forked(parent, 10)
    folder = fork.client.desk.shelves.folder(("p", "fork"))
    assert [path for path in folder.path.rglob("*") if "secret" in path.name] == []


def test_a_parent_that_is_not_here_leaves_the_fork_its_own_rows(parent: Program) -> None:
    fork = forked(parent, 3, "nowhere")
    fork.post(0, rows(4, 5, LATER))
    assert fork.steps() == [4, 5]


def test_a_copy_that_was_cut_off_is_made_whole(parent: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> None:
        raise OSError("the server dies")

    monkeypatch.setattr("belvedere.wandb_protocol.forks.RunFinished", cut)
    with pytest.raises(AssertionError):
        forked(parent, 3)
    monkeypatch.undo()
    fork = forked(Program(restarted(parent.client), "parent"), 3)
    assert (fork.steps(), fork.run.state) == ([0, 1, 2, 3], "running")
