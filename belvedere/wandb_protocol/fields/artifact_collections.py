"""Collections of artifacts as they are changed: name, description, type, tags, deletes."""

import time
from collections.abc import Mapping
from dataclasses import replace

from belvedere.core.errors import NotFound, UsageError
from belvedere.runlog.artifacts.names import checked_collection
from belvedere.runlog.artifacts.records import Collection
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.wandb_protocol.artifacts import links
from belvedere.wandb_protocol.artifacts.nodes import collection_node
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields

Given = Mapping[str, object]


def update_sequence(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Rename or describe a sequence."""
    return _update(asked, _input(arguments), "artifactSequenceID")


def update_portfolio(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Rename or describe a portfolio."""
    return _update(asked, _input(arguments), "artifactPortfolioID")


def move_sequence(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Give a sequence another type."""
    given = _input(arguments)
    kind = str(given.get("destinationArtifactTypeName") or "")
    if not kind:
        raise UsageError("no type given; name the one the artifacts shall have")
    shelf, collection = asked.desk.artifacts.collection(given.get("artifactSequenceID"))
    return _changed(asked, shelf, replace(collection, type=kind))


def delete_sequence(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Delete a sequence with all its versions."""
    return _delete(asked, _input(arguments).get("artifactSequenceID"))


def delete_portfolio(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Delete a portfolio; the artifacts that were linked to it stay."""
    return _delete(asked, _input(arguments).get("artifactPortfolioID"))


def add_tags(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Tag a collection."""
    given = _input(arguments)
    shelf, collection = _named(asked, given)
    tags = tuple(dict.fromkeys([*collection.tags, *_tags(given)]))
    shelf.keep_collection(replace(collection, tags=tags))
    return {"tags": [{"id": f"tag-{tag}", "name": tag} for tag in tags]}


def delete_tags(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Take tags from a collection."""
    given = _input(arguments)
    shelf, collection = _named(asked, given)
    gone = set(_tags(given))
    shelf.keep_collection(replace(collection, tags=tuple(tag for tag in collection.tags if tag not in gone)))
    return {"success": True}


def _update(asked: Asked, given: Given, id_key: str) -> Given:
    shelf, collection = asked.desk.artifacts.collection(given.get(id_key))
    name, description = given.get("name"), given.get("description")
    if isinstance(name, str) and name != collection.name:
        if shelf.collection(checked_collection(name)):
            raise UsageError(f"there is a collection {name!r} in {shelf.project!r} already; choose another name")
        collection = replace(collection, name=name)
    if isinstance(description, str):
        collection = replace(collection, description=description)
    return _changed(asked, shelf, collection)


def _changed(asked: Asked, shelf: Shelf, collection: Collection) -> Given:
    with shelf.lock:
        kept = shelf.keep_collection(replace(collection, updated_at=time.time()))
    return {"artifactCollection": collection_node(asked, shelf, kept)}


def _delete(asked: Asked, opaque: object) -> Given:
    shelf, collection = asked.desk.artifacts.collection(opaque)
    node = collection_node(asked, shelf, collection)
    assert isinstance(node.value, Mapping)
    links.deleted_collection(asked.desk.artifacts, shelf, collection)
    return {"artifactCollection": replace(node, value={**node.value, "state": "DELETED"})}


def _named(asked: Asked, given: Given) -> tuple[Shelf, Collection]:
    shelf = asked.desk.artifacts.of(str(given.get("projectName") or ""))
    name = str(given.get("artifactCollectionName") or "")
    collection = shelf.collection(name)
    if collection is None:
        raise NotFound(f"no artifact collection {name!r} in {shelf.project!r}; check the name")
    return shelf, collection


def _tags(given: Given) -> list[str]:
    tags = given.get("tags")
    found = tags if isinstance(tags, list | tuple) else ()
    return [str(one.get("tagName") or "") for one in found if isinstance(one, Mapping)]


def _input(arguments: Arguments) -> Given:
    given = arguments.get("input")
    if not isinstance(given, Mapping):
        raise UsageError("the mutation comes without an input; send one")
    return given


FIELDS: Fields = {
    "Mutation": {
        "updateArtifactSequence": update_sequence, "updateArtifactPortfolio": update_portfolio,
        "moveArtifactSequence": move_sequence, "deleteArtifactSequence": delete_sequence,
        "deleteArtifactPortfolio": delete_portfolio, "createArtifactCollectionTagAssignments": add_tags,
        "deleteArtifactCollectionTagAssignments": delete_tags,
    },
}  # fmt: skip
