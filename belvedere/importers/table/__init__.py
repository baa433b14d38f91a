"""Files of numbers: CSV, JSON lines, parquet, Lightning's `metrics.csv`, the state of a Hugging Face trainer.

A file that is named is read whatever its columns are called. In a folder, a file counts as a run when it has a column
that tells the step, so that a data set beside the runs is left alone.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from belvedere.core.errors import BelvedereError, NotFound, UnknownFormat
from belvedere.importers.source import Source, Tell
from belvedere.importers.table.columns import columns_of
from belvedere.importers.table.reading import READERS
from belvedere.importers.table.table_run import (
    STATE,
    first_rows,
    newest_state,
    table_run,
    trainer_folder,
)

TITLE = "tables of numbers (CSV, JSON lines, parquet, trainer_state.json)"
WANTED = "CSV, TSV, JSONL or parquet with a step column, trainer_state.json"
DEPTH = 4  # folders below the one that is given
FILES_MAX = 10_000


def looks_like(path: Path) -> bool:
    """Whether a path is such a file, or a folder that holds one with a step."""
    if path.is_file():
        return path.suffix.lower() in READERS
    return next(_tables(path, lambda sentence: None), None) is not None


def sources(path: Path, tell: Tell) -> Sequence[Source]:
    """All tables at a path, oldest first."""
    if path.is_file():
        if path.suffix.lower() not in READERS:
            raise UnknownFormat(f"no table by its name; pass a file that ends in {', '.join(READERS)}: {path}")
        return [table_run(path, tell)]
    found: list[Source] = []
    for where in _tables(path, tell):
        try:
            found.append(table_run(where, tell))
        except (BelvedereError, OSError) as error:
            tell(str(error))
    if not found:
        raise NotFound(f"no file here has a column that tells the step; name the file itself: {path}")
    return sorted(found, key=lambda run: (run.started.time, run.where))


def _tables(folder: Path, tell: Tell) -> Iterator[Path]:
    """Files with a step, and folders of trainers, each once."""
    known: set[Path] = set()
    for path in _files(folder):
        if path.name == STATE:
            where = trainer_folder(path)
            if where not in known and newest_state(where) is not None:
                known.add(where)
                yield where
        elif path.suffix.lower() != ".json" and _has_step(path, tell):
            yield path


def _files(folder: Path) -> Iterator[Path]:
    levels = (path for depth in range(DEPTH + 1) for path in sorted(folder.glob("*/" * depth + "*")))
    kept = (path for path in levels if path.suffix.lower() in READERS and path.is_file())
    for number, path in enumerate(kept):
        if number >= FILES_MAX:
            return
        yield path


def _has_step(path: Path, tell: Tell) -> bool:
    try:
        return bool(columns_of(first_rows(path)).step)
    except (BelvedereError, OSError) as error:
        tell(str(error) if isinstance(error, BelvedereError) else f"{error.strerror}: {path}")
        return False
