"""What a run kept beside its log, as the page lists it: saved files, and versions of artifacts it logged or used.

Artifacts lie on a shelf of the project, whether W&B's clients brought them or a training put them there. The log of a
run that came from another machine may name some that are not here (sections "artifacts" and "artifacts_used").
"""

from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import quote

from belvedere.core.entries import FileSaved
from belvedere.core.errors import BelvedereError
from belvedere.runlog.artifacts import manifests
from belvedere.runlog.artifacts.records import TABLE_TYPE, Artifact
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.runlog.layout import RunFolder
from belvedere.server.schemas import ArtifactRow, RunFiles
from belvedere.server.schemas import SavedFile as Told
from belvedere.store.records import RunDetail
from belvedere.wandb_protocol.artifacts.nodes import content_address
from belvedere.wandb_protocol.desk import Desk, RunName
from belvedere.wandb_protocol.run_files import content_path

ARTIFACT_FILES_MAX = 50  # shown of one artifact; the client downloads all of them
MEDIA = "media/"  # where W&B puts what was logged: shown in charts, so listed last


def kept_files(desk: Desk, name: RunName, detail: RunDetail) -> RunFiles:
    """Files by path, what was logged as media last; artifacts by time."""
    folder = desk.shelves.folder(name)
    saved = sorted(detail.files, key=lambda one: (one.path.startswith(MEDIA), one.path))
    here = list(_on_shelves(desk, name))
    artifacts = [*here, *_elsewhere(detail, {(one.name, one.use) for one in here})]
    artifacts.sort(key=lambda one: (one.time, one.name))
    return RunFiles([_saved(name, folder, one) for one in saved], artifacts)


def _saved(name: RunName, folder: RunFolder, saved: FileSaved) -> Told:
    found = content_path(folder, saved)
    url = _address(name, found.name) if found is not None else None
    return Told(saved.path, saved.size_bytes, saved.time, url)


def _address(name: RunName, kept_as: str) -> str:
    return f"/api/runs/{quote(name[0], safe='')}/{quote(name[1], safe='')}/files/{quote(kept_as)}"


# ---- on the shelves of this server --------------------------------------------------------------------------------


def _on_shelves(desk: Desk, name: RunName) -> Iterator[ArtifactRow]:
    for shelf in (desk.artifacts.of(name[0]), *_others(desk, name[0])):
        for artifact in shelf.artifacts():
            is_logged = shelf.project == name[0] and name[1] in artifact.logged_by
            if is_logged or name in artifact.used_by:
                row = _row(desk, shelf, artifact, "logged" if is_logged else "used")
                if row is not None:
                    yield row


def _others(desk: Desk, project: str) -> list[Shelf]:
    return [shelf for shelf in desk.artifacts.all() if shelf.project != project]


def _row(desk: Desk, shelf: Shelf, artifact: Artifact, use: Literal["logged", "used"]) -> ArtifactRow | None:
    """None for what is no version yet, and for tables, which the charts show."""
    member, collection = shelf.version(artifact), shelf.collection_of_id(artifact.collection_id)
    if member is None or collection.type == TABLE_TYPE:
        return None
    return ArtifactRow(
        f"{collection.name}:v{member.version}", collection.type, use, artifact.created_at,
        collection.aliases_of(member.version), artifact.size_bytes, artifact.file_count,
        _contents(desk, shelf, artifact),
    )  # fmt: skip


def _contents(desk: Desk, shelf: Shelf, artifact: Artifact) -> list[Told]:
    try:
        entries = manifests.read(shelf.folder, artifact.manifest).contents
    except BelvedereError:  # its manifest was deleted by hand: the version is still one
        return []
    found = []
    for path, entry in list(entries.items())[:ARTIFACT_FILES_MAX]:
        url = content_address(desk.key, shelf, entry.md5, path) if entry.ref is None else None
        found.append(Told(path, entry.size or 0, artifact.created_at, url))
    return found


# ---- named in the log only ----------------------------------------------------------------------------------------


def _elsewhere(detail: RunDetail, here: set[tuple[str, str]]) -> Iterator[ArtifactRow]:
    for version, facts in detail.foreign.get("artifacts", {}).items():
        if isinstance(facts, Mapping) and (version, "logged") not in here:
            aliases = facts.get("aliases")
            named = [str(alias) for alias in aliases] if isinstance(aliases, list | tuple) else []
            yield ArtifactRow(version, str(facts.get("type", "")), "logged", detail.row.created, named)
    for version, kind in detail.foreign.get("artifacts_used", {}).items():
        if (version, "used") not in here:
            yield ArtifactRow(version, str(kind), "used", detail.row.created)
