"""Files under a name and a version: `Artifact("data", "dataset")`, filled, then logged with a run."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from belvedere.core.entries import Stored
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.names import checked_folder_name
from belvedere.core.plain import plain_data
from belvedere.core.values import Keep, Value, existing_file

DOWNLOADS = "artifacts"  # the folder below the working directory that W&B downloads into


@dataclass(frozen=True)
class Kept:
    """A file of a published artifact: its SHA-256, its size in bytes and where its content lies."""

    sha256: str
    size: int
    path: Path


class Artifact:
    """`name` and `type` are chosen; `version` ("v0" …) and `digest` are there once it was logged.

    Files that were added are looked at when it is logged; those of a logged artifact never change.
    """

    def __init__(
        self, name: str, type: str, description: str | None = None, metadata: Mapping[str, object] | None = None,
        incremental: bool = False, use_as: str | None = None, **_: object,
    ) -> None:  # fmt: skip
        self.source_name, self.type = checked_folder_name(name, what="artifact"), str(type)
        self.description, self.metadata = description, dict(metadata or {})
        self.version, self.digest = "", ""
        self.aliases: list[str] = []
        self.tags: list[str] = []
        self._added: dict[str, Path | bytes] = {}
        self._references: dict[str, str] = {}
        self.kept: dict[str, Kept] = {}
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
        """An address that is only noted; nothing is fetched."""
        address = str(uri)
        entry = name or address.rstrip("/").rpartition("/")[2] or "reference"
        self._references[entry] = address
        return [entry]

    def add(self, obj: Value, name: str, overwrite: bool = False) -> None:
        """A value such as a Table, under `name`; kept in the form the log has."""
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
        self._added.pop(str(item), None)

    def _add(self, name: str, content: Path | bytes) -> None:
        if self.version:
            raise UsageError(f"{self.name} is logged and does not change; make a new Artifact({self.source_name!r}, …)")
        parts = Path(name).parts
        if not parts or Path(name).is_absolute() or ".." in parts:
            raise UsageError(f"{name!r} cannot be the name of a file in an artifact; use a path below it")
        self._added["/".join(parts)] = content

    # ---- keeping ------------------------------------------------------------------------------------------------

    def contents(self, keep: Keep) -> Iterator[tuple[str, Path | bytes]]:
        """Name and content of every file, for whoever keeps them; `keep` takes what values bring along."""
        yield from self._added.items()
        for name, value in self._values:
            yield f"{name}.json", json.dumps(plain_data(value.record(keep))).encode()

    @property
    def references(self) -> Mapping[str, str]:
        """Address by name."""
        return self._references

    # ---- asking -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """ "name:v0", or the bare name before it was logged."""
        return f"{self.source_name}:{self.version}" if self.version else self.source_name

    @property
    def qualified_name(self) -> str:
        """The same: names are unique within a project."""
        return self.name

    @property
    def state(self) -> str:
        """PENDING, or COMMITTED once it was logged."""
        return "COMMITTED" if self.version else "PENDING"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(one.size for one in self.kept.values())

    @property
    def file_count(self) -> int:
        return len(self.kept) or len(self._added)

    def files(self) -> list[str]:
        """Names of all files."""
        return sorted(self.kept or self._added)

    def wait(self, timeout: int | None = None) -> "Artifact":
        """Nothing to wait for: it is there when `log_artifact` returns."""
        return self

    def is_draft(self) -> bool:
        """Whether it was not logged yet."""
        return not self.version

    def save(self, *_: object, **__: object) -> None:
        """Nothing: it is kept with the run that logs it."""

    def download(self, root: str | Path | None = None, allow_missing_references: bool = False, skip_cache: bool | None = None, path_prefix: str | None = None) -> str:  # fmt: skip # noqa: E501
        """Copy all files below `root`, ./artifacts/<name> unless given; the folder."""
        target = Path(root) if root is not None else Path(DOWNLOADS, self.name)
        target.mkdir(parents=True, exist_ok=True)
        for name, one in self.kept.items():
            if path_prefix is None or name.startswith(path_prefix):
                self._copy(one, target / name)
        return str(target)

    checkout = download

    def file(self, root: str | Path | None = None) -> str:
        """The only file, copied below `root`."""
        if len(self.kept) != 1:
            raise UsageError(f"{self.name} has {len(self.kept)} files; use download(), or get_entry(name)")
        return str(Path(self.download(root), next(iter(self.kept))))

    def get_entry(self, name: str) -> "Entry":
        """One file; NotFound when it has none of that name."""
        if name not in self.kept:
            raise NotFound(f"no file {name!r} in {self.name}; it has: {', '.join(self.files()) or 'none'}")
        return Entry(self, name)

    get_path = get_entry

    def _copy(self, one: Kept, target: Path) -> None:
        if not one.path.is_file():
            raise NotFound(f"a file of {self.name} is missing; copy the run's media folder too: {one.path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(one.path, target)


@dataclass(frozen=True)
class Entry:
    """One file of an artifact."""

    artifact: Artifact
    path: str

    @property
    def size(self) -> int:
        """Bytes."""
        return self.artifact.kept[self.path].size

    def download(self, root: str | Path | None = None) -> str:
        """Copy it below `root`, ./artifacts/<name> unless given; the path of the copy."""
        target = Path(root or Path(DOWNLOADS, self.artifact.name), self.path)
        self.artifact._copy(self.artifact.kept[self.path], target)
        return str(target)


def digest_of(shas: Mapping[str, str], references: Mapping[str, str]) -> str:
    """One hash for the names and contents of all files."""
    text = json.dumps([sorted(shas.items()), sorted(references.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def words(value: Stored | Sequence[str]) -> list[str]:
    """A list of texts from a log."""
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
