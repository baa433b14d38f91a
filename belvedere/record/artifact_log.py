"""Artifacts of a project as trainings write and find them: on the same shelf that W&B's clients use through a server.

A run notes what it published and used in its log too, sections "artifacts" and "artifacts_used".
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from belvedere.core.entries import FileSaved, Stored
from belvedere.core.errors import NotFound
from belvedere.core.plain import plain_data
from belvedere.core.values import safe_suffix
from belvedere.record.artifact import Artifact, local_file
from belvedere.runlog import media
from belvedere.runlog.artifacts import contents, versions
from belvedere.runlog.artifacts.ids import referred
from belvedere.runlog.artifacts.manifests import Entry, Manifest, base64_md5, digest_of
from belvedere.runlog.artifacts.manifests import read as read_manifest
from belvedere.runlog.artifacts.names import checked_path, split_version
from belvedere.runlog.artifacts.records import Artifact as Record
from belvedere.runlog.artifacts.records import Collection, Member
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.runlog.layout import ProjectFolder, RunFolder, project_folder, projects, run_folder
from belvedere.runlog.reader import SegmentReader

SECTION = "artifacts"
USED = "artifacts_used"
LATEST = "latest"
SHELVES_MAX = 32  # projects that a process keeps in mind
REFERENCES_MAX = 4  # from one artifact to the next, until a content is found


@dataclass(frozen=True)
class Place:
    """Where one artifact lies on disk."""

    root: Path
    project: str
    artifact_id: str

    def path_of(self, listed: Entry) -> Path | None:
        """Where the content of a file lies; None for one that is elsewhere."""
        shelf = shelf_of(self.root, self.project)
        for _ in range(REFERENCES_MAX):
            if listed.ref is None:
                return shelf.folder.artifact_content(listed.md5)
            found = _referred(self.root, listed.ref)
            if found is None:
                return None
            shelf, record, path = found
            listed = read_manifest(shelf.folder, record.manifest).contents.get(path) or Entry(ref="")
        return None

    def amend(self, artifact: Artifact) -> None:
        """Keep its description, metadata, tags and aliases as they are now."""
        shelf = shelf_of(self.root, self.project)
        with shelf.lock:
            record = shelf.keep_artifact(
                replace(
                    shelf.artifact(self.artifact_id), description=artifact.description, metadata=_metadata_of(artifact),
                    tags=tuple(artifact.tags),
                )
            )  # fmt: skip
            member, collection = shelf.version(record), shelf.collection_of_id(record.collection_id)
            if member is not None:
                gone = set(collection.aliases_of(member.version)) - set(artifact.aliases)
                versions.renamed_aliases(shelf, collection, member, artifact.aliases, gone)

    def runs(self, *, is_used: bool) -> list[str]:
        """The run that logged it, or those that used it: "project/id"."""
        record = shelf_of(self.root, self.project).artifact(self.artifact_id)
        logged = [(self.project, record.run_id)] if record.run_id else []
        return ["/".join(name) for name in (record.used_by if is_used else logged)]


def shelf_of(root: Path, project: str) -> Shelf:
    """The artifacts of a project: read once a process, and again when another one has changed them."""
    return _shelf(project_folder(root.absolute(), project), os.getpid())


@lru_cache(maxsize=SHELVES_MAX)
def _shelf(folder: ProjectFolder, pid: int) -> Shelf:
    return Shelf(folder)  # of this process alone: a fork may have taken its parent's locks along


def publish(
    artifact: Artifact, folder: RunFolder, aliases: Sequence[str] | None, tags: Sequence[str] | None
) -> dict[str, Stored]:  # fmt: skip
    """Keep the files, settle version, digest and aliases; the facts for the run's log."""
    shelf, listed = shelf_of(folder.root, folder.project), _listed(artifact, folder)
    with shelf.lock:
        if artifact.incremental:
            listed = {**_newest_files(shelf, artifact.source_name), **listed}
        record = versions.logged(shelf, _wish(artifact, folder, listed, aliases, tags), Manifest(listed))
        # asked for again, it is the newest once more, as the alias of the newest version says
        _name(shelf, record, (LATEST,))
    return _published(artifact, folder, shelf, record)


