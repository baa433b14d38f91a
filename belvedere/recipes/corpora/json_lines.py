"""JSON lines, plain or gzipped: one object a line. Whatever is wrong is said with its file and line."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import belvedere as bv

T = TypeVar("T")

ENDINGS = (".jsonl", ".json", ".jsonl.gz", ".json.gz")
HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON may spell it, UTF-8 cannot
LFS_POINTER = "version https://git-lfs"  # what a clone without Git LFS has instead of the file
SHOWN = 60  # characters of a wrong value


@dataclass(frozen=True)
class Line:
    """One object of a file, with fields that are checked as they are taken; `number` counts from 1."""

    path: Path
    number: int
    fields: dict[str, object]

    def refusal(self, what: str) -> bv.UsageError:
        """The error that names this line."""
        return bv.UsageError(f"{self.path} line {self.number}: {what}; mend or remove it, or fetch the file again")

    def text(self, name: str) -> str:
        """A field that must be text."""
        return self._checked(name, self._field(name), str, "text")

    def whole(self, name: str) -> int:
        """A field that must be a whole number."""
        return self._checked(name, self._field(name), int, "a whole number")

    def texts(self, name: str) -> tuple[str, ...]:
        """A field that must be a list of texts."""
        values = self._checked(name, self._field(name), list, "a list of texts")
        return tuple(self._checked(f"{name}[{index}]", value, str, "text") for index, value in enumerate(values))

    def objects(self, name: str) -> tuple["Line", ...]:
        """A field that must be a list of objects."""
        values = self._checked(name, self._field(name), list, "a list of objects")
        return tuple(
            Line(self.path, self.number, self._checked(f"{name}[{index}]", value, dict, "an object"))
            for index, value in enumerate(values)
        )

    def inside(self, name: str) -> "Line":
        """A field that must be an object; errors name it together with this line."""
        return Line(self.path, self.number, self._checked(name, self._field(name), dict, "an object"))

    def _field(self, name: str) -> object:
        if name not in self.fields:
            known = ", ".join(repr(key) for key in self.fields) or "none"
            raise self.refusal(f"there is no field {name!r} (fields: {shortened(known)})")
        return self.fields[name]

    def _checked(self, name: str, value: object, kind: type[T], called: str) -> T:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.refusal(f"{name!r} is {shortened(repr(value))}, not {called}")
        if isinstance(value, str) and HALF_CHARACTER.search(value):
            raise self.refusal(f"{name!r} holds half of a character, {shortened(ascii(value))}, which no text can")
        return value


def json_lines(path: Path) -> Iterator[Line]:
    """The objects of a file in their order; empty lines are passed over. UsageError for what cannot be read."""
    for number, text in enumerate(_texts(path), start=1):
        if not text.strip():
            continue
        line = Line(path, number, {})
        if number == 1 and text.startswith(LFS_POINTER):
            raise bv.UsageError(f"{path} is a Git LFS pointer, not the file; run `git lfs pull` where it is from")
        try:
            value = json.loads(text.rstrip())
        except (json.JSONDecodeError, RecursionError) as fault:
            raise line.refusal(f"no JSON ({_reason(fault)})") from fault
        if not isinstance(value, dict):
            raise line.refusal(f"{shortened(text.strip())} is no JSON object")
        yield Line(path, number, value)


def found_in(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The file of a folder that has one of these names and an ending of ENDINGS; None if there is none."""
    for name in names:
        for ending in ENDINGS:
            if (path := folder / f"{name}{ending}").is_file():
                return path
    return None


def _texts(path: Path) -> Iterator[str]:
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as fault:
        raise Line(path, number, {}).refusal(f"no UTF-8 text ({fault.reason})") from fault
    except (OSError, EOFError, zlib.error) as fault:  # gzip's own errors are OSError, EOFError and zlib.error
        said = getattr(fault, "strerror", None) or str(fault)
        raise bv.UsageError(f"{path} cannot be read behind line {number} ({said}); fetch it again") from fault


def _reason(fault: json.JSONDecodeError | RecursionError) -> str:
    return f"{fault.msg}, column {fault.colno}" if isinstance(fault, json.JSONDecodeError) else "nested too deeply"


def shortened(text: str) -> str:
    """At most SHOWN characters."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
