"""Artifacts as they are read: by name, by id, by type, by collection, and those of a run."""

from collections.abc import Mapping

from belvedere.core.errors import NotFound, UsageError
from belvedere.runlog.artifacts.ids import opaque_id, taken_apart
from belvedere.runlog.artifacts.records import Artifact
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.wandb_protocol.artifacts.nodes import artifact_node, collection_node, membership_node, page, type_node
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields, Node, ProjectValue, RunValue


def artifact(asked: Asked, parent: object, arguments: Arguments) -> Node | None:
    """An artifact by its id; null when there is none."""
    try:
        return artifact_node(asked, *asked.desk.artifacts.artifact(arguments.get("id")))
    except NotFound:
        return None


def collection(asked: Asked, parent: object, arguments: Arguments) -> Node | None:
    """A collection by its id; null when there is none."""
    try:
        return collection_node(asked, *asked.desk.artifacts.collection(arguments.get("id")))
    except NotFound:
        return None


def client_id_mapping(asked: Asked, parent: object, arguments: Arguments) -> Mapping[str, object] | None:
    """The id of what a client logged under an id of its own; null when it did not get here."""
    try:
        shelf, found = asked.desk.artifacts.of_client(str(arguments.get("clientID") or ""))
    except NotFound:
        return None
    return {"serverID": opaque_id("Artifact", shelf.project, found.id)}


def project_artifact(asked: Asked, parent: object, arguments: Arguments) -> Node | None:
    """The version that "name:alias" names; null when there is none."""
    shelf = _shelf(asked, parent)
    found = shelf.membership(str(arguments.get("name") or ""))
    if found is None:
        return None
    _, member = found
    home = asked.desk.artifacts.of(member.project)
    return artifact_node(asked, home, home.artifact(member.artifact_id))


def project_membership(asked: Asked, parent: object, arguments: Arguments) -> Node | None:
    """The same as a version of the collection that was named, which may be a portfolio."""
    shelf = _shelf(asked, parent)
    found = shelf.membership(str(arguments.get("name") or ""))
    return membership_node(asked, shelf, *found) if found else None


def project_collection(asked: Asked, parent: object, arguments: Arguments) -> Node | None:
    """A collection by name."""
    shelf = _shelf(asked, parent)
    found = shelf.collection(str(arguments.get("name") or ""))
    return collection_node(asked, shelf, found) if found else None


def project_collections(asked: Asked, parent: object, arguments: Arguments) -> Mapping[str, object]:
    """All collections of a project."""
    shelf = _shelf(asked, parent)
    return page([collection_node(asked, shelf, one) for one in shelf.collections()], arguments)


def project_type(asked: Asked, parent: object, arguments: Arguments) -> Node | None:
    """A type by name, when anything is of it."""
    shelf, name = _shelf(asked, parent), str(arguments.get("name") or "")
    return type_node(shelf, name) if name in _types(shelf) else None


def project_types(asked: Asked, parent: object, arguments: Arguments) -> Mapping[str, object]:
    """All types of a project."""
    shelf = _shelf(asked, parent)
    return page([type_node(shelf, name) for name in _types(shelf)], arguments)


def run_outputs(asked: Asked, parent: object, arguments: Arguments) -> Mapping[str, object]:
    """The versions a run logged, oldest first."""
    name, shelf = _run_shelf(asked, parent)
    logged = [one for one in shelf.artifacts() if name in one.logged_by and shelf.version(one)]
    return page([artifact_node(asked, shelf, one) for one in logged], arguments)


def run_inputs(asked: Asked, parent: object, arguments: Arguments) -> Mapping[str, object]:
    """The versions a run used, of any project."""
    run_id, home = _run_shelf(asked, parent)
    used: list[tuple[Shelf, Artifact]] = [
        (shelf, one)
        for shelf in asked.desk.artifacts.all()
        for one in shelf.artifacts()
        if (home.project, run_id) in one.used_by
    ]
    return page([artifact_node(asked, shelf, one) for shelf, one in used], arguments)


def artifact_manifest(asked: Asked, parent: object, arguments: Arguments) -> Node | None:
    """A manifest by its id, which names the artifact it belongs to."""
    project, name = taken_apart(arguments.get("id"), "ArtifactManifest")
    shelf = asked.desk.artifacts.of(project)
    found = artifact_node(asked, shelf, shelf.artifact(name)).value
    assert isinstance(found, Mapping)
    manifest = found["currentManifest"](asked, {})
    return Node("ArtifactManifest", manifest) if manifest else None


def _types(shelf: Shelf) -> list[str]:
    return sorted({one.type for one in shelf.collections()})


def _shelf(asked: Asked, parent: object) -> Shelf:
    if not isinstance(parent, ProjectValue):
        raise UsageError("artifacts are asked for inside a project; name one")
    return asked.desk.artifacts.of(parent.name)


def _run_shelf(asked: Asked, parent: object) -> tuple[str, Shelf]:
    if not isinstance(parent, RunValue):
        raise UsageError("logged and used artifacts are asked for inside a run; name one")
    return parent.run.id, asked.desk.artifacts.of(parent.project.name)


FIELDS: Fields = {
    "Query": {
        "artifact": artifact, "artifactCollection": collection, "clientIDMapping": client_id_mapping,
        "artifactManifest": artifact_manifest,
    },
    "Project": {
        "artifact": project_artifact, "artifactCollectionMembership": project_membership,
        "artifactCollection": project_collection, "artifactCollections": project_collections,
        "artifactType": project_type, "artifactTypes": project_types,
    },
    "Run": {"outputArtifacts": run_outputs, "inputArtifacts": run_inputs},
}  # fmt: skip