def add_part(artifact: Artifact, folder: RunFolder, together: str) -> str:
    """Keep the files as this run's part of a version that several make under the name `together`; the id of what is to
    be that version."""
    shelf, listed = shelf_of(folder.root, folder.project), _listed(artifact, folder)
    wish = _wish(artifact, folder, listed, None, None)
    return versions.added(
        shelf, replace(wish, fields={**wish.fields, "distributed_id": together}), Manifest(listed)
    ).id  # fmt: skip


def finish(artifact: Artifact, folder: RunFolder, artifact_id: str, aliases: Sequence[str] | None) -> dict[str, Stored]:
    """All parts as one version; the facts for the run's log."""
    shelf = shelf_of(folder.root, folder.project)
    with shelf.lock:
        record = versions.committed(shelf, artifact_id)
        _name(shelf, record, (LATEST, *(aliases or ())))
    return _published(artifact, folder, shelf, record)


def find(root: Path, project: str, name: str) -> Artifact:
    """The version that "[entity/][project/]name[:alias or version]" means; NotFound when there is none."""
    *before, last = name.split("/")
    where = before[-1] if before else project
    wanted, alias = split_version(last)
    shelf = shelf_of(root, where)
    collection = shelf.collection(wanted)
    if collection is None or not collection.members:
        raise NotFound(f"no artifact {wanted!r} in the project {where!r}; log one with run.log_artifact(…): {root}")
    found = shelf.membership(last)
    if found is None:
        have = ", ".join([LATEST, *sorted(f"v{one.version}" for one in collection.members)])
        raise NotFound(f"the artifact {wanted!r} has no version or alias {alias!r}; it has: {have}")
    return of_member(root, *found)


def of_member(root: Path, collection: Collection, member: Member) -> Artifact:
    """A version of a collection."""
    shelf = shelf_of(root, member.project)
    return _filled(root, shelf, shelf.artifact(member.artifact_id))


def logged_by(root: Path, project: str, run_id: str) -> list[Artifact]:
    """What a run published, oldest first."""
    shelf = shelf_of(root, project)
    return [_filled(root, shelf, one) for one in shelf.artifacts() if run_id in one.logged_by and shelf.version(one)]


def used_by(root: Path, project: str, run_id: str) -> list[Artifact]:
    """What a run of the project used, oldest first."""
    shelf = shelf_of(root, project)
    return [_filled(root, shelf, one) for one in shelf.artifacts() if (project, run_id) in one.used_by]


def use(root: Path, artifact: Artifact, run: tuple[str, str]) -> None:
    """Note that a run (project, id) uses it."""
    if isinstance(artifact.home, Place):
        versions.used(shelf_of(root, artifact.project), artifact.home.artifact_id, run)


def link(root: Path, artifact: Artifact, project: str, target: str, aliases: Sequence[str] | None) -> None:
    """The artifact as a version of the portfolio "[entity/][project/]name"."""
    if not isinstance(artifact.home, Place):
        raise NotFound(f"{artifact.name} was not logged yet; pass it to run.log_artifact(…) first")
    *before, name = target.split("/")
    home = shelf_of(root, artifact.project)
    words = tuple(aliases or ())
    versions.linked(
        home, home.artifact(artifact.home.artifact_id), shelf_of(root, before[-1] if before else project), name, words
    )


def saved_file(root: Path, project: str, run_id: str, name: str) -> Path | None:
    """Where the newest content of a file lies that was saved with a run under a name."""
    folder, found = run_folder(root, project, run_id), None
    for event in _events(folder):
        if isinstance(event, FileSaved) and event.path == name:
            found = media.locate(folder, event.sha256, safe_suffix(Path(name)))
    return found if found is not None and found.is_file() else None


def _listed(artifact: Artifact, folder: RunFolder) -> dict[str, Entry]:
    """The files of an artifact that is not logged yet, kept on the shelf."""

    def keep(content: bytes | Path, suffix: str) -> dict[str, Stored]:
        ref = media.keep(folder, content, suffix)
        return {"sha256": ref.sha256, "size": ref.size_bytes, "suffix": ref.suffix}

    place = project_folder(folder.root, folder.project)
    listed = {**artifact.listed, **{name: _referring(address) for name, address in artifact._references.items()}}
    for name, content in artifact.contents(keep):
        listed[checked_path(name)] = _kept(place, content)
    return listed


