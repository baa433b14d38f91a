"""From words to a store or run: DIR may also be a project or run inside it, RUN is a path, id or project/id."""

from pathlib import Path

from belvedere.core.errors import NameRefused, NotFound, UsageError
from belvedere.runlog.layout import RunFolder, run_folder, runs
from belvedere.store.run import Run
from belvedere.store.store import Store, open_store


def is_url(text: str) -> bool:
    """Whether a directory is really a server's address."""
    return text.startswith(("http://", "https://"))


def local_root(directory: str) -> Path:
    """The folder of projects that a path means; NotFound with the next step where there is none."""
    if is_url(directory):
        raise UsageError(f"this needs a folder, not a server; run it on the machine that serves {directory}")
    path = Path(directory).expanduser()
    if not path.is_dir():
        raise NotFound(f"no such directory; pass the folder that holds your projects, or log a run first: {path}")
    path = path.resolve()
    if _run_folder(path) is not None:
        return path.parent.parent
    return path.parent if _is_project(path) else path


def open_dir(directory: str) -> Store:
    """The store of a folder or URL."""
    return open_store(directory if is_url(directory) else local_root(directory))


def open_run(run: str, directory: str) -> Run:
    """The run that was meant."""
    folder = _run_at(run)
    if folder is not None:
        return open_store(folder.root).run(f"{folder.project}/{folder.run_id}")
    return open_dir(directory).run(run)


def local_run(run: str, directory: str) -> tuple[Run, RunFolder]:
    """The run that was meant and where it lies on this machine."""
    folder = _run_at(run)
    root = folder.root if folder is not None else local_root(directory)
    found = open_run(run, directory)
    return found, run_folder(root, found.project, found.id)


def _run_at(run: str) -> RunFolder | None:
    """The run whose folder the words name, None when they name no folder."""
    path = Path(run).expanduser()
    return _run_folder(path.resolve()) if path.is_dir() else None


def _run_folder(path: Path) -> RunFolder | None:
    """The run that lies there, None for anything else: a project, or a run in it, may be called "log", too."""
    folder = RunFolder(path.parent.parent, path.parent.name, path.name)
    return folder if folder.writers() else None


def _is_project(path: Path) -> bool:
    try:
        return any(folder.writers() for folder in runs(path.parent, path.name))
    except NameRefused:
        return False
