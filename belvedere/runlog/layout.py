"""Where logs, columns and media lie on disk. This is the only module that builds paths.

<root>/.belvedere/                                catalogue (a cache), signing.key, stopping.json
<root>/<project>/<run_id>/run.json                identity
                          log/<writer_id>/000001.rlog …
                          cols/<generation>.rcol  columns (a cache)
                          MANIFEST.<n>            which columns cover which stretch of which log (a cache)
                          COMPACT.lease
                          media/<sha256[:2]>/<sha256><suffix>
                          tensorboard/            event files of a mirror
<root>/<project>/.artifacts/collections/<id>.json versions of one name and their aliases
                            versions/<id>.json    what one version is
                            contents/<md5[:2]>/<md5>
                            turn                  locked by whoever changes something (see artifacts/turn.py)
                 /.sweeps/<id>.json               one search over parameters, and every run it gave out
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from belvedere.core.errors import NotFound
from belvedere.core.names import FOLDER_NAME, checked_folder_name

SEGMENT_NAME = re.compile(r"(\d{6})\.rlog")
MANIFEST_NAME = re.compile(r"MANIFEST\.(\d+)")
WRITER_NAME = re.compile(r"r(\d+)-(\d+)-([0-9a-f]+)")


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run."""

    root: Path
    project: str
    run_id: str

    @cached_property
    def path(self) -> Path:
        return self.root / self.project / self.run_id

    @property
    def identity(self) -> Path:
        return self.path / "run.json"

    @cached_property
    def logs(self) -> Path:
        return self.path / "log"

    @property
    def columns(self) -> Path:
        return self.path / "cols"

    @property
    def media(self) -> Path:
        return self.path / "media"

    @property
    def event_files(self) -> Path:
        return self.path / "tensorboard"

    @property
    def lease(self) -> Path:
        return self.path / "COMPACT.lease"

    def writer(self, writer_id: str) -> Path:
        return self.logs / writer_id

    def writers(self) -> list[str]:
        """Ids of all process starts that wrote here, oldest first, then by rank."""
        if not self.logs.is_dir():
            return []
        found = [entry.name for entry in self.logs.iterdir() if WRITER_NAME.fullmatch(entry.name)]
        return sorted(found, key=writer_order)

    def segments(self, writer_id: str) -> list[Path]:
        """A writer's segments in order; a foreign file in the folder is passed over."""
        folder = self.writer(writer_id)
        return sorted(path for path in folder.iterdir() if SEGMENT_NAME.fullmatch(path.name)) if folder.is_dir() else []

    def segment(self, writer_id: str, number: int) -> Path:
        return self.writer(writer_id) / f"{number:06d}.rlog"

    def generation(self, name: str) -> Path:
        return self.columns / f"{name}.rcol"

    def manifest(self, number: int) -> Path:
        return self.path / f"MANIFEST.{number}"

    def manifests(self) -> list[int]:
        """Numbers of all manifests, newest first."""
        if not self.path.is_dir():
            return []
        matches = (MANIFEST_NAME.fullmatch(entry.name) for entry in self.path.iterdir())
        return sorted((int(match[1]) for match in matches if match), reverse=True)

    def medium(self, sha256: str, suffix: str) -> Path:
        return self.media / sha256[:2] / f"{sha256}{suffix}"


@dataclass(frozen=True)
class ProjectFolder:
    """The folder of a project, and what lies in it beside runs. Names of its files are hexadecimal or plain words."""

    root: Path
    project: str

    @cached_property
    def path(self) -> Path:
        return self.root / self.project

    @cached_property
    def artifacts(self) -> Path:
        return self.path / ".artifacts"

    @property
    def artifact_collections(self) -> Path:
        return self.artifacts / "collections"

    @property
    def artifact_versions(self) -> Path:
        return self.artifacts / "versions"

    @property
    def artifacts_turn(self) -> Path:
        return self.artifacts / "turn"

    def artifact_content(self, md5: str) -> Path:
        return self.artifacts / "contents" / md5[:2] / md5

    @cached_property
    def sweeps(self) -> Path:
        return self.path / ".sweeps"