def _newest_files(shelf: Shelf, name: str) -> dict[str, Entry]:
    """The files of the newest version under a name; none before the first one."""
    found = shelf.membership(name)
    return dict(read_manifest(shelf.folder, shelf.artifact(found[1].artifact_id).manifest).contents) if found else {}


def _wish(
    artifact: Artifact, folder: RunFolder, listed: Mapping[str, Entry], aliases: Sequence[str] | None,
    tags: Sequence[str] | None,
) -> versions.Wish:  # fmt: skip
    fields: dict[str, object] = {
        "run_id": folder.run_id, "description": artifact.description, "metadata": _metadata_of(artifact),
        "tags": tuple(tags or ()),
    }  # fmt: skip
    digest = digest_of(listed)
    return versions.Wish(artifact.source_name, artifact.type, digest, "", tuple(aliases or ()), True, fields)


def _name(shelf: Shelf, record: Record, aliases: Sequence[str]) -> None:
    member, collection = shelf.version(record), shelf.collection_of_id(record.collection_id)
    assert member is not None
    versions.renamed_aliases(shelf, collection, member, aliases, ())


def _published(artifact: Artifact, folder: RunFolder, shelf: Shelf, record: Record) -> dict[str, Stored]:
    _fill(artifact, folder.root, shelf, record)
    return {artifact.name: {"type": artifact.type, "digest": artifact.digest, "aliases": list(artifact.aliases)}}


def _kept(folder: ProjectFolder, content: bytes | Path) -> Entry:
    """A file, kept under its md5."""
    md5 = contents.keep(folder, content) if isinstance(content, bytes) else contents.keep_file(folder, content)
    return Entry(base64_md5(md5), folder.artifact_content(md5).stat().st_size)


def _referred(root: Path, address: str) -> tuple[Shelf, Record, str] | None:
    """Shelf, artifact and path that the address of a file in another artifact names; None when it is not here."""
    found = referred(address)
    if found is None:
        return None
    project, name, path = found
    for one in [project] if project else projects(root):
        shelf = shelf_of(root, one)
        record = next((kept for kept in shelf.artifacts() if name == kept.id or name in kept.clients), None)
        if record is not None and record.manifest:
            return shelf, record, path
    return None


def _referring(address: str) -> Entry:
    """A file that stays where it is; of one on this machine the content is looked at."""
    path = local_file(address) if address.startswith("file:") else None
    if path is not None and path.is_file():
        return Entry(base64_md5(contents.md5_of(path)), path.stat().st_size, address)
    return Entry(address, None, address)


def _metadata_of(artifact: Artifact) -> str:
    return json.dumps(plain_data(artifact.metadata))


def _filled(root: Path, shelf: Shelf, record: Record) -> Artifact:
    collection = shelf.collection_of_id(record.collection_id)
    artifact = Artifact(collection.name, collection.type)
    _fill(artifact, root, shelf, record)
    return artifact


def _fill(artifact: Artifact, root: Path, shelf: Shelf, record: Record) -> None:
    """What a logged artifact knows of itself."""
    member, collection = shelf.version(record), shelf.collection_of_id(record.collection_id)
    assert member is not None
    told = json.loads(record.metadata) if record.metadata else {}
    artifact.description, artifact.metadata = record.description, dict(told) if isinstance(told, Mapping) else {}
    artifact.version, artifact.digest = f"v{member.version}", record.digest
    artifact.aliases, artifact.tags = collection.aliases_of(member.version), list(record.tags)
    artifact.listed = dict(read_manifest(shelf.folder, record.manifest).contents)
    artifact.home = Place(root, shelf.project, record.id)


def _events(folder: RunFolder) -> Iterator[object]:
    for writer in folder.writers():
        for path in folder.segments(writer):
            reader = SegmentReader(path)
            while batch := reader.poll():
                yield from (found.event for found in batch.events)
