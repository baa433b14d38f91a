"""The table of a `wandb.Table`, shown with its media.

The client logs the table twice: as a run file in which media are mere words ("Image"), and as an artifact that has all
of it. Whichever comes second, the row or the commit, leads to a second row at the same step: the same record, whose
content is the whole table, its cells being records of ours. What the client logged itself stays under "wandb".
One table may be logged at many steps: under one id of the client, or under another one each time it was made anew.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from belvedere.core.entries import Stored
from belvedere.core.errors import BelvedereError, NotFound
from belvedere.core.plain import json_data
from belvedere.importers.wandb.jsons import dumps, loads
from belvedere.importers.wandb.tables import with_nan
from belvedere.importers.wandb.values import ours, suffix_of
from belvedere.runlog import media
from belvedere.runlog.artifacts import manifests
from belvedere.runlog.artifacts.ids import CLIENT_SCHEME, referred
from belvedere.runlog.artifacts.records import TABLE_TYPE, Artifact
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.runlog.layout import RunFolder
from belvedere.store.records import MediaItem
from belvedere.wandb_protocol import run_files
from belvedere.wandb_protocol.desk import Desk, RunName

SUFFIX = ".table.json"  # of the client's files
WHOLE = ".json"  # of a table that is shown
PLAIN = re.compile(r"media/table/(.+)_\d+_[0-9a-f]+\.table\.json")  # a run file: key, step, start of its hash
log = logging.getLogger(__name__)
NAMED = re.compile(r'"artifact_path": ?"wandb-client-artifact://(\w+)/')
Record = dict[str, Stored]


def show_waiting(desk: Desk, name: RunName, rows: Sequence[str]) -> None:
    """Show the tables of a run whose rows may have come now: `rows` as the client sent them."""
    shelf = desk.artifacts.of(name[0])
    waiting = {artifact.id: artifact for artifact in shelf.waiting_tables(name[1])}
    for client_id in {found for row in rows if CLIENT_SCHEME in row for found in NAMED.findall(row)}:
        artifact = shelf.of_client(client_id)
        if artifact and artifact.run_id == name[1] and shelf.version(artifact):
            waiting[artifact.id] = replace(artifact, is_shown=False)  # it is named by one row more
    for artifact in waiting.values():
        show(desk, shelf, artifact)


def show(desk: Desk, shelf: Shelf, artifact: Artifact) -> None:
    """Show the tables of an artifact that is committed, as far as their rows are here; the others wait."""
    if artifact.is_shown or not artifact.manifest or shelf.collection_of_id(artifact.collection_id).type != TABLE_TYPE:
        return
    contents = manifests.read(shelf.folder, artifact.manifest).contents
    paths = [path for path in contents if path.endswith(SUFFIX)]
    try:
        are_shown = [_show_one(desk, shelf, artifact, path, contents) for path in paths]
    except OSError as error:  # the artifact is safe; the next post of the run tries again
        log.warning("the tables of %s/%s wait: %s", shelf.project, artifact.run_id, error)
        return
    with shelf.lock:
        kept = shelf.artifact(artifact.id)
        if all(are_shown) and not kept.is_shown:
            shelf.keep_artifact(replace(kept, is_shown=True))


def _show_one(desk: Desk, shelf: Shelf, artifact: Artifact, path: str, contents: Mapping[str, manifests.Entry]) -> bool:
    """Whether a row of the table was here for each id that the client gave it."""
    name = desk.shelves.checked_name(shelf.project, artifact.run_id)
    key = path.removesuffix(SUFFIX)
    rows = [_logged(desk, name, key, f"{CLIENT_SCHEME}{client}/{path}") for client in artifact.clients]
    is_whole = all(rows)
    items = [item for row in rows for item in row if item.record.get("suffix") != WHOLE]
    if not items:
        return is_whole
    folder = desk.shelves.folder(name)
    cells = _Cells(desk, shelf, folder, contents)
    try:
        content = cells.table(contents[path])
    except BelvedereError:
        return True  # what cannot be read stays as the client's own file shows it
    kept = media.keep(folder, content, WHOLE)
    with desk.attempts.landing(name) as landing:
        for item in items:
            landing.row(item.step, round(item.time * 1e6), {key: _record(item, kept, cells.columns)})
        landing.commit()
    for plain in {str(item.record.get("path")) for item in items}:
        mend(desk, name, plain)
    return is_whole


def mend(desk: Desk, name: RunName, path: str) -> None:
    """Show NaN in the tables whose plain copy is the run's file `path`: in an artifact the client writes null for it.

    Called when either of the two has come; nothing is done until both are here."""
    named = PLAIN.fullmatch(path)
    saved = next((one for one in run_files.files_of(desk, name) if one.path == path), None) if named else None
    plain = run_files.content_path(desk.shelves.folder(name), saved) if saved else None
    if named is None or plain is None:
        return
    for item in _shown_whole(desk, name, named[1], path):
        content = item.path.read_bytes() if item.path and item.path.is_file() else b""
        news = with_nan(content, plain.read_bytes()) if content else b""
        if news != content:
            kept = media.keep(desk.shelves.folder(name), news, WHOLE)
            told: Record = {"sha256": kept.sha256, "size": kept.size_bytes, "suffix": kept.suffix}
            with desk.attempts.landing(name) as landing:
                landing.row(item.step, round(item.time * 1e6), {named[1]: {**cast(Record, item.record), **told}})
                landing.commit()


def _shown_whole(desk: Desk, name: RunName, key: str, path: str) -> list[MediaItem]:
    try:
        items = desk.shelves.run(name).media(key)
    except NotFound:
        return []
    return [item for item in items if item.record.get("path") == path and item.record.get("suffix") == WHOLE]


def _logged(desk: Desk, name: RunName, key: str, artifact_path: str) -> list[MediaItem]:
    """The rows' records that name this table of this artifact; none while they are not here."""
    try:
        items = desk.shelves.run(name).media(key)
    except NotFound:
        return []
    return [item for item in items if _told(item).get("artifact_path") == artifact_path]


