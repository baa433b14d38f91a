"""Artifacts as the client reads them: plain mappings whose costly fields are computed when they are asked for."""

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import PurePosixPath
from urllib.parse import quote

from belvedere.core.errors import NotFound, UsageError
from belvedere.runlog.artifacts import manifests
from belvedere.runlog.artifacts.ids import opaque_id
from belvedere.runlog.artifacts.records import Artifact, Collection, Member
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.wandb_protocol.desk import ENTITY, Arguments, Asked, Node, ProjectValue, RunName, RunValue
from belvedere.wandb_protocol.signing import SIGNED, signature

PAGE = 50
PAGE_MAX = 10_000
AGES = ("created_at", "createdAt", "version", "versionIndex")  # which all rise together
NO_TTL = -1  # "kept for ever", as the client reads it
Fields = Mapping[str, object]


def iso(seconds: float) -> str:
    """A time as the client reads it."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def page(items: Sequence[Node | Fields], arguments: Arguments) -> dict[str, object]:
    """A page of a list; the cursor is the number of items in front of it."""
    after = str(arguments.get("after") or "0")
    start = int(after) if after.isdecimal() else 0
    wanted = arguments.get("first")
    end = start + max(0, min(wanted, PAGE_MAX) if isinstance(wanted, int) else PAGE)
    cursors = range(start + 1, len(items) + 1)
    edges = [{"node": item, "cursor": str(at)} for at, item in zip(cursors, items[start:end])]
    info = {"endCursor": str(min(end, len(items))), "hasNextPage": end < len(items)}
    return {"edges": edges, "pageInfo": info, "totalCount": len(items)}


def artifact_node(asked: Asked, shelf: Shelf, artifact: Artifact) -> Node:
    """An artifact, version or not yet."""
    member = shelf.version(artifact)
    return Node("Artifact", {
        "id": opaque_id("Artifact", shelf.project, artifact.id),
        "state": "COMMITTED" if member else "PENDING",
        "artifactSequence": lambda asked, _: _sequence_of(asked, shelf, artifact),
        "artifactType": lambda asked, _: type_node(shelf, shelf.collection_of_id(artifact.collection_id).type),
        "versionIndex": member.version if member else None,
        "description": artifact.description,
        "metadata": artifact.metadata,
        "ttlDurationSeconds": artifact.ttl_secs or NO_TTL,
        "ttlIsInherited": artifact.ttl_secs is None,
        "tags": [_tag(tag) for tag in artifact.tags],
        "historyStep": artifact.history_step,
        "size": artifact.size_bytes,
        "fileCount": artifact.file_count,
        "digest": artifact.digest,
        "digestAlgorithm": artifact.digest_algorithm,
        "commitHash": None,
        "createdAt": iso(artifact.created_at),
        "updatedAt": iso(artifact.updated_at or artifact.created_at),
        "aliases": lambda asked, _: [
            alias for collection, member, home in _memberships(asked, shelf, artifact)
            for alias in _aliases(asked, home, collection, member)
        ],
        "artifactMemberships": lambda asked, arguments: page(
            [membership_node(asked, home, collection, member)
             for collection, member, home in _memberships(asked, shelf, artifact)], arguments),
        "currentManifest": lambda asked, _: _manifest(asked, shelf, artifact),
        "files": lambda asked, arguments: _files(asked, shelf, artifact, arguments),
        "filesByManifestEntries": lambda asked, arguments: _files(asked, shelf, artifact, arguments),
        "usedBy": lambda asked, arguments: page(_runs(asked, artifact.used_by), arguments),
        "createdBy": lambda asked, _: next(iter(_runs(asked, [(shelf.project, artifact.run_id)])), None),
    })  # fmt: skip


def collection_node(asked: Asked, shelf: Shelf, collection: Collection) -> Node:
    """A sequence or a portfolio."""
    return Node(collection.kind, {
        "id": opaque_id("ArtifactCollection", shelf.project, collection.id),
        "name": collection.name,
        "state": "READY",
        "description": collection.description,
        "createdAt": iso(collection.created_at),
        "updatedAt": iso(collection.updated_at or collection.created_at),
        "project": project_node(asked, shelf),
        "defaultArtifactType": type_node(shelf, collection.type),
        "digestAlgorithm": "MANIFEST_MD5",
        "tags": {"edges": [{"node": _tag(tag)} for tag in collection.tags]},
        "latestArtifact": lambda asked, _: _of_member(asked, collection.newest()),
        "aliases": lambda asked, arguments: page(
            [_alias(shelf, collection, alias) for alias in collection.aliases], arguments),
        "artifacts": lambda asked, arguments: _versions(asked, shelf, collection, arguments),
        "artifactMemberships": lambda asked, arguments: page(
            [membership_node(asked, shelf, collection, one) for one in reversed(collection.members)], arguments),
        "artifactMembership": lambda asked, arguments: _named_membership(asked, shelf, collection, arguments),
    })  # fmt: skip


def membership_node(asked: Asked, shelf: Shelf, collection: Collection, member: Member) -> Node:
    """An artifact as a version of a collection."""
    return Node("ArtifactCollectionMembership", {
        "id": opaque_id("ArtifactMembership", shelf.project, f"{collection.id}:{member.version}"),
        "versionIndex": member.version,
        "createdAt": iso(member.created_at),
        "aliases": _aliases(asked, shelf, collection, member),
        "artifactCollection": lambda asked, _: collection_node(asked, shelf, collection),
        "artifact": lambda asked, _: _of_member(asked, member),
        "files": lambda asked, arguments: _files(asked, *_held(asked, member), arguments),
    })  # fmt: skip


def type_node(shelf: Shelf, name: str) -> Node:
    """A type of artifacts in a project, with what it has."""

    def of_type() -> list[Collection]:
        return [one for one in shelf.collections() if one.type == name]

    def named(asked: Asked, arguments: Arguments) -> Node | None:
        found = next((one for one in of_type() if one.name == arguments.get("name")), None)
        return collection_node(asked, shelf, found) if found else None

    return Node("ArtifactType", {
        "id": opaque_id("ArtifactType", shelf.project, name),
        "name": name,
        "description": None,
        "createdAt": lambda asked, _: iso(min((one.created_at for one in of_type()), default=0.0)),
        "artifactCollections": lambda asked, arguments: page(
            [collection_node(asked, shelf, one) for one in of_type()], arguments),
        "artifactCollection": named,
    })  # fmt: skip


def project_node(asked: Asked, shelf: Shelf) -> Node:
    """The project of a shelf."""
    return Node("Project", ProjectValue(entity_of(asked), shelf.project))


def entity_of(asked: Asked) -> str:
    """What the client calls the entity in this request."""
    given = asked.variables.get("input")
    named = given.get("entityName") if isinstance(given, Mapping) else None
    return str(asked.variables.get("entity") or asked.variables.get("entityName") or named or ENTITY)


def upload_address(asked: Asked, shelf: Shelf, md5: str) -> str:
    """Where a content with that md5 may be put."""
    sign = signature(asked.desk.key, "artifact upload", shelf.project, md5)
    return f"{asked.base}{SIGNED}artifacts/{sign}/{quote(shelf.project, safe='')}/{md5}"


def download_address(asked: Asked, shelf: Shelf, md5: str, path: str) -> str:
    """Where a content lies for reading, under the name of its file."""
    return asked.base + content_address(asked.desk.key, shelf, md5, path)


def content_address(key: bytes, shelf: Shelf, md5: str, path: str) -> str:
    """The same without the server's own address."""
    sign = signature(key, "artifact content", shelf.project, md5)
    name = quote(PurePosixPath(path).name, safe="")
    return f"{SIGNED}artifacts/{sign}/{quote(shelf.project, safe='')}/{md5}/{name}"


