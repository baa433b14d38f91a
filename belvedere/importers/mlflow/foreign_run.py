"""One run of MLflow, whichever store it lies in, and what is told of it in our words.

MLflow names a run by 32 hexadecimal digits, its project ("experiment") by name. Parameters and tags are text; a tag
that begins with "mlflow." is MLflow's own. Times are milliseconds since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlparse

from belvedere.core.entries import Described, RunFinished, RunStarted, Stored
from belvedere.core.values import Record
from belvedere.importers.source import folder_name, foreign_writer
from belvedere.importers.telling import Told, spoken

OWN = "mlflow."
STATES = {"FINISHED": "finished", "FAILED": "failed", "KILLED": "stopped"}  # others run still
STATUSES = ("", "RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")  # the file store keeps the place in this list


@dataclass(frozen=True)
class ForeignRun:
    """What MLflow says about a run. `facts` are those without a word of ours."""

    id: str
    experiment: str
    experiment_id: str
    name: str = ""
    status: str = "RUNNING"
    start_ms: int = 0
    end_ms: int | None = None
    artifact_uri: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Stored] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return self.status in STATES

    def started(self, store: str) -> RunStarted:
        """Who it is; `store` tells the same run in two kinds of store apart."""
        start = self.start_ms / 1e3
        return RunStarted(
            start, folder_name(self.experiment, f"experiment-{self.experiment_id}"), folder_name(self.id, "run"),
            foreign_writer(start, "mlflow", store, self.id), name=self.name,
        )  # fmt: skip

    def tell(self, told: Told) -> None:
        """Everything but its metrics and files."""
        start = self.start_ms / 1e3
        told.config(start, {key: spoken(value) for key, value in self.params.items()})
        own = {key.removeprefix(OWN): value for key, value in self.tags.items() if key.startswith(OWN)}
        words = tuple(f"{key}={value}" if value else key for key, value in self.tags.items() if not key.startswith(OWN))
        name = own.get("runName") or self.name or None
        notes = own.get("note.content") or None
        group = own.get("parentRunId") or None
        told.described(Described(start, name=name, group=group, tags=words, notes=notes))
        facts: Record = {"run_id": self.id, "experiment": self.experiment, "experiment_id": self.experiment_id}
        told.config(start, facts | dict(self.facts) | {"tags": dict(self.tags)}, section="mlflow")

    def tell_end(self, told: Told) -> None:
        """How it ended, when it did."""
        if self.is_over:
            state = STATES[self.status]
            end = (self.end_ms or self.start_ms) / 1e3
            told.finished(RunFinished(end, state, 1 if state == "failed" else 0))


def local_path(uri: str) -> Path | None:
    """The folder that an address of artifacts names on this machine; None when it lies elsewhere."""
    parsed = urlparse(uri)
    if not uri or parsed.scheme not in ("", "file"):
        return None
    return Path(unquote(parsed.path)) if parsed.scheme else Path(uri)
