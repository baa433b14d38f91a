"""A fork: a run that begins with the history of another one up to some step, copied as an attempt of its own."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from belvedere.core.entries import FileSaved, Logged, RunFinished, Stored, VectorLogged
from belvedere.core.errors import BelvedereError
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.media import SUFFIX
from belvedere.runlog.reader import read_entries
from belvedere.store.liveness import hidden_from
from belvedere.store.run import Run
from belvedere.wandb_protocol.held import is_system
from belvedere.wandb_protocol.known import CONFIG, SECTION, Told
from belvedere.wandb_protocol.recording import Recording

if TYPE_CHECKING:
    from belvedere.wandb_protocol.desk import Shelves

SHA256 = re.compile(r"[0-9a-f]{64}")
MEDIA = "media/"  # where the files lie that rows name by their path


def copy_parent(shelves: "Shelves", recording: Recording, told: Told, now: float) -> None:
    """What `_wandb.branch_point` names, once; nothing for a run that is no fork. A parent that is not here leaves the
    fork without the rows before its own. Cut off in the middle, it goes on when the client asks again."""
    branch = _branch(told)
    if branch is None or branch[0] == recording.name[1]:
        return  # a rewound run names itself
    if not recording.is_new and "parent" not in recording.known.facts:
        return  # it was there before and is no fork
    run_id, step = branch
    landing = recording.first(now, told).landing
    if landing.position.get("copied") is not None:
        return
    try:
        parent = shelves.run(shelves.checked_name(recording.name[0], run_id))
        parent_name = (parent.project, parent.id)
        folder = shelves.folder(parent_name)
        fact: dict[str, Stored] = {"project": parent.project, "run": parent.id, "step": step}
        for event in recording.known.changes(Told(facts={"parent": fact}), now):
            landing.event(event)
        nested = parent.detail.foreign.get(SECTION, {}).get("nested")
        if isinstance(nested, Mapping):
            for event in recording.known.paths({str(key): list(path) for key, path in nested.items()}, now):
                landing.event(event)
        _copy_files(parent, folder, landing)
        _copy_rows(parent, folder, landing, step)
    except BelvedereError:
        landing.commit(copied=False)
        return
    landing.event(RunFinished(now))
    landing.commit(copied=True)


def _branch(told: Told) -> tuple[str, int] | None:
    raw = told.facts.get(CONFIG)
    point = raw.get("branch_point") if isinstance(raw, Mapping) else None
    if not isinstance(point, Mapping):
        return None
    run_id, step = point.get("run_id"), point.get("step")
    return (run_id, int(step)) if isinstance(run_id, str) and isinstance(step, int | float) else None


def _copy_rows(parent: Run, folder: RunFolder, landing: Landing, until: int) -> None:
    """Rows and vectors of the parent up to a step, with their times; system metrics are those of another process."""
    for entry in _visible(parent, folder):
        if entry.step > until:
            continue
        if isinstance(entry, Logged):
            if not is_system(tuple(entry.values)):
                landing.row(entry.step, round(entry.time * 1e6), entry.values)
                _link_contents(folder, landing.folder, entry.values)
        else:
            landing.vector(entry.step, round(entry.time * 1e6), entry.family, tuple(entry.names), entry.values)


def _visible(parent: Run, folder: RunFolder) -> Iterator[Logged | VectorLogged]:
    attempts = parent.attempts
    for attempt, hidden in zip(attempts, hidden_from(attempts), strict=True):
        for path in folder.segments(attempt.writer) if attempt.rank == 0 else ():
            for entry in read_entries(path):
                if isinstance(entry, Logged | VectorLogged) and (hidden is None or entry.step < hidden):
                    yield entry


def _copy_files(parent: Run, folder: RunFolder, landing: Landing) -> None:
    """The files that rows name by their path."""
    for saved in parent.files:
        if saved.path.startswith(MEDIA):
            for path in folder.media.glob(f"{saved.sha256[:2]}/{saved.sha256}*"):
                _link(folder, landing.folder, saved.sha256, path.name[len(saved.sha256) :])
            landing.event(FileSaved(saved.time, saved.path, saved.sha256, saved.size_bytes))


def _link_contents(source: RunFolder, target: RunFolder, value: object) -> None:
    """The contents that a value names by their hash, however deep."""
    if isinstance(value, Mapping):
        sha256, suffix = value.get("sha256"), value.get("suffix")
        if (
            isinstance(sha256, str)
            and isinstance(suffix, str)
            and SHA256.fullmatch(sha256)
            and SUFFIX.fullmatch(suffix)
        ):
            _link(source, target, sha256, suffix)
        for item in value.values():
            _link_contents(source, target, item)
    elif isinstance(value, list | tuple):
        for item in value:
            _link_contents(source, target, item)


def _link(source: RunFolder, target: RunFolder, sha256: str, suffix: str) -> None:
    """One content under its name in both runs; what is not there yet, or no content at all, is left out."""
    final = target.medium(sha256, suffix)
    final.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError, FileNotFoundError):
        os.link(source.medium(sha256, suffix), final)
