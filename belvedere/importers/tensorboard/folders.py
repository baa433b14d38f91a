"""Where event files lie: each folder that holds some is a run, named by its path below the folder that was given.

That is how TensorBoard names them too. Each file is one process start; several in one folder are attempts of one
run, in the order of time.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "tfevents"
PROFILE_SUFFIX = ".profile-empty"
FILE_NAME = re.compile(r".*tfevents\.(?P<secs>\d{1,11})\.(?P<host>.+?)(?:\.\d+)*(?:\.v2)?")
DEPTH_MAX = 12
LOOKED_AT_MAX = 2000  # folders that `holds_event_files` looks into


@dataclass(frozen=True)
class RunFiles:
    """A folder with event files. `name` is its path below the folder that was given, "." for that one itself."""

    folder: Path
    name: str
    files: tuple[Path, ...]


def is_event_file(name: str) -> bool:
    """Whether a file of this name holds events."""
    return MARK in name and not name.endswith(PROFILE_SUFFIX)


def holds_event_files(path: Path) -> bool:
    """Whether there is an event file at or below a path, near enough to be found at once."""
    if path.is_file():
        return is_event_file(path.name)
    return any(True for _ in _walk(path, LOOKED_AT_MAX))


def run_files(path: Path, on_error: Callable[[OSError], None] | None = None) -> Iterator[RunFiles]:
    """All runs at or below a path, by name. A file is a run of its own, whatever its name. `on_error` hears of folders
    that cannot be read."""
    if path.is_file():
        yield RunFiles(path.parent, ".", (path,))
        return
    found = [RunFiles(folder, _name(folder, path), files) for folder, files in _walk(path, on_error=on_error)]
    yield from sorted(found, key=lambda run: run.name)


def host_of(file: Path) -> str:
    """The machine that wrote an event file, as its name tells; "" when it does not."""
    match = FILE_NAME.fullmatch(file.name)
    return match["host"] if match else ""


def _name(folder: Path, path: Path) -> str:
    return folder.relative_to(path).as_posix()


def _walk(
    path: Path, folders_max: int | None = None, on_error: Callable[[OSError], None] | None = None
) -> Iterator[tuple[Path, tuple[Path, ...]]]:  # fmt: skip
    """Folders with event files, each once. Links that lead out of `path` are followed, as TensorBoard does. Folders of
    W&B's runs are left to its importer: their events are copies."""
    depth_of_root, root, known = len(path.parts), path.resolve(), set[Path]()
    for count, (folder, inside, names) in enumerate(os.walk(path, onerror=on_error, followlinks=True)):
        if folders_max is not None and count >= folders_max:
            return
        real = Path(os.path.realpath(folder))
        is_again = real in known or (real.is_relative_to(root) and real != root / Path(folder).relative_to(path))
        if is_again or any(name.endswith(".wandb") for name in names):
            inside.clear()
            continue
        known.add(real)
        is_deep = len(Path(folder).parts) - depth_of_root >= DEPTH_MAX
        inside[:] = [] if is_deep else sorted(name for name in inside if not name.startswith("."))
        files = tuple(Path(folder, name) for name in sorted(names) if is_event_file(name))
        if files:
            yield Path(folder), files
