"""Brings what lies at a path into a folder of runs, as the command does."""

from contextlib import closing
from pathlib import Path

from belvedere.importers.bringing import Bringing, Brought, importer_of
from belvedere.store.run import Run
from belvedere.store.store import open_store


def bring(path: Path, root: Path, *, kind: str = "") -> list[Brought]:
    """One look at everything there; sentences for people are errors of the test."""
    return list(bring_and_listen(path, root, kind=kind)[0])


def bring_and_listen(path: Path, root: Path, *, kind: str = "") -> tuple[list[Brought], list[str]]:
    """What was brought, and the sentences that people were told."""
    told: list[str] = []
    _, importer = importer_of(path, kind)
    root.mkdir(exist_ok=True)
    with closing(Bringing(importer, path, root, told.append)) as bringing:
        return list(bringing.each(bringing.sources())), told


def runs(root: Path) -> dict[str, Run]:
    """All runs below a root by their names."""
    return {run.name: run for run in open_store(root).runs()}


def points(run: Run, key: str) -> list[tuple[int, float, float]]:
    """Step, time and value of every point; a value that is no number is None."""
    series = run.series(key)
    return list(zip(series.steps.tolist(), series.times.tolist(), series.values.tolist(), strict=True))
