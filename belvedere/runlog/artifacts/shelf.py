"""The artifacts of one project: read from disk once, kept in memory, written file by file.

Whoever changes something holds `lock`, a server like a training, from the look to the last write. The collection's file
is written last: an artifact is a version from that moment on, so a kill in between leaves no half of one.
"""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import RLock

from belvedere.core.errors import NotFound
from belvedere.runlog import json_files
from belvedere.runlog.artifacts.names import split_version
from belvedere.runlog.artifacts.records import TABLE_TYPE, Artifact, Collection, Member
from belvedere.runlog.artifacts.turn import Turn
from belvedere.runlog.layout import ProjectFolder


class Shelf:
    """Collections and artifacts of a project; changes that another process makes are seen at the next look."""

    def __init__(self, folder: ProjectFolder) -> None:
        self.folder = folder
        self.lock = Turn(folder.artifacts_turn)
        self._memory = RLock()
        self._stamp: tuple[int, int, int] = (-1, -1, -1)
        self._collections: dict[str, Collection] = {}
        self._artifacts: dict[str, Artifact] = {}
        self._clients: dict[str, str] = {}  # client id -> artifact id
        self._tables: dict[str, set[str]] = {}  # run id -> artifact ids of tables that are not shown yet

    @property
    def project(self) -> str:
        return self.folder.project

    def collections(self) -> list[Collection]:
        """All collections, oldest first."""
        with self._memory:
            self._look()
            return sorted(self._collections.values(), key=lambda one: (one.created_at, one.name))

    def collection(self, name: str) -> Collection | None:
        """The collection of that name."""
        with self._memory:
            self._look()
            return next((one for one in self._collections.values() if one.name == name), None)

    def collection_of_id(self, collection_id: str) -> Collection:
        """The collection of that id; NotFound when it was deleted."""
        with self._memory:
            self._look()
            if collection_id not in self._collections:
                raise NotFound(
                    f"no artifact collection {collection_id!r} in {self.project!r}; it may have been deleted"
                )
            return self._collections[collection_id]

    def artifacts(self) -> list[Artifact]:
        """Everything that is, or may become, a version; oldest first."""
        with self._memory:
            self._look()
            return sorted(self._artifacts.values(), key=lambda one: one.created_at)

    def artifact(self, artifact_id: str) -> Artifact:
        """The artifact of that id; NotFound when it was deleted."""
        with self._memory:
            self._look()
            if artifact_id not in self._artifacts:
                raise NotFound(f"no artifact {artifact_id!r} in {self.project!r}; it may have been deleted")
            return self._artifacts[artifact_id]

    def of_client(self, client_id: str) -> Artifact | None:
        """The artifact that a client called so, before it had an id of ours."""
        with self._memory:
            self._look()
            return self._artifacts.get(self._clients.get(client_id, ""))

    def membership(self, name: str) -> tuple[Collection, Member] | None:
        """What "collection:alias" names; the alias is an alias, v3, or the digest of a version."""
        collection_name, alias = split_version(name)
        collection = self.collection(collection_name)
        if collection is None:
            return None
        member = collection.newest() if alias == "latest" else collection.named(alias)
        member = member or self._of_digest(collection, alias)
        return (collection, member) if member else None

    def version(self, artifact: Artifact) -> Member | None:
        """The artifact as a version of the sequence it was logged to; None while it is not committed."""
        collection = self._collections.get(artifact.collection_id)
        members = reversed(collection.members) if collection else ()
        return next((one for one in members if one.artifact_id == artifact.id), None)

    def waiting_tables(self, run_id: str) -> list[Artifact]:
        """Committed tables of a run that it does not show yet."""
        with self._memory:
            self._look()
            found = [self._artifacts[one] for one in self._tables.get(run_id, ())]
            return [one for one in found if self.version(one)]

    def keep_artifact(self, artifact: Artifact) -> Artifact:
        """Write an artifact, new or changed."""
        with self.lock, self._memory:
            self._look()
            json_files.write(self._artifact_path(artifact.id), artifact)
            self._artifacts[artifact.id] = artifact
            self._note(artifact)
            self._written()
        return artifact

    def keep_collection(self, collection: Collection) -> Collection:
        """Write a collection, new or changed."""
        with self.lock, self._memory:
            self._look()
            json_files.write(self._collection_path(collection.id), collection)
            self._collections[collection.id] = collection
            self._written()
        return collection

    def drop_artifact(self, artifact_id: str) -> None:
        """Forget an artifact that no collection lists any more."""
        with self.lock, self._memory:
            self._artifact_path(artifact_id).unlink(missing_ok=True)
            gone = self._artifacts.pop(artifact_id, None)
            if gone:
                for client in gone.clients:
                    self._clients.pop(client, None)
                self._tables.get(gone.run_id, set()).discard(gone.id)
            self._written()

    def drop_collection(self, collection: Collection) -> None:
        """Forget a collection; its artifacts are dropped by whoever calls."""
        with self.lock, self._memory:
            self._collection_path(collection.id).unlink(missing_ok=True)
            self._collections.pop(collection.id, None)
            self._written()

    def without(self, artifact_id: str, project: str) -> Iterator[tuple[Collection, Collection]]:
        """Each collection that lists the artifact, as it is and as it is without it."""
        for collection in self.collections():
            gone = {
                one.version for one in collection.members if (one.artifact_id, one.project) == (artifact_id, project)
            }
            if gone:
                yield collection, _without_versions(collection, gone)

    def _of_digest(self, collection: Collection, digest: str) -> Member | None:
        members = (one for one in collection.members if one.project == self.project)
        return next((one for one in members if self._artifacts[one.artifact_id].digest == digest), None)

    def _look(self) -> None:
        """Read everything again when the folders were changed by somebody else."""
        stamp = self._times()
        if stamp == self._stamp:
            return
        artifacts = json_files.read_all(self.folder.artifact_versions, Artifact)
        self._artifacts = {one.id: one for one in artifacts}
        collections = json_files.read_all(self.folder.artifact_collections, Collection)
        self._collections = {one.id: self._with_artifacts(one) for one in collections}
        self._clients, self._tables = {}, {}
        for artifact in self._artifacts.values():
            self._note(artifact)
        self._stamp = stamp

    def _note(self, artifact: Artifact) -> None:
        """What is looked for often."""
        self._clients.update(dict.fromkeys(artifact.clients, artifact.id))
        waiting = self._tables.setdefault(artifact.run_id, set())
        collection = self._collections.get(artifact.collection_id)
        if collection and collection.type == TABLE_TYPE and artifact.run_id and not artifact.is_shown:
            waiting.add(artifact.id)
        else:
            waiting.discard(artifact.id)

    def _with_artifacts(self, collection: Collection) -> Collection:
        """A member whose artifact's file is gone or damaged cannot be served."""
        members = (
            one for one in collection.members if one.project != self.project or one.artifact_id in self._artifacts
        )
        return replace(collection, members=tuple(members))

    def _written(self) -> None:
        self.lock.changed()
        self._stamp = self._times()

    def _times(self) -> tuple[int, int, int]:
        """What differs when anybody has written, and when somebody deleted a file by hand."""
        folders = self.folder.artifact_collections, self.folder.artifact_versions
        return self.lock.changes(), _changed(folders[0]), _changed(folders[1])

    def _artifact_path(self, artifact_id: str) -> Path:
        return self.folder.artifact_versions / f"{artifact_id}.json"

    def _collection_path(self, collection_id: str) -> Path:
        return self.folder.artifact_collections / f"{collection_id}.json"


def new_id() -> str:
    """An id that nobody else gives."""
    return secrets.token_hex(12)


def _without_versions(collection: Collection, gone: set[int]) -> Collection:
    aliases = {alias: version for alias, version in collection.aliases.items() if version not in gone}
    members = tuple(one for one in collection.members if one.version not in gone)
    if members and "latest" in collection.aliases and "latest" not in aliases:
        aliases["latest"] = members[-1].version
    return replace(collection, members=members, aliases=aliases)


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
