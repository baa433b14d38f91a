"""A version of an artifact on its way from a training's machine to a server: its contents first, then this, as JSON."""

from dataclasses import dataclass, field

import msgspec

from belvedere.runlog.artifacts import manifests, versions
from belvedere.runlog.artifacts.records import Artifact
from belvedere.runlog.artifacts.shelf import Shelf


@dataclass(frozen=True)
class Sent:
    """What a version is. `metadata` is JSON text; `contents` has an entry for each file."""

    name: str
    type: str
    contents: dict[str, manifests.Entry]
    description: str | None = None
    metadata: str | None = None
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = field(default_factory=tuple)


def packed(shelf: Shelf, artifact: Artifact) -> bytes:
    """A version as it is sent."""
    collection = shelf.collection_of_id(artifact.collection_id)
    contents = manifests.read(shelf.folder, artifact.manifest).contents
    return msgspec.json.encode(
        Sent(
            collection.name, collection.type, contents, artifact.description, artifact.metadata, artifact.aliases,
            artifact.tags,
        )
    )  # fmt: skip


def received(shelf: Shelf, sent: Sent, run_id: str) -> Artifact:
    """The version, made unless the same content is here under that name; then its aliases stay where they are.

    UsageError when a content never came."""
    digest = manifests.digest_of(sent.contents)
    facts = {"run_id": run_id, "description": sent.description, "metadata": sent.metadata, "tags": sent.tags}
    with shelf.lock:
        aliases = () if shelf.membership(f"{sent.name}:{digest}") else sent.aliases
        wish = versions.Wish(sent.name, sent.type, digest, "", aliases, True, facts)
        return versions.logged(shelf, wish, manifests.Manifest(sent.contents))
