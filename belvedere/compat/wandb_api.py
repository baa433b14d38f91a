"""`wandb.Api()` over our own runs: those of the server that BELVEDERE_SERVER names, else of the folder BELVEDERE_DIR or
WANDB_DIR, else ./belvedere-runs.

A path is "project/id", "project", or the same behind an entity, which is not looked at. What W&B answers lazily page by
page is read at once.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from belvedere.compat.mongo_filter import fits
from belvedere.core.entries import Alerted, FileSaved
from belvedere.core.errors import NotFound, UsageError
from belvedere.record import artifact_log
from belvedere.record.artifact import Artifact
from belvedere.record.settings import DEFAULT_ROOT
from belvedere.store.records import KeyInfo
from belvedere.store.run import Run as Stored
from belvedere.store.store import Store, open_store

if TYPE_CHECKING:
    import pandas

SAMPLES = 500
MICRO = 1e6
Row = dict[str, object]


class Api:
    """What is recorded, under W&B's names. Arguments of W&B's client are taken and not looked at."""

    def __init__(
        self, overrides: Mapping[str, object] | None = None, timeout: int | None = None, api_key: str | None = None
    ) -> None:  # fmt: skip
        named = (os.environ.get(name) for name in ("BELVEDERE_SERVER", "BELVEDERE_DIR", "WANDB_DIR"))
        self._place = next(filter(None, named), DEFAULT_ROOT)
        told = overrides or {}
        self._project = str(
            told.get("project") or os.environ.get("BELVEDERE_PROJECT") or os.environ.get("WANDB_PROJECT") or ""
        )
        self.default_entity = str(told.get("entity") or os.environ.get("WANDB_ENTITY") or "")

    def runs(
        self, path: str | None = None, filters: Mapping[str, object] | None = None, order: str = "+created_at",
        per_page: int = 50, include_sweeps: bool = True, lazy: bool = True,
    ) -> "Runs":  # fmt: skip
        """Runs of a project that fit a Mongo-style filter, in the order of a field."""
        project = _parts(path or self._project)[-1]
        store = self._store()
        if project not in store.projects():
            raise NotFound(f"no project {project!r}; it has: {', '.join(store.projects()) or 'none'} ({self._place})")
        found = [Run(self, one) for one in store.runs(project=project)]
        chosen = [one for one in found if fits(one._facts(), filters or {})]
        for word in reversed(order.split(",")):
            name = word.strip().lstrip("+-")
            known = [one for one in chosen if one._fact(name) is not None]
            known.sort(key=lambda one: _sortable(one._fact(name)), reverse=word.strip().startswith("-"))
            chosen = known + [one for one in chosen if one._fact(name) is None]
        return Runs(chosen)

    def run(self, path: str) -> "Run":
        """One run: "project/id" or the id alone; NotFound when there is none."""
        parts = _parts(path)
        project = parts[-2] if len(parts) > 1 else self._project
        return Run(self, self._store().run(f"{project}/{parts[-1]}" if project else parts[-1]))

    def projects(self, entity: str | None = None, per_page: int = 200) -> "list[Project]":
        """All projects."""
        return [Project(name, entity or self.default_entity) for name in self._store().projects()]

    def project(self, name: str, entity: str | None = None) -> "Project":
        """A project by its name, whether there is one or not."""
        return Project(_parts(name)[-1], entity or self.default_entity)

    def artifact(self, name: str, type: str | None = None) -> Artifact:
        """An artifact that a run logged: "project/name:alias"; NotFound when there is none."""
        parts = _parts(name)
        return artifact_log.find(self._root(), parts[-2] if len(parts) > 1 else self._project, parts[-1])

    def artifact_exists(self, name: str, type: str | None = None) -> bool:
        """Whether there is such an artifact."""
        try:
            self.artifact(name, type)
        except NotFound:
            return False
        return True

    def flush(self) -> None:
        """Nothing is kept: every answer is read anew."""

    @property
    def viewer(self) -> object:
        """Nobody has to log in."""
        raise UsageError("there are no users here; leave api.viewer out")

    def sweep(self, path: str = "") -> object:
        """Sweeps live in the process that runs them."""
        raise UsageError(f"the sweep {path!r} is not kept; its runs have sweep_id in their config: use api.runs(…)")

    def _store(self) -> Store:
        if "://" not in self._place:
            self._root()
        return open_store(self._place)

    def _root(self) -> Path:
        root = Path(self._place).expanduser().absolute()
        if "://" in self._place or not root.is_dir():
            raise NotFound(
                f"no folder of runs there; set BELVEDERE_DIR to the one that holds your projects: {self._place}"
            )
        return root


class Runs(Sequence["Run"]):
    """Runs that were asked for."""

    def __init__(self, runs: "list[Run]") -> None:
        self.objects = runs

    def __len__(self) -> int:
        return len(self.objects)

    def __getitem__(self, place):  # type: ignore[no-untyped-def]
        return self.objects[place]

    def histories(
        self, samples: int = SAMPLES, keys: Sequence[str] | None = None, x_axis: str = "_step", format: str = "pandas",
        stream: str = "default",
    ) -> "pandas.DataFrame | list[Row]":  # fmt: skip
        """`history` of every run, one below the other, with the id of the run in "run_id"."""
        rows = [{**row, "run_id": run.id} for run in self.objects for row in run._sampled(samples, keys)]
        return _framed(rows) if format == "pandas" else rows


@dataclass(frozen=True)
class Project:
    """A name that runs have in common."""

    name: str
    entity: str = ""

    @property
    def id(self) -> str:
        return self.name

    @property
    def path(self) -> list[str]:
        return [part for part in (self.entity, self.name) if part]


class Summary(dict[str, object]):
    """The last values; changing it changes nothing that was recorded."""

    @property
    def _json_dict(self) -> dict[str, object]:
        return dict(self)


class Run:
    """A stored run."""

    def __init__(self, api: Api, stored: Stored) -> None:
        self._api, self._stored = api, stored
        self.id, self.project, self.entity = stored.id, stored.project, api.default_entity
        self.name, self.state, self.group = stored.name, stored.state, stored.group
        self.tags, self.job_type = list(stored.tags), stored.job_type
        self.config: dict[str, object] = dict(stored.config)
        self.summary = Summary(stored.summary)

    def __repr__(self) -> str:
        return f"<Run {self.project}/{self.id} ({self.state})>"

    @property
    def display_name(self) -> str:
        return self.name

    @property
    def path(self) -> list[str]:
        return [part for part in (self.entity, self.project, self.id) if part]

    @property
    def url(self) -> str:
        place = self._api._place if "://" in self._api._place else "http://127.0.0.1:7007"
        return f"{place.rstrip('/')}/{self.project}/{self.id}"

    @property
    def created_at(self) -> str:
        return datetime.fromtimestamp(self._stored.created, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def notes(self) -> str:
        return self._stored.notes

    @property
    def metadata(self) -> dict[str, object]:
        """What it ran on."""
        return dict(self._stored.environment)

    @property
    def lastHistoryStep(self) -> int:
        return self._stored.steps - 1

    @property
    def alerts(self) -> tuple[Alerted, ...]:
        return self._stored.alerts

    # ---- values -------------------------------------------------------------------------------------------------

    def history(
        self, samples: int = SAMPLES, keys: Sequence[str] | None = None, x_axis: str = "_step", pandas: bool = True,
        stream: str = "default",
    ) -> "pandas.DataFrame | list[Row]":  # fmt: skip
        """At most `samples` rows, evenly chosen among those that have all `keys`; stream="system" has the machine's."""
        rows = self._sampled(samples, keys, is_system=stream != "default")
        return _framed(rows) if pandas else rows

    def scan_history(
        self, keys: Sequence[str] | None = None, page_size: int = 1000, min_step: int = 0, max_step: int | None = None
    ) -> Iterator[Row]:  # fmt: skip
        """Every row, by step; with `keys` only those that have all of them."""
        for row in self._rows(keys, is_system=None):
            step = int(str(row["_step"]))
            if step >= min_step and (max_step is None or step < max_step):
                yield row if keys is None or "_step" in keys else {key: row[key] for key in keys}

    def _sampled(self, samples: int, keys: Sequence[str] | None, *, is_system: bool | None = None) -> list[Row]:
        rows = self._rows(keys, is_system=is_system)
        if len(rows) <= samples:
            return rows
        return [rows[round(place * (len(rows) - 1) / max(1, samples - 1))] for place in range(samples)]

    def _rows(self, keys: Sequence[str] | None, *, is_system: bool | None) -> list[Row]:
        """One row for each step, with the last value of each key at it."""
        rows: dict[int, Row] = {}
        infos = [info for info in self._stored.keys() if keys is None or info.key in keys]
        for info in infos:
            if is_system is not None and info.key.startswith("system/") != is_system:
                continue
            for step, time, value in self._points(info):
                row = rows.setdefault(step, {"_step": step, "_timestamp": time})
                row[info.key] = value
                row["_timestamp"] = max(float(str(row["_timestamp"])), time)
        created = self._stored.created
        found = [rows[step] for step in sorted(rows)]
        for row in found:
            row["_runtime"] = float(str(row["_timestamp"])) - created
        return [row for row in found if keys is None or all(key in row for key in keys)]

    def _points(self, info: KeyInfo) -> Iterator[tuple[int, float, object]]:
        """Step, time and value of each point of a key; a vector has none."""
        if info.kind == "scalar":
            series = self._stored.series(info.key)
            yield from zip(series.steps.tolist(), series.times.tolist(), series.values.tolist())
        elif info.kind != "vector":
            for one in self._stored.media(info.key):
                yield one.step, one.time, one.record.get("value", dict(one.record))

    # ---- files --------------------------------------------------------------------------------------------------

    def files(self, names: Sequence[str] | None = None, per_page: int = 50) -> "list[File]":
        """Files that were saved with the run, the newest of each name."""
        newest = {saved.path: saved for saved in self._stored.files}
        return [File(self, saved) for name, saved in newest.items() if not names or name in names]

    def file(self, name: str) -> "File":
        """One of them; NotFound when there is none of that name."""
        found = next(iter(self.files([name])), None)
        if found is None:
            names = ", ".join(one.name for one in self.files()) or "none"
            raise NotFound(f"no file {name!r} was saved with the run {self.id}; it has: {names}")
        return found

    def logged_artifacts(self, per_page: int = 100) -> list[Artifact]:
        """Artifacts that the run logged."""
        told = self._stored.detail.foreign.get(artifact_log.SECTION, {})
        root = self._api._root()
        return [
            artifact_log.restored(root, self.project, name, facts)
            for name, facts in told.items()
            if isinstance(facts, Mapping)
        ]

    def used_artifacts(self, per_page: int = 100) -> list[Artifact]:
        """Artifacts that the run used."""
        told = self._stored.detail.foreign.get(artifact_log.USED, {})
        return [artifact_log.find(self._api._root(), self.project, name) for name in told]

    # ---- changing -----------------------------------------------------------------------------------------------

    def update(self) -> None:
        """Refused: what was recorded stays as it was."""
        raise UsageError("a stored run is not changed; go on with it: init(project=…, id=…, resume='must')")

    save = update

    def delete(self, delete_artifacts: bool = False) -> None:
        """Refused here: `belvedere rm` deletes and says what."""
        raise UsageError(f"runs are deleted on the command line: belvedere rm {self.project}/{self.id}")

    def load(self, force: bool = False) -> "Run":
        """Nothing to load: it is read when it is asked for."""
        return self

    def wait_until_finished(self) -> None:
        """Nothing: ask `Api().run(…).state` again."""

    # ---- for filters --------------------------------------------------------------------------------------------

    def _facts(self) -> Mapping[str, object]:
        return {
            "config": self.config, "summary_metrics": self.summary, "summary": self.summary, "state": self.state,
            "display_name": self.name, "displayName": self.name, "name": self.id, "id": self.id, "tags": self.tags,
            "group": self.group, "jobType": self.job_type, "job_type": self.job_type, "created_at": self.created_at,
            "createdAt": self.created_at, "heartbeat_at": self._stored.updated, "username": "",
        }  # fmt: skip

    def _fact(self, name: str) -> object:
        """A fact by its path, such as config.lr or summary_metrics.val/loss."""
        if name in ("created_at", "createdAt"):
            return self._stored.created  # the text has whole seconds only
        head, _, rest = name.partition(".")
        found = self._facts().get(head)
        return found.get(rest.removesuffix(".value")) if rest and isinstance(found, Mapping) else found


