"""Who a run is: run.json, written once by whichever process comes first; and what went before it."""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from belvedere.core.errors import DamagedLog, UsageError
from belvedere.core.names import new_run_name
from belvedere.runlog.layout import RunFolder, writer_rank
from belvedere.runlog.reader import SegmentReader

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
RESUME_WAYS = ("allow", "must", "never", "auto")


@dataclass(frozen=True)
class Identity:
    """What never changes about a run. `created` is seconds since 1970."""

    project: str
    id: str
    name: str
    group: str
    job_type: str
    tags: tuple[str, ...]
    notes: str
    created: float
    version: str


def settle(folder: RunFolder, wanted: Identity) -> Identity:
    """The identity of the run: `wanted` when this process is the first, else what the first one wrote.

    Whole or not at all: a temporary file is linked to its final name, which fails when there is one."""
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        if not folder.identity.exists():
            _publish(folder.identity, json.dumps(asdict(wanted), indent=1).encode())
    except OSError as error:
        raise UsageError(
            f"the run folder cannot be written ({error.strerror}); pass dir= or set BELVEDERE_DIR to a place that can "
            f"be written: {folder.path}"
        ) from error
    return read_identity(folder)


def read_identity(folder: RunFolder) -> Identity:
    """What run.json says; DamagedLog when it is not what we write."""
    try:
        found = json.loads(folder.identity.read_bytes())
        known = {name: found[name] for name in Identity.__dataclass_fields__ if name in found}
        return Identity(**{**known, "tags": tuple(found.get("tags", ()))})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedLog(
            f"the run's identity does not parse ({error}); move the file away: {folder.identity}"
        ) from error


def proposed_name(folder: RunFolder) -> str:
    """adjective-noun-N, where N counts what the project folder holds."""
    with suppress(OSError):
        return new_run_name(1 + sum(1 for entry in os.scandir(folder.path.parent) if entry.name != folder.run_id))
    return new_run_name(1)


def first_step(folder: RunFolder, rank: int, *, resume: str | None) -> int:
    """The step a new attempt begins with: behind the last one of its rank when it resumes, else 0. Refuses as
    `resume` says."""
    if resume not in (None, *RESUME_WAYS):
        raise UsageError(f"resume={resume!r} is not known; use one of {', '.join(RESUME_WAYS)}")
    before = folder.writers()
    own = [name for name in before if writer_rank(name) == rank]
    where = f"{folder.project}/{folder.run_id}"
    if resume == "must" and not before:
        raise UsageError(
            f"resume='must', but there is no run {where}; check id= and project=, or use resume='allow': {folder.root}"
        )
    if resume == "never" and own:
        raise UsageError(
            f"resume='never', but the run {where} exists; use another id=, or resume='allow': {folder.root}"
        )
    if resume not in ("allow", "must", "auto"):
        return 0
    return 1 + max((last_step(folder, name) for name in own or before), default=-1)


def last_step(folder: RunFolder, writer: str) -> int:
    """The greatest step in the newest segment of a writer that holds rows; -1 when there are none."""
    for path in reversed(folder.segments(writer)):
        greatest = -1
        reader = SegmentReader(path)
        while batch := reader.poll():
            found = [rows.steps for rows in batch.rows] + [vectors.steps for vectors in batch.vectors]
            greatest = max([greatest, *(int(steps.max()) for steps in found if len(steps))])
        if greatest >= 0:
            return greatest
    return -1


def boot_id() -> str:
    """One value for each boot of this machine; "" where the system tells none."""
    with suppress(OSError):
        return BOOT_ID_FILE.read_text().strip()
    return ""


def process_started(pid: int | None = None) -> float:
    """When a process started, in seconds since 1970 as psutil tells it: with the pid it names one process for good."""
    import psutil  # costs 20 ms, so only when a run begins

    return float(psutil.Process(pid).create_time())


def _publish(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        except OSError:  # a file system without links: the last of several first ones wins
            os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