def project_folder(root: Path, project: str) -> ProjectFolder:
    """The folder of a project; NameRefused when it cannot be a folder name."""
    return ProjectFolder(root, checked_folder_name(project, what="project"))


def writer_id(rank: int, started_ns: int, random_hex: str) -> str:
    """The name of one process start, unique without any lock."""
    return f"r{rank}-{started_ns}-{random_hex}"


def writer_order(name: str) -> tuple[int, int, str]:
    """Sort key of writer ids: start time, rank, name."""
    match = WRITER_NAME.fullmatch(name)
    return (int(match[2]), int(match[1]), name) if match else (0, 0, name)


def writer_rank(name: str) -> int:
    """The rank that a writer id tells."""
    match = WRITER_NAME.fullmatch(name)
    return int(match[1]) if match else 0


def segment_number(path: Path) -> int:
    """The number of a segment file."""
    return int(path.name[:6])


def run_folder(root: Path, project: str, run_id: str) -> RunFolder:
    """The folder of a run; NameRefused when project or id cannot be folder names."""
    return RunFolder(root, checked_folder_name(project, what="project"), checked_folder_name(run_id, what="run id"))


def catalogue(root: Path) -> Path:
    """Where the run index of a root lies."""
    return root / ".belvedere" / "catalog.sqlite"


def stops_file(root: Path) -> Path:
    """Which runs somebody asked to stop that have not ended yet."""
    return root / ".belvedere" / "stopping.json"


def signing_key(root: Path) -> Path:
    """Where the key lies that signs addresses for uploads."""
    return root / ".belvedere" / "signing.key"


def import_lock(root: Path) -> Path:
    """What a process holds locked while it brings foreign runs into a root."""
    return root / ".belvedere" / "import.lock"


def projects(root: Path) -> list[str]:
    """Folders of a root that hold runs."""
    if not root.is_dir():
        raise NotFound(f"no such directory; pass the folder that holds your projects, or set BELVEDERE_DIR: {root}")
    return sorted(entry.name for entry in root.iterdir() if FOLDER_NAME.fullmatch(entry.name) and entry.is_dir())


def runs(root: Path, project: str | None = None) -> list[RunFolder]:
    """Folders of all runs: those with a log folder. Anything else in the tree is not ours and is left alone."""
    found = []
    for name in projects(root) if project is None else [checked_folder_name(project, what="project")]:
        folder = root / name
        if folder.is_dir():
            entries = sorted(entry.name for entry in folder.iterdir() if (entry / "log").is_dir())
            found += [RunFolder(root, name, entry) for entry in entries if FOLDER_NAME.fullmatch(entry)]
    return found


def log_times(root: Path) -> Iterator[tuple[str, str, int]]:
    """Project, id, and when a process last began to write, or added to a run that had ended (ns since 1970), of every
    run: one look at the disk for each, for a root of ten thousand."""
    for project in projects(root):
        folder = str(root / project)
        for name in os.listdir(folder):
            if not FOLDER_NAME.fullmatch(name):
                continue
            try:
                found = os.stat(f"{folder}/{name}/log")
            except PermissionError:
                yield project, name, 0  # it is a run; whoever reads it learns what is wrong
            except OSError:
                continue
            else:
                if stat.S_ISDIR(found.st_mode):
                    yield project, name, found.st_mtime_ns


def log_sizes(folder: RunFolder) -> list[tuple[str, int]]:
    """Name ("writer/segment") and bytes of every log of a run."""
    found = []
    logs = str(folder.logs)
    for writer in os.listdir(logs):
        if WRITER_NAME.fullmatch(writer) and os.path.isdir(f"{logs}/{writer}"):
            with os.scandir(f"{logs}/{writer}") as entries:
                found += [
                    (f"{writer}/{one.name}", one.stat().st_size) for one in entries if SEGMENT_NAME.fullmatch(one.name)
                ]
    return sorted(found)
