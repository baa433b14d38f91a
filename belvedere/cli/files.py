"""The files `export` writes: CSV, JSON, Parquet."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from belvedere.core.errors import UsageError
from belvedere.server.answers import jsonable
from belvedere.server.table import columns_of, csv_chunks, table_of
from belvedere.store.run import Run


def csv(run: Run, keys: Sequence[str]) -> Iterator[str]:
    """A wide table with all digits; an empty cell where nothing was logged."""
    return csv_chunks(table_of(run, keys))


def json(run: Run, keys: Sequence[str]) -> Iterator[str]:
    """{"project", "id", "name", "state", "config", "summary", "series": {key: {"steps", "times", "values"}}}."""
    series = {
        one.key: {"steps": one.steps.tolist(), "times": one.times.tolist(), "values": jsonable(one.values)}
        for one in columns_of(run, keys)
    }
    facts = {"project": run.project, "id": run.id, "name": run.name, "state": run.state}
    settings = {"config": jsonable(run.config), "summary": jsonable(run.summary)}
    yield msgspec.json.encode({**facts, **settings, "series": series}).decode() + "\n"


def write_parquet(run: Run, keys: Sequence[str], output: Path | None) -> None:
    """The same table; null where nothing was logged, NaN where NaN was."""
    if output is None:
        raise UsageError("Parquet is not text; name the file with -o run.parquet")
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError("Parquet needs pyarrow, which is not installed; run `pip install pyarrow`") from None
    table = table_of(run, keys)
    columns = {"step": pyarrow.array(table.steps), "time": pyarrow.array(table.times)}
    for key, (lines, _) in table.columns.items():
        is_empty = np.ones(len(table.steps), bool)
        is_empty[lines] = False
        columns[key] = pyarrow.array(table.filled(key), mask=is_empty)
    pyarrow.parquet.write_table(pyarrow.table(columns), output)
