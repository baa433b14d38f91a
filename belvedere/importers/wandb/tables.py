"""Tables with their media. The copy of a table beside a `.wandb` file has mere words in place of media ("Image"); the
whole one is in an artifact, whose files wait in the client's cache until they are uploaded."""

import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from belvedere.core.entries import Stored
from belvedere.core.errors import UsageError
from belvedere.core.plain import json_data
from belvedere.importers.wandb.jsons import Json, dumps, loads
from belvedere.importers.wandb.messages import ArtifactMessage
from belvedere.importers.wandb.values import ours, suffix_of
from belvedere.runlog import media
from belvedere.runlog.layout import RunFolder

STAGING = (("artifacts", "staging"), ("artifacts", "obj"))  # folders in the client's cache
SCHEME = "wandb-client-artifact://"
NAN: Json = {"_type": "number", "value": "nan"}  # as our tables say it (core.plain.json_data)
Record = dict[str, Stored]


class Tables:
    """The artifacts of one file that hold tables, by the client's id; tables that were logged are made whole."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._artifacts: dict[str, Mapping[str, str]] = {}  # client id -> path in the artifact -> file on this machine

    def take(self, told: ArtifactMessage) -> None:
        """An artifact that was logged."""
        if any(file.path.endswith(".table.json") for file in told.files):
            staged = (file for file in told.files if file.local_path and _is_staged(Path(file.local_path)))
            self._artifacts[told.client_id] = {file.path: file.local_path for file in staged}

    def whole(self, values: Mapping[str, Stored]) -> dict[str, Stored]:
        """The values of a row; tables whose artifact is at hand with the media in their cells."""
        if not self._artifacts:
            return dict(values)
        return {key: self._whole(value) for key, value in values.items()}

    def _whole(self, record: Stored) -> Stored:
        told = record.get("wandb") if isinstance(record, Mapping) else None
        if not isinstance(record, Mapping) or not isinstance(told, Mapping) or record.get("_type") != "table":
            return record
        client_id, _, path = str(told.get("artifact_path", "")).removeprefix(SCHEME).partition("/")
        contents = self._artifacts.get(client_id, {})
        try:
            columns, content = self._content(Path(contents[path]), contents)
        except (KeyError, OSError, UsageError):  # uploaded and gone: the copy beside the file has to do
            return record
        plain = self._folder.medium(str(record.get("sha256", "")), str(record.get("suffix", "")))
        if plain.is_file():
            content = with_nan(content, plain.read_bytes())
        kept = media.keep(self._folder, content, ".json")
        own: Record = {field: record[field] for field in ("sha256", "size") if field in record}
        news: Record = {"sha256": kept.sha256, "size": kept.size_bytes, "suffix": kept.suffix, "columns": columns}
        return {**record, **news, "wandb": {**told, **own}}

    def _content(self, file: Path, contents: Mapping[str, str]) -> tuple[list[Stored], bytes]:
        """Columns, and the content of our table record."""
        found = loads(file.read_bytes())
        rows, columns = (found.get("data"), found.get("columns")) if isinstance(found, dict) else (None, None)
        if not isinstance(rows, list) or not isinstance(columns, list):
            raise UsageError("a table without columns or data")
        names: list[Stored] = [str(name) for name in columns]
        data = [[self._cell(cell, contents) for cell in row] for row in rows if isinstance(row, list)]
        return names, dumps({"columns": names, "data": data}).encode("utf-8", "replace")

    def _cell(self, cell: Stored, contents: Mapping[str, str]) -> Stored:
        record = ours(cell)
        path = record.get("path") if isinstance(record, Mapping) else None
        if isinstance(record, Mapping) and isinstance(path, str) and path in contents:
            kept = media.keep(self._folder, Path(contents[path]), suffix_of(path))
            record = {**record, "sha256": kept.sha256, "size": kept.size_bytes, "suffix": kept.suffix}
        return json_data(record)


def with_nan(content: bytes, plain: bytes) -> bytes:
    """The content of a whole table, with NaN where the plain copy has it: in artifacts the client writes null."""
    whole, copy = loads(content), loads(plain)
    rows, plain_rows = (one.get("data") if isinstance(one, dict) else None for one in (whole, copy))
    if not isinstance(whole, dict) or not isinstance(rows, list) or not isinstance(plain_rows, list):
        return content
    data = [_with_nan(row, plain_row) for row, plain_row in zip(rows, plain_rows, strict=False)]
    return content if data == rows[: len(data)] else dumps({**whole, "data": data + rows[len(data) :]}).encode()


def _with_nan(row: Json, plain: Json) -> Json:
    if not isinstance(row, list) or not isinstance(plain, list):
        return row
    pairs = zip(row, plain, strict=False)
    cells: list[Json] = [NAN if cell is None and _is_nan(told) else cell for cell, told in pairs]
    return cells + row[len(cells) :]


def _is_nan(cell: Json) -> bool:
    return isinstance(cell, float) and math.isnan(cell)


def _is_staged(file: Path) -> bool:
    """Whether a file lies where the client puts those of artifacts. A `.wandb` file from elsewhere may name any."""
    parts = file.resolve().parts
    return any(pair in STAGING for pair in pairwise(parts))
