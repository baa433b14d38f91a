"""TensorBoard's event files, read without TensorBoard or TensorFlow.

framing      records with checksums                event_file   one file, followed while it grows
protobuf     fields of a message                   attempt      lands a file in a log of ours
events       what a record says                    folders      which folder is which run
scalars      thousands of records at once          summaries, meshes, hparams   values by plug-in
"""

from functools import lru_cache
from pathlib import Path

from belvedere.core.entries import RunStarted
from belvedere.core.errors import BelvedereError
from belvedere.importers.source import Tell, folder_name, foreign_writer
from belvedere.importers.tensorboard.attempt import EventFileAttempt
from belvedere.importers.tensorboard.event_file import Beginning, beginning
from belvedere.importers.tensorboard.folders import RunFiles, holds_event_files, host_of, run_files

TITLE = "TensorBoard event files"
WANTED = "*tfevents* at any depth (TensorBoard)"
ROOT_RUN = "."


def looks_like(path: Path) -> bool:
    """Whether there are event files at or below a path."""
    return holds_event_files(path)


def sources(path: Path, tell: Tell) -> list[EventFileAttempt]:
    """Every event file there: the attempts of one run are those of one folder."""
    root = path.resolve()
    project = folder_name((root.parent if root.is_file() else root).name, "tensorboard")
    found = []

    def refused(error: OSError) -> None:
        tell(f"{(error.strerror or 'unreadable').lower()}; check the folder and its rights: {error.filename}")

    for run in run_files(root, refused):
        for file in run.files:
            try:
                begun = _beginning(file, file.stat().st_ino)
            except BelvedereError as error:
                tell(f"{error}; it was passed over: {file}")
                continue
            except OSError as error:
                tell(f"{(error.strerror or 'unreadable').lower()}; check the file and its rights: {file}")
                continue
            if begun is None and root.is_file():
                tell(f"the file holds no whole record yet: {file}")
            if begun is not None:
                found.append(EventFileAttempt(file, _started(project, run, file, begun), tell))
    return found


def _started(project: str, run: RunFiles, file: Path, begun: Beginning) -> RunStarted:
    name = project if run.name == ROOT_RUN else run.name
    run_id = folder_name(f"{ROOT_RUN}/{name}" if run.name == project else name, "run")  # the root's name is taken
    seconds = begun.time_us / 1e6
    writer = foreign_writer(seconds, project, run.name, file.name)
    return RunStarted(
        seconds, project, run_id, writer, name=name, host=host_of(file), resume_from=begun.restart_step
    )  # fmt: skip


class _NotYet(Exception):
    """A file that has not begun; it is not remembered as such."""


@lru_cache(maxsize=1 << 14)
def _known(file: Path, inode: int) -> Beginning:
    found = beginning(file)
    if found is None:
        raise _NotYet
    return found


def _beginning(file: Path, inode: int) -> Beginning | None:
    """How a file begins, which never changes, so that following a thousand of them asks once."""
    try:
        return _known(file, inode)
    except _NotYet:
        return None