@dataclass(frozen=True)
class File:
    """A file that was saved with a run."""

    run: Run
    saved: FileSaved

    @property
    def name(self) -> str:
        return self.saved.path

    @property
    def size(self) -> int:
        return self.saved.size_bytes

    def download(
        self, root: str | Path = ".", replace: bool = False, exist_ok: bool = False, api: Api | None = None
    ) -> object:  # fmt: skip
        """Copy it below `root`; the copy as an open file."""
        target = Path(root, *[part for part in Path(self.name).parts if part not in ("..", "/")])
        if target.exists() and not (replace or exist_ok):
            raise UsageError(f"there is a file of that name; pass replace=True or exist_ok=True: {target}")
        source = artifact_log.saved_file(self.run._api._root(), self.run.project, self.run.id, self.name)
        if source is None:
            raise NotFound(f"the content of {self.name!r} is missing; copy the run's media folder too")
        if replace or not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        return target.open(encoding="utf-8", errors="surrogateescape")


def _parts(path: str) -> list[str]:
    """Entity, project and id, as far as they are there; an address of a run is taken too."""
    words = [part for part in str(path).strip("/").split("/") if part and part != "runs"]
    if not words:
        raise UsageError("which project? pass its name, or set WANDB_PROJECT")
    return words


def _sortable(value: object) -> tuple[int, float, str]:
    if isinstance(value, bool | int | float):
        return 0, float(value), ""
    return 1, 0.0, value if isinstance(value, str) else json.dumps(value, default=str)


def _framed(rows: list[Row]) -> "pandas.DataFrame":
    try:
        import pandas
    except ImportError:
        raise UsageError("history() as a data frame needs pandas: pip install pandas, or pass pandas=False") from None
    return pandas.DataFrame(rows)
