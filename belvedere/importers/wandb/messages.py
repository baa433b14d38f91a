"""Messages of a `.wandb` file that come once or seldom: the run, metrics, alerts, files, what it runs on."""

from collections.abc import Mapping
from dataclasses import dataclass

from belvedere.core.entries import Stored
from belvedere.importers.wandb.config import GOAL_NAMES, SUMMARY_NAMES
from belvedere.importers.wandb.protobuf import Value, message_of, signed, text
from belvedere.importers.wandb.records import Item, items, whole

LEVELS: Mapping[str, str] = {"INFO": "info", "WARN": "warning", "ERROR": "critical"}
STDOUT = 1

Fields = dict[int, list[Value]]


@dataclass(frozen=True)
class RunMessage:
    """What a run is called and where it began. `started` is in seconds since 1970, 0.0 when it is not said."""

    run_id: str
    project: str
    entity: str
    name: str
    group: str
    job_type: str
    notes: str
    tags: tuple[str, ...]
    host: str
    sweep: str
    started: float
    starting_step: int
    is_resumed: bool
    commit: str
    remote: str
    config: tuple[Item, ...]


def run_of(message: bytes) -> RunMessage:
    """A run message."""
    found = _message(message)
    git = _message(_bytes(found, 21))
    return RunMessage(
        run_id=_text(found, 1), project=_text(found, 3), entity=_text(found, 2), name=_text(found, 8),
        group=_text(found, 6), job_type=_text(found, 7), notes=_text(found, 9),
        tags=tuple(text(tag) for tag in found.get(10, ())), host=_text(found, 13), sweep=_text(found, 12),
        started=seconds_of(_bytes(found, 17)), starting_step=_number(found, 14), is_resumed=bool(_number(found, 18)),
        commit=_text(git, 2), remote=_text(git, 1), config=tuple(items(_bytes(found, 4))),
    )  # fmt: skip


@dataclass(frozen=True)
class MetricMessage:
    """A `define_metric`: `x` is the name of the x axis, or `x_place` its place among all metrics (from 1)."""

    key: str
    x: str
    x_place: int
    summary: tuple[str, ...]
    goal: str | None
    is_hidden: bool


def metric_of(message: bytes) -> MetricMessage:
    """A metric message."""
    found = _message(message)
    ways = _message(_bytes(found, 7))
    options = _message(_bytes(found, 6))
    return MetricMessage(
        key=_text(found, 1) or _text(found, 2), x=_text(found, 4), x_place=_number(found, 5),
        summary=tuple(name for number, name in SUMMARY_NAMES.items() if _number(ways, number)),
        goal=GOAL_NAMES.get(_number(found, 8)), is_hidden=bool(_number(options, 2)),
    )  # fmt: skip


def alert_of(message: bytes) -> tuple[str, str, str]:
    """Title, text and level of an alert."""
    found = _message(message)
    return _text(found, 1), _text(found, 2), LEVELS.get(_text(found, 3).upper(), "info")


def output_of(message: bytes) -> tuple[float, str, str]:
    """Time, stream ("stdout" or "stderr") and text of what the process wrote."""
    found = _message(message)
    stream = "stdout" if _number(found, 1) == STDOUT else "stderr"
    return seconds_of(_bytes(found, 2)), stream, _text(found, 3)


def stats_of(message: bytes) -> tuple[float, dict[str, Stored]]:
    """Time and values of system metrics: {"cpu": 3.5, …}."""
    found = _message(message)
    return seconds_of(_bytes(found, 2)), {"/".join(path): value for path, value in items(message, 3)}


def files_of(message: bytes) -> list[str]:
    """Paths of the run files that a message tells of, relative to the folder `files`."""
    return [_text(_message(one), 1) for one in _message(message).get(1, ()) if isinstance(one, bytes)]


@dataclass(frozen=True)
class FileMessage:
    """A file of an artifact. `digest`: its MD5 in base64 · `address`: where the content of a reference is, "" for one
    of the artifact's own, which lay at `local_path` on the machine it was made on."""

    path: str
    digest: str
    size_bytes: int
    address: str
    local_path: str


@dataclass(frozen=True)
class ArtifactMessage:
    """An artifact that was logged. `is_final`: it is whole · `is_listed_elsewhere`: there are too many files for a
    message."""

    name: str
    type: str
    entity: str
    digest: str
    description: str
    metadata: str
    aliases: tuple[str, ...]
    tags: tuple[str, ...]
    client_id: str
    sequence_client_id: str
    is_final: bool
    is_listed_elsewhere: bool
    files: tuple[FileMessage, ...]


def artifact_of(message: bytes) -> ArtifactMessage:
    """An artifact message."""
    found = _message(message)
    manifest = _message(_bytes(found, 12))
    entries = [_message(one) for one in manifest.get(4, ()) if isinstance(one, bytes)]
    return ArtifactMessage(
        name=_text(found, 5), type=_text(found, 4), entity=_text(found, 3), digest=_text(found, 6),
        description=_text(found, 7), metadata=_text(found, 8), aliases=tuple(map(text, found.get(11, ()))),
        tags=tuple(map(text, found.get(19, ()))), client_id=_text(found, 15), sequence_client_id=_text(found, 16),
        is_final=bool(_number(found, 14)), is_listed_elsewhere=bool(_text(manifest, 5)),
        files=tuple(
            FileMessage(_text(one, 1), _text(one, 2), _number(one, 4), _text(one, 3), _text(one, 6)) for one in entries
        ),
    )  # fmt: skip


def exit_of(message: bytes) -> tuple[int, int]:
    """Exit code, and run time in seconds."""
    found = _message(message)
    return _number(found, 1), _number(found, 2)


def environment_of(message: bytes) -> dict[str, Stored]:
    """What the run runs on, under the names of our environment section."""
    found = _message(message)
    git, cpu, memory = (_message(_bytes(found, number)) for number in (9, 22, 21))
    command: list[Stored] = [_text(found, 6), *(text(word) for word in found.get(5, ()))]
    facts: dict[str, Stored] = {
        "python": _text(found, 2).removeprefix("CPython "), "executable": _text(found, 14),
        "command": command if command[0] else [], "directory": _text(found, 11), "host": _text(found, 12),
        "os": _text(found, 1), "cpu": _text(cpu, 3), "cpu_cores": _number(found, 16),
        "cpu_threads": _number(found, 17), "memory_bytes": _number(memory, 1), "cuda": _text(found, 25),
        "gpus": [_gpu(one) for one in found.get(24, ()) if isinstance(one, bytes)],
        "git": {"commit": _text(git, 2), "remote": _text(git, 1)} if git else {},
    }  # fmt: skip
    return {name: fact for name, fact in facts.items() if fact}


def _gpu(message: bytes) -> Stored:
    found = _message(message)
    return {"name": _text(found, 1), "memory_bytes": _number(found, 2)}


def seconds_of(timestamp: bytes) -> float:
    """A timestamp (seconds 1, nanoseconds 2) in seconds since 1970; 0.0 when there is none."""
    found = _message(timestamp)
    return _number(found, 1) + _number(found, 2) / 1e9


def _message(message: bytes) -> Fields:
    return whole(message_of, message)


def _text(found: Fields, number: int) -> str:
    return text(found[number][-1]) if number in found else ""


def _number(found: Fields, number: int) -> int:
    return signed(found[number][-1]) if number in found else 0


def _bytes(found: Fields, number: int) -> bytes:
    value = found[number][-1] if number in found else b""
    return value if isinstance(value, bytes) else b""
