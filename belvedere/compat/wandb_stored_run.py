"""A stored run under the names of W&B's `Api().run(…)`: what it was, its rows, its files, its artifacts."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from belvedere.core.entries import Alerted, FileSaved
from belvedere.core.errors import NotFound, UsageError
from belvedere.record import artifact_log
from belvedere.record.artifact import Artifact
from belvedere.store.records import KeyInfo
from belvedere.store.run import Run as Stored

if TYPE_CHECKING:
    import pandas

    from belvedere.compat.wandb_api import Api

SAMPLES = 500
Row = dict[str, object]


class Summary(dict[str, object]):
    """The last values; changing it changes nothing that was recorded."""

    @property
    def _json_dict(self) -> dict[str, object]:
        return dict(self)


class Run:
    """A stored run."""

    def __init__(self, api: "Api", stored: Stored) -> None:
        self._api, self._stored = api, stored
        self.id, self.project, self.entity = stored.id, stored.project, api.default_entity
        self.name, self.state, self.group = stored.name, stored.state, stored.group or None
        self.tags, self.job_type = list(stored.tags), stored.job_type or None
        self.config: dict[str, object] = dict(stored.config)
        last = {"_step": stored.steps - 1, "_timestamp": stored.updated, "_runtime": stored.updated - stored.created}
        self.summary = Summary({**stored.summary, **(last if stored.steps else {})})
        self.user = SimpleNamespace(username=self.entity, name=self.entity)

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
    def notes(self) -> str | None:
        return self._stored.notes or None

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
        chosen = rows if keys is None else [{key: row[key] for key in ("_step", *keys)} for row in rows]
        return _framed(chosen) if pandas else chosen

    def scan_history(
        self, keys: Sequence[str] | None = None, page_size: int = 1000, min_step: int = 0, max_step: int | None = None
    ) -> Iterator[Row]:  # fmt: skip
        """Every row, by step; with `keys` only those that have all of them."""
        for row in self._rows(keys, is_system=False if keys is None else None):
            step = int(str(row["_step"]))
            if step >= min_step and (max_step is None or step < max_step):
                yield row if keys is None else {key: row[key] for key in keys}

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
        found = artifact_log.logged_by(self._api._root(), self.project, self.id)
        return [self._api._known(one) for one in found]

    def used_artifacts(self, per_page: int = 100) -> list[Artifact]:
        """Artifacts that the run used."""
        found = artifact_log.used_by(self._api._root(), self.project, self.id)
        return [self._api._known(one) for one in found]

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
        self, root: str | Path = ".", replace: bool = False, exist_ok: bool = False, api: "Api | None" = None
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


class Runs(Sequence["Run"]):
    """Runs that were asked for."""

    def __init__(self, runs: "list[Run]") -> None:
        self.objects = runs

    def __len__(self) -> int:
        return len(self.objects)

    def __getitem__(self, place):  # type: ignore[no-untyped-def]
        return self.objects[place]

    def histories(
        self, samples: int = SAMPLES, keys: Sequence[str] | None = None, x_axis: str = "_step", format: str = "default",
        stream: str = "default",
    ) -> "pandas.DataFrame | list[Row]":  # fmt: skip
        """`history` of every run, one below the other, with the id of the run in "run_id"."""
        rows = [{**row, "run_id": run.id} for run in self.objects for row in run.history(samples, keys, pandas=False)]
        return _framed(rows) if format == "pandas" else rows


def _framed(rows: list[Row]) -> "pandas.DataFrame":
    try:
        import pandas
    except ImportError:
        raise UsageError("history() as a data frame needs pandas: pip install pandas, or pass pandas=False") from None
    return pandas.DataFrame(rows)
