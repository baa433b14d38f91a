"""How an artifact comes to be and changes: announced, its files sent, committed as the next version; aliases; links."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from belvedere.core.errors import NotFound, UsageError
from belvedere.wandb_protocol.artifacts import contents, manifests
from belvedere.wandb_protocol.artifacts.names import checked_alias, checked_collection, is_version
from belvedere.wandb_protocol.artifacts.records import (
    PORTFOLIO,
    SEQUENCE,
    Artifact,
    Collection,
    ManifestRef,
    Member,
)
from belvedere.wandb_protocol.artifacts.shelf import Shelf, new_id
from belvedere.wandb_protocol.artifacts.shelves import ArtifactShelves


@dataclass(frozen=True)
class Wish:
    """What a client asks to be logged; `fields` are those of Artifact that it may set."""

    collection: str
    type: str
    digest: str
    client_id: str
    aliases: tuple[str, ...]
    is_deduplicated: bool
    fields: Mapping[str, object]


def created(shelf: Shelf, wish: Wish) -> Artifact:
    """The artifact that a client asks for: one that is there already (asked again, or with the same content), else a
    new one."""
    name = checked_collection(wish.collection)
    aliases = tuple(checked_alias(alias) for alias in wish.aliases)
    if not wish.type or not wish.digest:
        raise UsageError(f"artifact {name!r} comes without a type or a digest; give it both")
    with shelf.lock:
        known = shelf.of_client(wish.client_id) if wish.client_id else None
        if known:
            return known
        collection = _sequence(shelf, name, wish.type)
        same = _with_digest(shelf, collection, wish.digest) if wish.is_deduplicated else None
        if same:
            _name(shelf, collection, same, aliases)
            return _also_of(shelf, shelf.artifact(same.artifact_id), wish.client_id)
        artifact = Artifact(
            new_id(), collection.id, wish.digest, time.time(), client_id=wish.client_id, aliases=aliases
        )
        return shelf.keep_artifact(msgspec.convert({**msgspec.to_builtins(artifact), **wish.fields}, Artifact))


def announced(shelf: Shelf, artifact: Artifact, ref: ManifestRef) -> Artifact:
    """The artifact with one manifest more; a whole one replaces what came before it."""
    with shelf.lock:
        artifact = shelf.artifact(artifact.id)
        kept = () if ref.kind == "FULL" else tuple(one for one in artifact.manifests if one != ref)
        return shelf.keep_artifact(replace(artifact, manifests=(*kept, ref)))


def committed(shelf: Shelf, artifact_id: str) -> Artifact:
    """The artifact as a version of its collection; asked again, it stays the version it is. UsageError when a manifest
    or a content is missing or is not what it says."""
    with shelf.lock:
        artifact = shelf.artifact(artifact_id)
        if shelf.version(artifact):
            return artifact
        manifest = _whole_manifest(shelf, artifact)
        extent = manifests.checked(shelf.folder, manifest.contents)
        artifact = replace(
            artifact,
            manifest=contents.keep(shelf.folder, msgspec.json.encode(manifest)),
            size_bytes=extent.size_bytes,
            file_count=extent.files,
            updated_at=time.time(),
        )
        shelf.keep_artifact(artifact)
        collection = shelf.collection_of_id(artifact.collection_id)
        _join(shelf, collection, artifact, shelf.project, artifact.aliases)
        return artifact


def linked(
    shelves: ArtifactShelves, source: tuple[Shelf, Artifact], target: tuple[str, str], aliases: tuple[str, ...]
) -> Member:
    """The artifact as a version of a portfolio (project, name), which is made when there is none."""
    (home, artifact), (project, name) = source, target
    aliases = tuple(checked_alias(alias) for alias in aliases)
    if home.version(artifact) is None:
        raise UsageError("only a logged artifact can be linked; wait for it (artifact.wait()) first")
    kind = home.collection_of_id(artifact.collection_id).type
    shelf = shelves.of(project)
    with shelf.lock:
        portfolio = shelf.collection(checked_collection(name)) or shelf.keep_collection(
            Collection(new_id(), name, kind, time.time(), PORTFOLIO)
        )
        if portfolio.kind != PORTFOLIO:
            raise UsageError(
                f"{name!r} holds what is logged to it, so nothing can be linked there; choose another name"
            )
        if portfolio.type != kind:
            raise UsageError(f"{name!r} holds artifacts of type {portfolio.type!r}, not {kind!r}; choose another name")
        known = next((one for one in portfolio.members if one.artifact_id == artifact.id), None)
        if known:
            _name(shelf, portfolio, known, aliases)
            return known
        return _join(shelf, portfolio, artifact, home.project, aliases)


def unlinked(shelf: Shelf, portfolio: Collection, artifact_id: str, project: str) -> None:
    """Take an artifact out of a portfolio; NotFound when it is not in it."""
    with shelf.lock:
        for before, after in shelf.without(artifact_id, project):
            if before.id == portfolio.id and before.kind == PORTFOLIO:
                shelf.keep_collection(after)
                return
    raise NotFound(f"the artifact is not linked to {portfolio.name!r}; nothing to unlink")


def renamed_aliases(
    shelf: Shelf, collection: Collection, member: Member, add: Iterable[str], drop: Iterable[str]
) -> None:
    """Give aliases to a version, taking them from whichever had them, and take others away."""
    add = [checked_alias(alias) for alias in add]
    if any(is_version(alias) for alias in add):
        raise UsageError("v0, v1 … are numbers of versions and cannot be aliases; choose another name")
    with shelf.lock:
        collection = shelf.collection_of_id(collection.id)
        gone = {alias for alias in drop if collection.aliases.get(alias) == member.version}
        aliases = {alias: version for alias, version in collection.aliases.items() if alias not in gone}
        aliases.update(dict.fromkeys(add, member.version))
        shelf.keep_collection(replace(collection, aliases=aliases, updated_at=time.time()))


def deleted(shelves: ArtifactShelves, shelf: Shelf, artifact: Artifact, *, with_aliases: bool) -> None:
    """Delete a version, wherever it is linked, and contents that no other version names."""
    member = shelf.version(artifact)
    if member and not with_aliases:
        aliases = shelf.collection_of_id(artifact.collection_id).aliases_of(member.version)
        if aliases:
            raise UsageError(
                f"the artifact has the aliases {', '.join(sorted(aliases))}; delete it with delete_aliases=True"
            )
    for one in shelves.all():
        with one.lock:
            for _, after in one.without(artifact.id, shelf.project):
                one.keep_collection(after)
    with shelf.lock:
        shelf.drop_artifact(artifact.id)
        contents.drop_unnamed(shelf, artifact)


def deleted_collection(shelves: ArtifactShelves, shelf: Shelf, collection: Collection) -> None:
    """Delete a collection: a sequence with its versions, a portfolio with its links only."""
    if collection.kind == SEQUENCE:
        for artifact in [one for one in shelf.artifacts() if one.collection_id == collection.id]:
            deleted(shelves, shelf, artifact, with_aliases=True)
    shelf.drop_collection(collection)


def _whole_manifest(shelf: Shelf, artifact: Artifact) -> manifests.Manifest:
    if not artifact.manifests:
        raise UsageError("the artifact has no manifest yet; upload one before the commit")
    parts = []
    base = next((ref.base for ref in artifact.manifests if ref.kind != "FULL" and ref.base), "")
    if base:
        parts.append(manifests.read(shelf.folder, shelf.artifact(base).manifest))
    parts += [manifests.read(shelf.folder, ref.md5) for ref in artifact.manifests]
    return manifests.joined(parts)


def _sequence(shelf: Shelf, name: str, kind: str) -> Collection:
    found = shelf.collection(name)
    if found is None:
        return shelf.keep_collection(Collection(new_id(), name, kind, time.time()))
    if found.kind != SEQUENCE:
        raise UsageError(f"{name!r} is a portfolio, to which artifacts are linked; log under another name")
    if found.type != kind:
        raise UsageError(f"{name!r} holds artifacts of type {found.type!r}, not {kind!r}; log under another name")
    return found


def _with_digest(shelf: Shelf, collection: Collection, digest: str) -> Member | None:
    newest_first = reversed(collection.members)
    return next((one for one in newest_first if shelf.artifact(one.artifact_id).digest == digest), None)


def _also_of(shelf: Shelf, artifact: Artifact, client_id: str) -> Artifact:
    """The artifact under one more id of a client: its rows name it so."""
    if not client_id:
        return artifact
    return shelf.keep_artifact(replace(artifact, also_clients=(*artifact.also_clients, client_id), is_shown=False))


def _name(shelf: Shelf, collection: Collection, member: Member, aliases: tuple[str, ...]) -> None:
    """Aliases of something that is asked for again; they move, "latest" too."""
    moved = {alias: member.version for alias in aliases if not is_version(alias)}
    if any(collection.aliases.get(alias) != version for alias, version in moved.items()):
        shelf.keep_collection(replace(collection, aliases={**collection.aliases, **moved}, updated_at=time.time()))


def _join(shelf: Shelf, collection: Collection, artifact: Artifact, project: str, aliases: tuple[str, ...]) -> Member:
    """The next version of a collection, under "latest" and the aliases it asks for."""
    member = Member(artifact.id, project, collection.next_version, time.time())
    names = dict.fromkeys(("latest", *(one for one in aliases if not is_version(one))), member.version)
    shelf.keep_collection(
        replace(
            collection,
            members=(*collection.members, member),
            aliases={**collection.aliases, **names},
            next_version=member.version + 1,
            updated_at=member.created_at,
        )
    )
    return member