def _told(item: MediaItem) -> Mapping[str, Stored]:
    told = item.record.get("wandb")
    return told if isinstance(told, Mapping) else {}


def _record(item: MediaItem, kept: media.MediaRef, columns: list[Stored]) -> Record:
    logged = cast(Record, item.record)  # it was read from a log
    own: Record = {field: logged[field] for field in ("sha256", "size") if field in logged}
    return {
        **logged,
        "sha256": kept.sha256,
        "size": kept.size_bytes,
        "suffix": kept.suffix,
        "columns": columns,
        "wandb": {**_told(item), **own},
    }


class _Cells:
    """The cells of an artifact's tables as records of ours, their contents kept with the run."""

    def __init__(self, desk: Desk, shelf: Shelf, folder: RunFolder, contents: Mapping[str, manifests.Entry]) -> None:
        self._desk, self._shelf, self._folder, self._contents = desk, shelf, folder, contents
        self._kept: dict[str, Record] = {}  # by path: cells of a table may show one image many times
        self.columns: list[Stored] = []

    def table(self, entry: manifests.Entry) -> bytes:
        """The content of a table file as the content of our table record."""
        found = loads(self._shelf.folder.artifact_content(entry.md5).read_bytes())
        rows = found.get("data") if isinstance(found, dict) else None
        columns = found.get("columns") if isinstance(found, dict) else None
        if not isinstance(rows, list) or not isinstance(columns, list):
            raise NotFound("the table has no columns or no data")
        self.columns = [str(one) for one in columns]
        data = [[self._cell(cell) for cell in row] if isinstance(row, list) else [] for row in rows]
        return dumps({"columns": self.columns, "data": data}).encode()

    def _cell(self, cell: Stored) -> Stored:
        return json_data(self._with_contents(ours(cell))) if isinstance(cell, Mapping | list) else json_data(cell)

    def _with_contents(self, record: Stored) -> Stored:
        """The record, and those inside it, with the hash under which their contents lie in the run."""
        if isinstance(record, list | tuple):
            return [self._with_contents(one) for one in record]
        if not isinstance(record, Mapping):
            return record
        found = {name: item if name == "wandb" else self._with_contents(item) for name, item in record.items()}
        path = record.get("path")
        if record.get("_type") == "image":
            found.update(self._boxes(record))
        return {**found, **self._content(path)} if "_type" in record and isinstance(path, str) else found

    def _boxes(self, record: Mapping[str, Stored]) -> Record:
        """Boxes stand inside the cell, and their class labels in a file for all cells of a column."""
        told = record.get("wandb")
        boxes = told.get("boxes") if isinstance(told, Mapping) else None
        if not isinstance(told, Mapping) or not isinstance(boxes, Mapping):
            return {}
        named = {"class_labels": labels} if (labels := self._labels(told.get("classes"))) else {}
        return {"boxes": {name: {"box_data": placed, **named} for name, placed in boxes.items()}}

    def _labels(self, classes: Stored) -> Record:
        """{class: name} of a file [{"id": class, "name": name}, …]."""
        path = classes.get("path") if isinstance(classes, Mapping) else None
        source = self._source(path) if isinstance(path, str) else None
        found = loads(source.read_bytes()) if source else None
        known = found if isinstance(found, list) else []
        return {str(one.get("id")): str(one.get("name")) for one in known if isinstance(one, dict)}

    def _content(self, path: str) -> Record:
        if path not in self._kept:
            source = self._source(path)
            kept = media.keep(self._folder, source, suffix_of(path)) if source else None
            self._kept[path] = {"sha256": kept.sha256, "size": kept.size_bytes, "suffix": kept.suffix} if kept else {}
        return self._kept[path]

    def _source(self, path: str) -> Path | None:
        """Where the content of a path of the artifact lies; it may be that of another artifact."""
        entry, shelf = self._contents.get(path), self._shelf
        for _ in range(4):  # references to references
            if entry is None:
                return None
            if entry.ref is None:
                found = shelf.folder.artifact_content(entry.md5)
                return found if found.is_file() else None
            place = _referred(self._desk, entry.ref)
            if place is None:
                return None
            shelf, artifact, inner = place
            entry = manifests.read(shelf.folder, artifact.manifest).contents.get(inner) if artifact.manifest else None
        return None


def _referred(desk: Desk, ref: str) -> tuple[Shelf, Artifact, str] | None:
    """Artifact and path that a reference names."""
    found = referred(ref)
    if found is None:
        return None
    project, name, path = found
    try:
        if not project:
            return *desk.artifacts.of_client(name), path
        shelf = desk.artifacts.of(project)
        return shelf, shelf.artifact(name), path
    except BelvedereError:
        return None