def _sequence_of(asked: Asked, shelf: Shelf, artifact: Artifact) -> Node:
    return collection_node(asked, shelf, shelf.collection_of_id(artifact.collection_id))


def _versions(asked: Asked, shelf: Shelf, collection: Collection, arguments: Arguments) -> dict[str, object]:
    """Versions of a collection, newest first unless `order` says otherwise, each with the number it has there."""
    order = str(arguments.get("order") or "-createdAt")
    if order.lstrip("+-") not in AGES:
        raise UsageError(f"versions cannot be ordered by {order[:40]!r}; use '+created_at' or '-created_at'")
    members = collection.members[::-1] if order.startswith("-") else collection.members
    found = page([_of_member(asked, one) for one in members], arguments)
    edges = found["edges"]
    assert isinstance(edges, list)
    for edge in edges:
        edge["version"] = f"v{members[int(edge['cursor']) - 1].version}"
    return found


def _named_membership(asked: Asked, shelf: Shelf, collection: Collection, arguments: Arguments) -> Node | None:
    found = shelf.membership(f"{collection.name}:{arguments.get('aliasName') or 'latest'}")
    return membership_node(asked, shelf, *found) if found else None


def _held(asked: Asked, member: Member) -> tuple[Shelf, Artifact]:
    shelf = asked.desk.artifacts.of(member.project)
    return shelf, shelf.artifact(member.artifact_id)


