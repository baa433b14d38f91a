"""Molecules, kept as files."""

from pathlib import Path

from belvedere.core.errors import UsageError
from belvedere.core.values import Keep, Record, existing_file, safe_suffix

SUFFIXES = (".pdb", ".pqr", ".mmcif", ".mcif", ".cif", ".sdf", ".sd", ".gro", ".mol2", ".mmtf")


class Molecule:
    """A molecule: a path to a file, or an open text file with `file_type` such as "pdb"."""

    def __init__(self, data_or_path: object, caption: str | None = None, file_type: str | None = None) -> None:
        read = getattr(data_or_path, "read", None)
        self.caption = caption or ""
        self._content: bytes | Path = str(read()).encode() if read else existing_file(data_or_path)
        self._suffix = f".{file_type}" if read else safe_suffix(Path(str(data_or_path)))
        if self._suffix not in SUFFIXES:
            raise UsageError(f"{self._suffix!r} is no molecule; use one of {', '.join(SUFFIXES)}")

    def record(self, keep: Keep) -> Record:
        kept = keep(self._content, self._suffix)
        return {"_type": "file", **kept, "name": f"molecule{self._suffix}", "caption": self.caption}


class Classes(list[dict[str, object]]):
    """Names of classes for `Image(classes=…)`: [{"id": 0, "name": "cat"}, …]."""
