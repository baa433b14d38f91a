"""Artifacts as they are written: announced, their files asked for, committed; aliases, tags, links, deletes."""

from collections.abc import Mapping
from dataclasses import replace

from belvedere.core.errors import UsageError
from belvedere.core.plain import EXACT_IN_JSON
from belvedere.runlog.artifacts import contents, manifests, versions
from belvedere.runlog.artifacts.ids import opaque_id, taken_apart
from belvedere.runlog.artifacts.names import checked_path
from belvedere.runlog.artifacts.records import Artifact, ManifestRef
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.runlog.artifacts.versions import Wish
from belvedere.wandb_protocol.artifacts import links, tables
from belvedere.wandb_protocol.artifacts.nodes import artifact_node, membership_node, upload_address
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields

Given = Mapping[str, object]
MANIFEST_KINDS = ("FULL", "INCREMENTAL", "PATCH")


def create_artifact(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Announce an artifact; COMMITTED when it is here already, and nothing more needs to be sent."""
    given = _input(arguments)
    shelf = asked.desk.artifacts.of(_text(given, "projectName"))
    name = given.get("artifactCollectionName") or next(iter(_texts(given, "artifactCollectionNames")), "")
    wish = Wish(
        str(name), _text(given, "artifactTypeName"), _text(given, "digest"), _text(given, "clientID"),
        _aliases(given), bool(given.get("enableDigestDeduplication")), _facts(given),
    )  # fmt: skip
    found = versions.created(shelf, wish)
    if found.client_id != wish.client_id:
        tables.show(asked.desk, shelf, found)  # the content is here already, so nothing will be committed
    node = artifact_node(asked, shelf, found)
    newest = shelf.collection_of_id(found.collection_id).newest()
    latest = newest and {
        "id": opaque_id("Artifact", newest.project, newest.artifact_id), "versionIndex": newest.version,
    }  # fmt: skip
    sequence = {"id": opaque_id("ArtifactCollection", shelf.project, found.collection_id), "latestArtifact": latest}
    assert isinstance(node.value, Mapping)
    return {"artifact": {**node.value, "artifactSequence": sequence}}


def create_manifest(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Announce a manifest: without a digest it only gets an id; with one, an address to send it to."""
    given = _input(arguments)
    shelf, found = asked.desk.artifacts.artifact(given.get("artifactID"))
    kind = str(given.get("type") or "FULL")
    if kind not in MANIFEST_KINDS:
        raise UsageError(f"manifest type {kind[:40]!r} is not known; use {', '.join(MANIFEST_KINDS)}")
    base = taken_apart(given["baseArtifactID"], "Artifact")[1] if given.get("baseArtifactID") else ""
    return _manifest_reply(asked, shelf, found, _text(given, "digest"), kind, base)


def update_manifest(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """The same for a manifest that has an id, which says what else was told with it."""
    given = _input(arguments)
    project, name = taken_apart(given.get("artifactManifestID"), "ArtifactManifest")
    artifact_id, kind, base = (*name.split(":"), "", "")[:3]
    shelf = asked.desk.artifacts.of(project)
    found = shelf.artifact(artifact_id)
    return _manifest_reply(asked, shelf, found, _text(given, "digest"), kind or "FULL", base)


def create_files(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """An address for each file of an artifact; none for a content that is here."""
    wanted = _input(arguments).get("artifactFiles")
    if not isinstance(wanted, list | tuple):
        raise UsageError("no artifactFiles given; send a list of name and md5")
    edges = []
    for one in wanted:
        if not isinstance(one, Mapping):
            raise UsageError(f"artifact file {str(one)[:60]!r} is no object; send its name and md5")
        shelf, found = asked.desk.artifacts.artifact(one.get("artifactID"))
        path, md5 = checked_path(one.get("name")), manifests.hexadecimal(one.get("md5"))
        is_here = contents.is_here(shelf.folder, md5)
        node: dict[str, object] = {
            "name": path, "displayName": path, "storagePath": md5, "uploadHeaders": [], "uploadMultipartUrls": None,
            "uploadUrl": None if is_here else upload_address(asked, shelf, md5),
            "artifact": artifact_node(asked, shelf, found),
        }  # fmt: skip
        edges.append({"node": node})
    return {"files": {"edges": edges}}


def commit(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Make an artifact a version; the table of a `wandb.Table` is then shown with its media."""
    shelf, found = asked.desk.artifacts.artifact(_input(arguments).get("artifactID"))
    found = versions.committed(shelf, found.id)
    tables.show(asked.desk, shelf, found)
    return {"artifact": artifact_node(asked, shelf, found)}


def use(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """A run uses an artifact."""
    given = _input(arguments)
    shelf, found = asked.desk.artifacts.artifact(given.get("artifactID"))
    name = asked.desk.shelves.checked_name(_text(given, "projectName"), _text(given, "runName"))
    return {"artifact": artifact_node(asked, shelf, versions.used(shelf, found.id, name))}


def update(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Description, metadata, lifetime, tags, aliases of an artifact; what is not named stays."""
    given = _input(arguments)
    shelf, found = asked.desk.artifacts.artifact(given.get("artifactID"))
    versions.checked_metadata(given.get("metadata"))
    with shelf.lock:
        found = shelf.artifact(found.id)
        gone = set(_tag_names(given, "tagsToDelete"))
        tags = dict.fromkeys([tag for tag in found.tags if tag not in gone] + _tag_names(given, "tagsToAdd"))
        found = shelf.keep_artifact(
            replace(
                found,
                description=_if_given(given, "description", found.description),
                metadata=_if_given(given, "metadata", found.metadata),
                ttl_secs=_ttl(given, found.ttl_secs),
                tags=tuple(tags),
            )
        )
        member = shelf.version(found)
        if member and given.get("aliases") is not None:
            collection = shelf.collection_of_id(found.collection_id)
            wanted = _aliases(given)
            gone_aliases = set(collection.aliases_of(member.version)) - set(wanted)
            versions.renamed_aliases(shelf, collection, member, wanted, gone_aliases)
    return {"artifact": artifact_node(asked, shelf, found)}


def add_aliases(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Give aliases to a version in a collection."""
    _change_aliases(asked, _input(arguments), is_added=True)
    return {"success": True}


def delete_aliases(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Take aliases from a version in a collection."""
    _change_aliases(asked, _input(arguments), is_added=False)
    return {"success": True}


def delete(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Delete a version."""
    given = _input(arguments)
    shelf, found = asked.desk.artifacts.artifact(given.get("artifactID"))
    node = artifact_node(asked, shelf, found)
    links.deleted(asked.desk.artifacts, shelf, found, with_aliases=bool(given.get("deleteAliases")))
    return {"artifact": node}


def link(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """An artifact as a version of a portfolio."""
    given = _input(arguments)
    artifacts = asked.desk.artifacts
    client_id = _text(given, "clientID")
    home, found = artifacts.artifact(given["artifactID"]) if given.get("artifactID") else artifacts.of_client(client_id)
    if given.get("artifactPortfolioID"):
        shelf, portfolio = artifacts.collection(given["artifactPortfolioID"])
        name = portfolio.name
    else:
        shelf, name = artifacts.of(_text(given, "projectName")), _text(given, "artifactPortfolioName")
    member = versions.linked(home, found, shelf, name, _aliases(given))
    collection = shelf.collection(name)
    assert collection is not None
    return {
        "versionIndex": member.version,
        "artifactMembership": membership_node(asked, shelf, collection, member),
    }


def unlink(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Take an artifact out of a portfolio."""
    given = _input(arguments)
    home, found = asked.desk.artifacts.artifact(given.get("artifactID"))
    shelf, portfolio = asked.desk.artifacts.collection(given.get("artifactPortfolioID"))
    links.unlinked(shelf, portfolio, found.id, home.project)
    return {"success": True}


def _manifest_reply(asked: Asked, shelf: Shelf, found: Artifact, digest: str, kind: str, base: str) -> Given:
    opaque = opaque_id("ArtifactManifest", shelf.project, f"{found.id}:{kind}:{base}")
    file: dict[str, object] = {"id": opaque, "uploadUrl": None, "uploadHeaders": []}
    if digest:
        md5 = manifests.hexadecimal(digest)
        versions.announced(shelf, found, ManifestRef(md5, kind, base))
        file["uploadUrl"] = upload_address(asked, shelf, md5)
    return {"artifactManifest": {"id": opaque, "file": file}}


def _change_aliases(asked: Asked, given: Given, *, is_added: bool) -> None:
    home, found = asked.desk.artifacts.artifact(given.get("artifactID"))
    aliases = given.get("aliases")
    for one in aliases if isinstance(aliases, list | tuple) else ():
        if not isinstance(one, Mapping):
            raise UsageError(f"alias {str(one)[:60]!r} is no object; send its collection and its alias")
        shelf = asked.desk.artifacts.of(_text(one, "projectName") or home.project)
        collection = shelf.collection(_text(one, "artifactCollectionName"))
        members = collection.members if collection else ()
        member = next((m for m in members if (m.artifact_id, m.project) == (found.id, home.project)), None)
        if collection is None or member is None:
            raise UsageError(
                f"the artifact is no version of {_text(one, 'artifactCollectionName')!r}; link it there first"
            )
        alias = [_text(one, "alias")]
        versions.renamed_aliases(shelf, collection, member, alias if is_added else (), () if is_added else alias)


def _facts(given: Given) -> Given:
    """What a client may say of an artifact, under our names."""
    return {
        "entity": _text(given, "entityName"),
        "run_id": _text(given, "runName"),
        "sequence_client_id": _text(given, "sequenceClientID"),
        "distributed_id": _text(given, "distributedID"),
        "digest_algorithm": _text(given, "digestAlgorithm") or "MANIFEST_MD5",
        "description": _if_given(given, "description", None),
        "metadata": _if_given(given, "metadata", None),
        "history_step": _whole(given, "historyStep"),
        "ttl_secs": _ttl(given, None),
        "tags": _tag_names(given, "tags"),
    }


def _input(arguments: Arguments) -> Given:
    given = arguments.get("input")
    if not isinstance(given, Mapping):
        raise UsageError("the mutation comes without an input; send one")
    return given


def _text(given: Given, key: str) -> str:
    value = given.get(key)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _texts(given: Given, key: str) -> list[str]:
    value = given.get(key)
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def _aliases(given: Given) -> tuple[str, ...]:
    aliases = given.get("aliases")
    found = aliases if isinstance(aliases, list | tuple) else ()
    return tuple(str(one.get("alias") if isinstance(one, Mapping) else one) for one in found)


def _tag_names(given: Given, key: str) -> list[str]:
    tags = given.get(key)
    return [_text(one, "tagName") for one in tags if isinstance(one, Mapping)] if isinstance(tags, list | tuple) else []


def _if_given(given: Given, key: str, before: str | None) -> str | None:
    value = given.get(key)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else before


def _ttl(given: Given, before: int | None) -> int | None:
    value = _whole(given, "ttlDurationSeconds")
    if value is None:
        return before
    return value if value > 0 else None


def _whole(given: Given, key: str) -> int | None:
    value = given.get(key)
    return value if type(value) is int and abs(value) <= EXACT_IN_JSON else None


FIELDS: Fields = {
    "Mutation": {
        "createArtifact": create_artifact, "createArtifactManifest": create_manifest,
        "updateArtifactManifest": update_manifest, "createArtifactFiles": create_files, "commitArtifact": commit,
        "useArtifact": use, "updateArtifact": update, "addAliases": add_aliases, "deleteAliases": delete_aliases,
        "deleteArtifact": delete, "linkArtifact": link, "unlinkArtifact": unlink,
    },
}  # fmt: skip