def _of_member(asked: Asked, member: Member | None) -> Node:
    if member is None:
        raise NotFound("the collection is empty; log an artifact to it first")
    return artifact_node(asked, *_held(asked, member))


def _memberships(asked: Asked, shelf: Shelf, artifact: Artifact) -> list[tuple[Collection, Member, Shelf]]:
    """Everywhere an artifact is a version: where it was logged first, then where it is linked."""
    homes = [shelf, *(one for one in asked.desk.artifacts.all() if one is not shelf)]
    return [
        (collection, member, home)
        for home in homes
        for collection in home.collections()
        for member in collection.members
        if (member.artifact_id, member.project) == (artifact.id, shelf.project)
    ]


def _aliases(asked: Asked, shelf: Shelf, collection: Collection, member: Member) -> list[Fields]:
    owner: Callable[[Asked, Arguments], Node] = lambda asked, _: collection_node(asked, shelf, collection)  # noqa: E731
    names = collection.aliases_of(member.version)
    return [{**_alias(shelf, collection, alias), "artifactCollection": owner} for alias in names]


def _alias(shelf: Shelf, collection: Collection, alias: str) -> Fields:
    return {"id": opaque_id("ArtifactAlias", shelf.project, f"{collection.id}:{alias}"), "alias": alias}


def _tag(tag: str) -> Fields:
    return {"id": f"tag-{tag}", "name": tag}


def _manifest(asked: Asked, shelf: Shelf, artifact: Artifact) -> Fields | None:
    if not artifact.manifest:
        return None
    address = download_address(asked, shelf, artifact.manifest, "wandb_manifest.json")
    file = {"id": opaque_id("File", shelf.project, artifact.manifest), "directUrl": address, "url": address}
    return {"id": opaque_id("ArtifactManifest", shelf.project, artifact.id), "digest": artifact.digest, "file": file}


def _files(asked: Asked, shelf: Shelf, artifact: Artifact, arguments: Arguments) -> dict[str, object]:
    """The files of a version, by name; those elsewhere are named with the address they have there."""
    contents = manifests.read(shelf.folder, artifact.manifest).contents if artifact.manifest else {}
    names = _names_asked(arguments)
    wanted = {path: entry for path, entry in sorted(contents.items()) if names is None or path in names}
    return page([_file(asked, shelf, artifact, path, entry) for path, entry in wanted.items()], arguments)


def _names_asked(arguments: Arguments) -> set[str] | None:
    given = arguments.get("names")
    entries = arguments.get("entries")
    if isinstance(entries, Sequence):
        given = [str(one.get("name") or one.get("path")) for one in entries if isinstance(one, Mapping)]
    return {str(name) for name in given} if isinstance(given, Sequence) and not isinstance(given, str) else None


def _file(asked: Asked, shelf: Shelf, artifact: Artifact, path: str, entry: manifests.Entry) -> Fields:
    address = entry.ref if entry.ref is not None else download_address(asked, shelf, entry.md5, path)
    return {
        "id": opaque_id("File", shelf.project, f"{artifact.id}:{path}"),
        "name": path,
        "displayName": path,
        "url": address,
        "directUrl": address,
        "sizeBytes": entry.size or 0,
        "storagePath": None,
        "mimetype": mimetypes.guess_type(path)[0] or "application/octet-stream",
        "updatedAt": iso(artifact.updated_at or artifact.created_at),
        "digest": entry.digest,
        "md5": entry.digest if entry.ref is None else None,
    }


def _runs(asked: Asked, names: Sequence[RunName]) -> list[Node]:
    """Runs by name; one that was deleted is left out."""
    found = []
    for project, run_id in names:
        try:
            run = asked.desk.shelves.run((project, run_id)) if run_id else None
        except NotFound:
            continue
        if run is not None:
            found.append(Node("Run", RunValue(ProjectValue(entity_of(asked), project), run)))
    return found
