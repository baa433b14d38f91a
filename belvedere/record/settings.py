"""What `init` was asked for, filled up from the environment and checked.

BELVEDERE_DIR, _PROJECT, _NAME, _RUN_ID, _MODE, _SERVER, _TAGS and _MIRROR (with commas), _GROUP; an argument wins over
its variable. BELVEDERE_API_KEY is read by the process that uploads; BELVEDERE_SILENT=1 stops the line printed at the
start.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from belvedere.core.errors import UsageError
from belvedere.core.names import checked_folder_name

DEFAULT_ROOT = "./belvedere-runs"
DEFAULT_PROJECT = "uncategorized"
DEFAULT_ADDRESS = "http://127.0.0.1:7007"
MODES = {"local": "local", "offline": "local", "dryrun": "local", "online": "online", "disabled": "disabled"}
SYNC = re.compile(r"interval:(\d+(?:\.\d+)?)s")
RESUME_POINT = re.compile(r"(?:(?P<id>[^?]+)\?)?(?:_step=)?(?P<step>\d+)")


@dataclass(frozen=True)
class Settings:
    """A checked wish for a run. `id` is None when it is still to be chosen."""

    root: Path
    project: str
    id: str | None
    name: str
    group: str
    job_type: str
    tags: tuple[str, ...]
    notes: str
    mode: str
    server: str
    resume: str | None
    resume_from: int | None
    stage: str | None
    sync_secs: float | None
    is_strict: bool
    has_console: bool
    has_hardware: bool
    is_silent: bool
    mirrors: tuple[str, ...] = ()


def resolve(
    environ: Mapping[str, str], *, project: str | None, id: str | None, name: str | None, group: str | None,
    job_type: str | None, tags: Sequence[str] | str | None, notes: str | None, dir: str | Path | None, mode: str | None,
    server: str | None, resume: str | bool | None, resume_from: int | str | None, stage: str | None, sync: str | None,
    strict: bool, console: bool, hardware: bool, mirror: Sequence[str] | str | None = None,
) -> Settings:  # fmt: skip
    """Arguments first, then BELVEDERE_… variables, then defaults; UsageError for what cannot be."""
    point_id, point_step = _resume_point(resume_from)
    run_id = id or point_id or environ.get("BELVEDERE_RUN_ID") or None
    address = (server or environ.get("BELVEDERE_SERVER") or "").rstrip("/")
    wished = environ.get("BELVEDERE_MIRROR", "") if mirror is None else mirror
    tag_list = environ.get("BELVEDERE_TAGS", "").split(",") if tags is None else _words(tags)
    return Settings(
        root=Path(dir or environ.get("BELVEDERE_DIR") or DEFAULT_ROOT).expanduser().absolute(),
        project=checked_folder_name(project or environ.get("BELVEDERE_PROJECT") or DEFAULT_PROJECT, what="project"),
        id=checked_folder_name(run_id, what="run id") if run_id else None,
        name=str(name or environ.get("BELVEDERE_NAME") or ""),
        group=str(group or environ.get("BELVEDERE_GROUP") or ""),
        job_type=str(job_type or ""),
        tags=_stripped(tag_list),
        notes=str(notes or ""),
        mode=_mode(mode or environ.get("BELVEDERE_MODE"), address),
        server=address or DEFAULT_ADDRESS,
        resume=("allow" if resume else None) if isinstance(resume, bool) else resume,
        resume_from=point_step,
        stage=stage,
        sync_secs=_sync_secs(sync),
        is_strict=strict,
        has_console=console,
        has_hardware=hardware,
        is_silent=environ.get("BELVEDERE_SILENT", "").lower() in ("1", "true", "yes"),
        mirrors=_stripped(wished.split(",") if isinstance(wished, str) else wished),
    )


def _words(given: Sequence[str] | str) -> Sequence[str]:
    return [given] if isinstance(given, str) else given


def _stripped(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(word).strip() for word in words if str(word).strip()))


def _mode(mode: str | None, address: str) -> str:
    chosen = mode or ("online" if address else "local")
    if chosen not in MODES:
        raise UsageError(f"mode={chosen!r} is not known; use 'local', 'online' or 'disabled'")
    return MODES[chosen]


def _sync_secs(sync: str | None) -> float | None:
    if sync in (None, "", "never"):
        return None
    match = SYNC.fullmatch(str(sync))
    if match is None or float(match[1]) <= 0:
        raise UsageError(f"sync={sync!r} is not known; use 'never' or 'interval:5s'")
    return float(match[1])


def _resume_point(resume_from: int | str | None) -> tuple[str | None, int | None]:
    """Run id and step of a step number, "100", "_step=100" or "run_id?_step=100"."""
    if resume_from is None:
        return None, None
    match = RESUME_POINT.fullmatch(str(resume_from))
    if match is None or isinstance(resume_from, bool):
        raise UsageError(f"resume_from={resume_from!r} is not a step; pass the first step to do again, such as 1000")
    return match["id"], int(match["step"])
