"""How an artifact comes to be and changes: announced, its files sent, committed as the next version; aliases."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from belvedere.core.errors import UsageError
from belvedere.runlog.artifacts import contents, manifests
from belvedere.runlog.artifacts.names import checked_alias, checked_collection, is_version
from belvedere.runlog.artifacts.records import (
    PORTFOLIO,
    SEQUENCE,
    Artifact,
    Collection,
    ManifestRef,
    Member,
)
from belvedere.runlog.artifacts.shelf import Shelf, new_id


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
    checked_metadata(wish.fields.get("metadata"))
    with shelf.lock:
        known = shelf.of_client(wish.client_id) if wish.client_id else None
        if known:
            return known
        collection = _sequence(shelf, name, wish.type)
        if wish.fields.get("distributed_id"):
            begun = _begun_together(shelf, collection, wish.fields["distributed_id"])
            return _also_of(shelf, begun, wish) if begun else _begun(shelf, collection, wish, aliases)
        same = _with_digest(shelf, collection, wish.digest) if wish.is_deduplicated else None
        if same:
            _name(shelf, collection, same, aliases)
            return _also_of(shelf, shelf.artifact(same.artifact_id), wish)
        return _begun(shelf, collection, wish, aliases)


def checked_metadata(text: object) -> None:
    """UsageError when a text is no JSON object: nobody who reads the artifact could take it."""
    try:
        is_readable = text is None or isinstance(json.loads(str(text) or "{}"), dict | None)
    except (ValueError, RecursionError):
        is_readable = False
    if not is_readable:
        raise UsageError(f"metadata {str(text)[:60]!r} of an artifact are no JSON object; send a mapping")


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
            digest=artifact.digest if _is_whole(artifact) else manifests.digest_of(manifest.contents),
            manifest=contents.keep(shelf.folder, msgspec.json.encode(manifest)),
            size_bytes=extent.size_bytes,
            file_count=extent.files,
            updated_at=time.time(),
        )
        shelf.keep_artifact(artifact)
        collection = shelf.collection_of_id(artifact.collection_id)
        _join(shelf, collection, artifact, shelf.project, artifact.aliases)
        return artifact


def logged(shelf: Shelf, wish: Wish, manifest: manifests.Manifest) -> Artifact:
    """A version in one go, by somebody who has kept its contents already."""
    with shelf.lock:
        artifact = created(shelf, wish)
        if shelf.version(artifact):
            return artifact
        md5 = contents.keep(shelf.folder, msgspec.json.encode(manifest))
        return committed(shelf, announced(shelf, artifact, ManifestRef(md5)).id)


def added(shelf: Shelf, wish: Wish, manifest: manifests.Manifest) -> Artifact:
    """One run's part of what several make together, all under the `distributed_id` of the wish; `committed` ends it."""
    with shelf.lock:
        artifact = created(shelf, wish)
        md5 = contents.keep(shelf.folder, msgspec.json.encode(manifest))
        return announced(shelf, artifact, ManifestRef(md5, "PATCH"))


def used(shelf: Shelf, artifact_id: str, run: tuple[str, str]) -> Artifact:
    """The artifact as one that a run (project, id) uses."""
    with shelf.lock:
        found = shelf.artifact(artifact_id)
        return found if run in found.used_by else shelf.keep_artifact(replace(found, used_by=(*found.used_by, run)))


def linked(home: Shelf, artifact: Artifact, shelf: Shelf, name: str, aliases: tuple[str, ...]) -> Member:
    """The artifact of `home` as a version of the portfolio `name` on `shelf`, which is made when there is none."""
    aliases = tuple(checked_alias(alias) for alias in aliases)
    if home.version(artifact) is None:
        raise UsageError("only a logged artifact can be linked; wait for it (artifact.wait()) first")
    kind = home.collection_of_id(artifact.collection_id).type
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


def _whole_manifest(shelf: Shelf, artifact: Artifact) -> manifests.Manifest:
    if not artifact.manifests:
        raise UsageError("the artifact has no manifest yet; upload one before the commit")
    parts = []
    base = next((ref.base for ref in artifact.manifests if ref.kind == "INCREMENTAL" and ref.base), "")
    if base:
        parts.append(manifests.read(shelf.folder, shelf.artifact(base).manifest))
    parts += [manifests.read(shelf.folder, ref.md5) for ref in artifact.manifests]
    return manifests.joined(parts)


def _is_whole(artifact: Artifact) -> bool:
    return all(ref.kind == "FULL" for ref in artifact.manifests)


def _begun(shelf: Shelf, collection: Collection, wish: Wish, aliases: tuple[str, ...]) -> Artifact:
    artifact = Artifact(new_id(), collection.id, wish.digest, time.time(), client_id=wish.client_id, aliases=aliases)
    return shelf.keep_artifact(msgspec.convert({**msgspec.to_builtins(artifact), **wish.fields}, Artifact))


def _begun_together(shelf: Shelf, collection: Collection, distributed_id: object) -> Artifact | None:
    """What other runs have begun under this name, and nobody has finished yet."""
    of_name = (one for one in shelf.artifacts() if one.distributed_id == distributed_id)
    return next((one for one in of_name if one.collection_id == collection.id and not shelf.version(one)), None)


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


def _also_of(shelf: Shelf, artifact: Artifact, wish: Wish) -> Artifact:
    """The artifact as one of another run too, and under one more id of a client: its rows name it so."""
    run_id = str(wish.fields.get("run_id") or "")
    if run_id and run_id not in artifact.logged_by:
        artifact = shelf.keep_artifact(replace(artifact, also_runs=(*artifact.also_runs, run_id)))
    if not wish.client_id:
        return artifact
    also_clients = (*artifact.also_clients, wish.client_id)
    return shelf.keep_artifact(replace(artifact, also_clients=also_clients, is_shown=False))


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
