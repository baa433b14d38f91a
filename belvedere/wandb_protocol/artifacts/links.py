"""What concerns several projects: an artifact linked to a portfolio, taken out of it, deleted wherever it is listed."""

from belvedere.core.errors import NotFound, UsageError
from belvedere.runlog.artifacts import contents
from belvedere.runlog.artifacts.records import PORTFOLIO, SEQUENCE, Artifact, Collection
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.wandb_protocol.artifacts.shelves import ArtifactShelves


def unlinked(shelf: Shelf, portfolio: Collection, artifact_id: str, project: str) -> None:
    """Take an artifact out of a portfolio; NotFound when it is not in it."""
    with shelf.lock:
        for before, after in shelf.without(artifact_id, project):
            if before.id == portfolio.id and before.kind == PORTFOLIO:
                shelf.keep_collection(after)
                return
    raise NotFound(f"the artifact is not linked to {portfolio.name!r}; nothing to unlink")


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
