"""MLflow's file store: `mlruns/<experiment id>/<run id>/` with `meta.yaml`, `metrics/<key>`, `params/<key>`,
`tags/<key>` and `artifacts/`.

A metric is a text file that only grows, one line "<ms since 1970> <value> <step> …" for each value; "/" in its name is
a folder. Parameters and tags are files that hold their value.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import yaml
from numpy.typing import NDArray

from belvedere.core.entries import RunStarted, Stored
from belvedere.core.errors import UnknownFormat
from belvedere.importers.mlflow.artifacts import bring_artifacts
from belvedere.importers.mlflow.foreign_run import STATUSES, ForeignRun, local_path
from belvedere.importers.source import Tell
from belvedere.importers.telling import Told, walked
from belvedere.runlog.landing import Landing

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]
NOTHING: Mapping[str, str] = MappingProxyType({})
META = "meta.yaml"
PIECE_BYTES = 8 << 20  # of one metric between two commits
TEXT_BYTES_MAX = 64 << 10


@dataclass(frozen=True)
class FileStoreRun:
    """One run folder of a file store."""

    where: Path
    started: RunStarted
    experiment: Mapping[str, object]
    tell: Tell

    def is_news(self, position: Mapping[str, Stored]) -> bool:
        return position.get("seen") != self._seen()

    def bring(self, landing: Landing) -> bool:
        seen, told = self._seen(), Told(landing, tell=self.tell)
        meta = read_meta(self.where)
        texts = _texts(self.where / "params"), _texts(self.where / "tags")
        run = _run(self.where, meta, self.experiment, *texts)
        run.tell(told)
        told.commit()
        for path in walked(self.where / "metrics"):
            self._bring_metric(path, landing)
        beside = self.where / "artifacts"
        artifacts = beside if beside.is_dir() else local_path(run.artifact_uri)
        if artifacts is not None:
            bring_artifacts(artifacts, landing, told)
        run.tell_end(told)
        told.commit(seen=seen)
        return run.is_over

    def _bring_metric(self, path: Path, landing: Landing) -> None:
        key = path.relative_to(self.where / "metrics").as_posix()
        told = landing.position.get("bytes")
        offsets = dict(told) if isinstance(told, Mapping) else {}
        start = offsets.get(key, 0)
        with path.open("rb") as file:
            file.seek(start if isinstance(start, int) else 0)
            while piece := file.read(PIECE_BYTES):
                whole = piece[: piece.rfind(b"\n") + 1]
                if not whole:
                    return  # the last line waits for its end
                steps, times_us, values = _points(whole, path)
                landing.rows((key,), steps, times_us, values[:, None])
                file.seek(len(whole) - len(piece), 1)
                offsets[key] = file.tell()
                landing.commit(bytes=dict(offsets))

    def _seen(self) -> Stored:
        """What changes when the run does: size and time of its files, in few numbers."""
        files = [path.stat() for path in (self.where / META, *walked(self.where / "metrics"))]
        texts = [path.stat() for part in ("params", "tags", "artifacts") for path in walked(self.where / part)]
        newest = max(status.st_mtime_ns for status in files + texts)
        return [len(files), sum(status.st_size for status in files), len(texts), newest]


def file_store_runs(root: Path, tell: Tell) -> list[FileStoreRun]:
    """All runs below a folder such as `mlruns/`, that are not deleted; one experiment or one run may be given too."""
    found = []
    for folder in _run_folders(root):
        try:
            meta = read_meta(folder)
            parent = folder.parent / META
            experiment = read_meta(folder.parent) if parent.is_file() else {}
        except (UnknownFormat, OSError) as error:
            tell(f"{error} ({folder})" if isinstance(error, OSError) else str(error))
            continue
        if meta.get("lifecycle_stage") != "deleted":
            started = _run(folder, meta, experiment).started("files")
            found.append(FileStoreRun(folder, started, experiment, tell))
    return sorted(found, key=lambda run: (run.started.time, run.where))


def has_file_store(path: Path) -> bool:
    """Whether runs of a file store lie at a path: a store, an experiment or a run."""
    return path.is_dir() and next(iter(_run_folders(path)), None) is not None


def _run_folders(path: Path) -> list[Path]:
    """Folders with a meta.yaml and metrics, at most two levels down (or in `mlruns` below)."""
    if _is_run(path):
        return [path]
    levels = [path / "mlruns"] if (path / "mlruns").is_dir() else [path]
    below = [found for level in levels for found in (*level.glob("*"), *level.glob("*/*"))]
    others = (".trash", "models")  # deleted ones, and what MLflow 3 keeps of models
    return sorted(found for found in below if _is_run(found) and found.parent.name not in others)


def _is_run(path: Path) -> bool:
    return os.path.isfile(path / META) and os.path.isdir(path / "metrics")  # False too where nobody lets us look


def read_meta(folder: Path) -> Mapping[str, object]:
    """The meta.yaml of a run or an experiment; UnknownFormat when it is no mapping."""
    path = folder / META
    try:
        found = yaml.safe_load(path.read_text("utf-8", "replace"))
    except yaml.YAMLError as error:
        raise UnknownFormat(f"the file is no YAML, so its run is left out; repair or remove it: {path}") from error
    if not isinstance(found, dict):
        raise UnknownFormat(f"the file says nothing about a run, which is left out; repair or remove it: {path}")
    return found


def _run(
    folder: Path, meta: Mapping[str, object], experiment: Mapping[str, object],
    params: Mapping[str, str] = NOTHING, tags: Mapping[str, str] = NOTHING,
) -> ForeignRun:  # fmt: skip
    status, uri = meta.get("status"), str(meta.get("artifact_uri") or "")
    return ForeignRun(
        id=str(meta.get("run_id") or meta.get("run_uuid") or folder.name),
        experiment=str(experiment.get("name") or ""),
        experiment_id=str(experiment.get("experiment_id") or folder.parent.name),
        name=str(meta.get("run_name") or ""),
        status=STATUSES[status] if isinstance(status, int) and 0 < status < len(STATUSES) else str(status),
        start_ms=_whole(meta.get("start_time")) or 0,
        end_ms=_whole(meta.get("end_time")),
        artifact_uri=uri,
        params=params,
        tags=tags,
        facts={"user": str(meta.get("user_id") or ""), "artifact_uri": uri},
    )


def _points(lines: bytes, path: Path) -> tuple[Whole, Whole, Floats]:
    """Steps (n,) int64, µs (n,) int64 and values (n,) float64 of whole lines."""
    parts = [line.split() for line in lines.splitlines()]
    try:
        rows = [(int(part[2]) if len(part) > 2 else 0, int(part[0]), float(part[1])) for part in parts if part]
    except (ValueError, IndexError) as error:
        raise UnknownFormat(f"a line is no '<ms> <value> <step>', so the metric cannot be read: {path}") from error
    steps, times_ms, values = zip(*rows, strict=True) if rows else ((), (), ())
    return np.array(steps, np.int64), np.array(times_ms, np.int64) * 1000, np.array(values, np.float64)


def _texts(folder: Path) -> dict[str, str]:
    """Each file below a folder as its name and what it says."""
    found = {}
    for path in walked(folder):
        with path.open("rb") as file:
            found[path.relative_to(folder).as_posix()] = file.read(TEXT_BYTES_MAX).decode("utf-8", "replace").strip()
    return found


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
