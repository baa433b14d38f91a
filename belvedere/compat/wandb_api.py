"""`wandb.Api()` over our own runs: those of the server that BELVEDERE_SERVER names, else of the folder BELVEDERE_DIR or
WANDB_DIR, else ./belvedere-runs.

A path is "project/id", "project", or the same behind an entity, which is not looked at. What W&B answers lazily page by
page is read at once.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from belvedere.compat.mongo_filter import fits
from belvedere.compat.wandb_stored_run import File, Run, Runs, Summary
from belvedere.core.errors import NotFound, UsageError
from belvedere.record import artifact_log
from belvedere.record.artifact import Artifact
from belvedere.record.settings import DEFAULT_ROOT
from belvedere.runlog.artifacts.records import Collection
from belvedere.store.store import Store, open_store


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


@dataclass(frozen=True)
class ArtifactType:
    """A word that artifacts have in common, such as "dataset"."""

    name: str


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
    ) -> Runs:  # fmt: skip
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

    def run(self, path: str) -> Run:
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
        found = artifact_log.find(self._root(), parts[-2] if len(parts) > 1 else self._project, parts[-1])
        if type is not None and found.type != type:
            raise NotFound(f"the artifact {name!r} is of type {found.type!r}, not {type!r}; leave type= out")
        return self._known(found)

    def artifacts(
        self, type_name: str, name: str, per_page: int = 50, tags: Sequence[str] | None = None
    ) -> list[Artifact]:  # fmt: skip
        """All versions under a name, newest first."""
        collection = self._collection(type_name, name)
        members = reversed(collection.members)
        found = [self._known(artifact_log.of_member(self._root(), collection, one)) for one in members]
        return [one for one in found if not set(tags or ()) - set(one.tags)]

    artifact_versions = artifacts

    def artifact_collection(self, type_name: str, name: str) -> Collection:
        """A name that artifacts of a type have in common."""
        return self._collection(type_name, name)

    def artifact_collections(self, project_name: str, type_name: str, per_page: int = 50) -> list[Collection]:
        """All names of a type."""
        known = artifact_log.shelf_of(self._root(), _parts(project_name)[-1]).collections()
        return [one for one in known if one.type == type_name]

    def artifact_collection_exists(self, name: str, type: str) -> bool:
        """Whether there is that name of that type."""
        try:
            self._collection(type, name)
        except NotFound:
            return False
        return True

    def artifact_types(self, project: str | None = None) -> list[ArtifactType]:
        """The types of the artifacts of a project."""
        known = artifact_log.shelf_of(self._root(), _parts(project or self._project)[-1]).collections()
        return [ArtifactType(name) for name in dict.fromkeys(one.type for one in known)]

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

    def _collection(self, kind: str, name: str) -> Collection:
        *before, wanted = _parts(name)
        project = before[-1] if before else self._project
        found = artifact_log.shelf_of(self._root(), project).collection(wanted.partition(":")[0])
        if found is None or found.type != kind:
            raise NotFound(f"no artifacts {wanted!r} of type {kind!r} in the project {project!r}; log one first")
        return found

    def _known(self, artifact: Artifact) -> Artifact:
        """An artifact whose runs are runs of this `Api`."""
        artifact.run_of = self.run
        return artifact

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


__all__ = ["Api", "ArtifactType", "File", "Project", "Run", "Runs", "Summary"]
