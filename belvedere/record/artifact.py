"""Files under a name and a version: `Artifact("data", "dataset")`, filled, then logged with a run."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Protocol
from urllib.parse import unquote, urlsplit

from belvedere.core.errors import NotFound, UsageError
from belvedere.core.plain import plain_data
from belvedere.core.values import Keep, Table, Value, existing_file
from belvedere.runlog.artifacts.contents import md5_of
from belvedere.runlog.artifacts.ids import reference_to
from belvedere.runlog.artifacts.manifests import Entry as Listed
from belvedere.runlog.artifacts.manifests import base64_md5
from belvedere.runlog.artifacts.names import checked_collection

TABLE = ".table.json"  # of a table that was added by name, as W&B's client writes and reads it
DOWNLOADS = "artifacts"  # the folder below the working directory that W&B downloads into


class Home(Protocol):
    """Where a logged artifact lies."""

    @property
    def project(self) -> str: ...

    @property
    def artifact_id(self) -> str: ...

    def path_of(self, listed: Listed) -> Path | None:
        """Where the content of a file lies; None for one that is elsewhere."""
        ...

    def amend(self, artifact: "Artifact") -> None:
        """Keep its description, metadata, tags and aliases as they are now."""
        ...

    def runs(self, *, is_used: bool) -> list[str]:
        """The run that logged it, or those that used it: "project/id"."""
        ...


class Artifact:
    """`name` and `type` are chosen; `version` ("v0" …) and `digest` are there once it was logged.

    Files that were added are looked at when it is logged; those of a logged artifact never change.
    """

    def __init__(
        self, name: str, type: str, description: str | None = None, metadata: Mapping[str, object] | None = None,
        incremental: bool = False, use_as: str | None = None, **_: object,
    ) -> None:  # fmt: skip
        self.source_name, self.type = checked_collection(name), str(type)
        self.description, self.metadata = description, dict(metadata or {})
        self.version, self.digest, self.incremental = "", "", incremental
        self.aliases: list[str] = []
        self.tags: list[str] = []
        self._added: dict[str, Path | bytes] = {}
        self._references: dict[str, str] = {}
        self.listed: dict[str, Listed] = {}  # files of a logged artifact, or of the one that this is a draft of
        self.home: Home | None = None
        self.run_of: Callable[[str], object] = str  # what "project/id" is for those who ask who logged it
        self._values: list[tuple[str, Value]] = []

    # ---- filling ------------------------------------------------------------------------------------------------

    def add_file(self, local_path: str | Path, name: str | None = None, is_tmp: bool | None = False, skip_cache: bool | None = False, policy: str | None = None, overwrite: bool = False) -> None:  # fmt: skip # noqa: E501
        """One file, under `name` or its own."""
        path = existing_file(local_path)
        self._add(name or path.name, path.resolve())

    def add_dir(self, local_path: str | Path, name: str | None = None, skip_cache: bool | None = False, policy: str | None = None, merge: bool = False) -> None:  # fmt: skip # noqa: E501
        """All files of a folder, under their paths in it, below `name`."""
        folder = Path(local_path)
        if not folder.is_dir():
            raise UsageError(f"no such folder, so it cannot be added; check the path: {folder}")
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            self._add(str(Path(name or "", path.relative_to(folder))), path.resolve())

    def add_reference(self, uri: object, name: str | None = None, checksum: bool = True, max_objects: int | None = None) -> list[str]:  # fmt: skip # noqa: E501
        """An address that is only noted, or a file of another artifact; nothing is fetched."""
        self._changeable()
        address = uri.address if isinstance(uri, Entry) else str(uri)
        entry = name or address.rstrip("/").rpartition("/")[2] or "reference"
        self._references[entry] = address
        return [entry]

    def add(self, obj: Value, name: str, overwrite: bool = False) -> None:
        """A value such as a Table, under `name`; a table is found again by `get`."""
        self._changeable()
        self._values.append((name, obj))

    @contextmanager
    def new_file(self, name: str, mode: str = "w", encoding: str | None = None) -> Iterator[IO[str]]:
        """A file that is written here and then belongs to it."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "content")
            with path.open(mode, encoding=encoding or (None if "b" in mode else "utf-8")) as target:
                yield target
            self._add(name, path.read_bytes())

    def remove(self, item: str) -> None:
        """Take a file that was added out again."""
        self._changeable()
        for held in (self._added, self._references, self.listed):
            held.pop(str(item), None)

    def _changeable(self) -> None:
        if self.version:
            raise UsageError(f"{self.name} is logged and does not change; go on with its new_draft()")

    def _add(self, name: str, content: Path | bytes) -> None:
        self._changeable()
        parts = Path(name).parts
        if not parts or Path(name).is_absolute() or ".." in parts:
            raise UsageError(f"{name!r} cannot be the name of a file in an artifact; use a path below it")
        self._added["/".join(parts)] = content

    # ---- keeping ------------------------------------------------------------------------------------------------

    def contents(self, keep: Keep) -> Iterator[tuple[str, Path | bytes]]:
        """Name and content of every file that was added; `keep` takes what values bring along."""
        yield from self._added.items()
        for name, value in self._values:
            if isinstance(value, Table):
                yield f"{name}{TABLE}", _table_file(value)
            else:
                yield f"{name}.json", json.dumps(plain_data(value.record(keep))).encode()

    @property
    def references(self) -> dict[str, str]:
        """Address by name."""
        return self._references or {name: one.ref for name, one in self.listed.items() if one.ref is not None}

    # ---- asking -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """ "name:v0", or the bare name before it was logged."""
        return f"{self.source_name}:{self.version}" if self.version else self.source_name

    @property
    def project(self) -> str:
        """The project it was logged in; "" before."""
        return self.home.project if self.home is not None else ""

    @property
    def qualified_name(self) -> str:
        """ "project/name:v0"."""
        return "/".join(filter(None, (self.project, self.name)))

    @property
    def source_version(self) -> str:
        """The version again: an artifact that was found through a link is not another one here."""
        return self.version

    @property
    def state(self) -> str:
        """PENDING, or COMMITTED once it was logged."""
        return "COMMITTED" if self.version else "PENDING"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(one.size or 0 for one in self.listed.values())

    @property
    def file_count(self) -> int:
        return len(self.listed) if self.version else len({*self.listed, *self._added, *self._references})

    @property
    def manifest(self) -> SimpleNamespace:
        """`manifest.entries`: each file by its name."""
        return SimpleNamespace(entries={name: Entry(self, name) for name in sorted(self.listed)})

    def files(self, names: Sequence[str] | None = None, per_page: int = 50) -> "list[Entry]":
        """All files, or those of some names."""
        return [Entry(self, name) for name in sorted(self.listed) if names is None or name in names]

    def wait(self, timeout: int | None = None) -> "Artifact":
        """Nothing to wait for: it is there when `log_artifact` returns."""
        return self

    def is_draft(self) -> bool:
        """Whether it was not logged yet."""
        return not self.version

    def save(self, *_: object, **__: object) -> None:
        """Keep its description, metadata, tags and aliases as they are now; the files of a version stay."""
        if self.home is None:
            raise UsageError(f"{self.name} was not logged yet; pass it to run.log_artifact(…)")
        self.home.amend(self)

    def new_draft(self) -> "Artifact":
        """What may become the next version: the same files, to which others are added."""
        draft = Artifact(self.source_name, self.type, self.description, self.metadata)
        draft.listed, draft.home = dict(self.listed), self.home
        return draft

    def logged_by(self) -> object:
        """The run that logged it: as `Api` has it where it came from there, else "project/id"; None when unknown."""
        return next(map(self.run_of, self.home.runs(is_used=False)), None) if self.home is not None else None

    def used_by(self) -> list[object]:
        """The runs that used it, in the same way."""
        return list(map(self.run_of, self.home.runs(is_used=True))) if self.home is not None else []

    # ---- reading ------------------------------------------------------------------------------------------------

    def get(self, name: str) -> Table | None:
        """The table that was added under a name; None when there is none."""
        if f"{name}{TABLE}" not in self.listed:
            return None
        told = json.loads(Path(self.get_entry(f"{name}{TABLE}").download()).read_bytes())
        return Table(told["columns"], told["data"])

    def __getitem__(self, name: str) -> Table | None:
        return self.get(name)

    def download(self, root: str | Path | None = None, allow_missing_references: bool = False, skip_cache: bool | None = None, path_prefix: str | None = None) -> str:  # fmt: skip # noqa: E501
        """Copy all files below `root`, ./artifacts/<name> unless given; the folder. What is only referred to is copied
        where it is a file of this machine, and not fetched from elsewhere."""
        target = Path(root) if root is not None else Path(DOWNLOADS, self.name)
        target.mkdir(parents=True, exist_ok=True)
        for name, one in self.listed.items():
            source = self._content(one)
            is_missing = source is None or (one.ref is not None and not source.is_file())
            if path_prefix is not None and not name.startswith(path_prefix):
                continue
            if not is_missing or ((one.ref or "").startswith("file:") and not allow_missing_references):
                self._copy(name, target / name)
        return str(target)

    checkout = download

    def verify(self, root: str | Path | None = None) -> None:
        """ValueError when a file below `root` is not what was logged."""
        folder = Path(root) if root is not None else Path(DOWNLOADS, self.name)
        for name, one in self.listed.items():
            if one.ref is None and (not (folder / name).is_file() or base64_md5(md5_of(folder / name)) != one.digest):
                raise ValueError(f"{name!r} is not what {self.name} has; download() it again: {folder}")

    def file(self, root: str | Path | None = None) -> str:
        """The only file, copied below `root`."""
        if len(self.listed) != 1:
            raise UsageError(f"{self.name} has {len(self.listed)} files; use download(), or get_entry(name)")
        return self.get_entry(next(iter(self.listed))).download(root)

    def get_entry(self, name: str) -> "Entry":
        """One file; NotFound when it has none of that name."""
        if name not in self.listed:
            raise NotFound(f"no file {name!r} in {self.name}; it has: {', '.join(sorted(self.listed)) or 'none'}")
        return Entry(self, name)

    get_path = get_entry

    def content_of(self, name: str) -> Path | None:
        """Where the content of a file lies on this machine; None for one that is elsewhere."""
        return self._content(self.listed[name])

    def _content(self, one: Listed) -> Path | None:
        if one.ref is not None and one.ref.startswith("file:"):
            return local_file(one.ref)
        return self.home.path_of(one) if self.home is not None else None

    def _copy(self, name: str, target: Path) -> None:
        source = self._content(self.listed[name])
        if source is None or not source.is_file():
            where = self.listed[name].ref or "copy the .artifacts folder of the project too"
            raise NotFound(f"the file {name!r} of {self.name} is not there; it was in: {where}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


@dataclass(frozen=True)
class Entry:
    """One file of an artifact."""

    artifact: Artifact
    path: str

    @property
    def name(self) -> str:
        return self.path

    @property
    def size(self) -> int:
        """Bytes."""
        return self.artifact.listed[self.path].size or 0

    @property
    def digest(self) -> str:
        """Its MD5 in base64; of a reference, whatever tells one content from the next."""
        return self.artifact.listed[self.path].digest

    @property
    def ref(self) -> str | None:
        """Where it lies, when it is only referred to."""
        return self.artifact.listed[self.path].ref

    @property
    def address(self) -> str:
        """What another artifact refers to it by."""
        home = self.artifact.home
        if self.ref is not None or home is None:
            return self.ref_target()
        return reference_to(home.project, home.artifact_id, self.path)

    def ref_target(self) -> str:
        """The same; UsageError for a file that is here."""
        if self.ref is None:
            raise UsageError(f"{self.path!r} of {self.artifact.name} is a file, no reference; use download()")
        return self.ref

    def download(self, root: str | Path | None = None, skip_cache: bool | None = None) -> str:
        """Copy it below `root`, ./artifacts/<name> unless given; the path of the copy."""
        target = Path(root or Path(DOWNLOADS, self.artifact.name), self.path)
        self.artifact._copy(self.path, target)
        return str(target)


def local_file(address: str) -> Path:
    """The file of this machine that a "file://…" address names."""
    return Path(unquote(urlsplit(address).path))


def _table_file(table: Table) -> bytes:
    """A table as W&B's client writes it into an artifact; a cell that is no plain value becomes its words."""
    data = [[_plain(cell) for cell in row] for row in table.data]
    told = {
        "_type": "table", "columns": table.columns, "data": data, "ncols": len(table.columns), "nrows": len(data),
    }  # fmt: skip
    return json.dumps(told).encode()


def _plain(cell: object) -> object:
    return type(cell).__name__ if hasattr(cell, "record") else plain_data(cell)
