"""Runs in a temporary folder, and what their logs then hold."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.core.entries import Entry, Logged
from belvedere.record import session
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import read_entries

Begin = Callable[..., bv.Run]
PATIENCE_SECS = 60.0


@pytest.fixture(autouse=True)
def warnings_of_this_test() -> Iterator[None]:
    """A warning told from a thread belongs to the test that caused it, not to the next one."""
    yield
    wait_for_warnings()


def wait_for_warnings() -> None:
    """Until the threads that tell them are done."""
    for thread in threading.enumerate():
        if thread.name == "belvedere warning":
            thread.join(PATIENCE_SECS)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No launcher and no BELVEDERE_… variable of the surrounding shell."""
    for name in (
        "RANK", "WORLD_SIZE", "SLURM_PROCID", "SLURM_NTASKS", "PMI_RANK", "PMI_SIZE",
        "BELVEDERE_DIR", "BELVEDERE_PROJECT", "BELVEDERE_NAME", "BELVEDERE_RUN_ID", "BELVEDERE_MODE",
        "BELVEDERE_SERVER", "BELVEDERE_API_KEY", "BELVEDERE_TAGS", "BELVEDERE_GROUP",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BELVEDERE_SILENT", "1")


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """`bv.init` into the test's folder, quiet; what is still open is finished afterwards."""
    begun: list[bv.Run] = []

    def init(**wishes: object) -> bv.Run:
        quiet: dict[str, object] = {"project": "p", "dir": tmp_path, "console": False, "hardware": False}
        begun.append(session.init(**{**quiet, **wishes}))  # type: ignore[arg-type]
        return begun[-1]

    yield init
    for run in begun:
        run.finish()


def folder_of(run: bv.Run) -> RunFolder:
    path = Path(run.dir)
    return RunFolder(path.parent.parent, path.parent.name, path.name)


def entries(run: bv.Run) -> list[Entry]:
    """Everything all writers of a run wrote, writer by writer."""
    folder = folder_of(run)
    return [entry for writer in folder.writers() for path in folder.segments(writer) for entry in read_entries(path)]


def rows(run: bv.Run) -> list[tuple[int, dict[str, object]]]:
    """(step, values) of every row."""
    return [(entry.step, dict(entry.values)) for entry in entries(run) if isinstance(entry, Logged)]


def only(run: bv.Run, kind: type[Entry]) -> list[Entry]:
    """All entries of one kind."""
    return [entry for entry in entries(run) if isinstance(entry, kind)]
