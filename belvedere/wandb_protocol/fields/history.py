"""What a run logged, row by row: all of it in pages, or evenly chosen rows of it."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from belvedere.core.errors import NotFound, UsageError
from belvedere.importers.wandb.jsons import dumps, loads
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields, RunValue
from belvedere.wandb_protocol.history_index import HistoryIndex
from belvedere.wandb_protocol.history_rows import page, page_of, system_page

SAMPLES = 500  # what W&B gives when nobody says how many
SPECS_MAX = 100
KEYS_MAX = 1000


def history(asked: Asked, value: object, arguments: Arguments) -> list[str]:
    """Rows as JSON texts: `samples` of them, from `minStep` on and below `maxStep`."""
    lowest, below = _step(arguments, "minStep"), _step(arguments, "maxStep")
    with opened(asked, value) as index:
        return [dumps(row) for row in page(index, lowest, below, _samples(arguments.get("samples")))]


def events(asked: Asked, value: object, arguments: Arguments) -> list[str]:
    """Measurements of the machine as JSON texts: `samples` of them."""
    with opened(asked, value) as index:
        return [dumps(row) for row in system_page(index, _samples(arguments.get("samples")))]


def sampled_history(asked: Asked, value: object, arguments: Arguments) -> list[list[dict[str, object]]]:
    """For each of `specs` the rows that have all its keys. What is not finite is a word, for this is no text."""
    specs = arguments.get("specs")
    specs = specs if isinstance(specs, list) else [specs]
    if len(specs) > SPECS_MAX:
        raise UsageError(f"{len(specs)} specs in one question; ask for at most {SPECS_MAX}")
    with opened(asked, value) as index:
        return [_sampled(index, _spec(one)) for one in specs]


def parquet_history(asked: Asked, value: object, arguments: Arguments) -> dict[str, object]:
    """Nothing lies in Parquet files: clients then read everything in pages. "Live" data from the first step on make
    those that want files say that there are none, where an empty answer would pass for an empty run."""
    with opened(asked, value) as index:
        steps = index.steps()
    live = [{"_step": int(steps[0])}] if len(steps) else []
    return {"__typename": "ParquetHistory", "parquetUrls": [], "liveData": live}


def _sampled(index: HistoryIndex, spec: Mapping[str, object]) -> list[dict[str, object]]:
    if not spec:
        return []  # who looks at a sweep says "{}", and wants no rows
    keys = spec.get("keys")
    if not isinstance(keys, list) or not keys or len(keys) > KEYS_MAX:
        raise UsageError(f"a spec of sampledHistory needs a list of 1 to {KEYS_MAX} keys; it says {str(keys)[:60]}")
    highest = _step(spec, "maxStep")
    below = None if highest is None else highest + 1
    names = list(dict.fromkeys(str(key) for key in keys))
    found = page_of(index, names, _step(spec, "minStep"), below, _samples(spec.get("samples")))
    return cast(list[dict[str, object]], found)


def _spec(one: object) -> Mapping[str, object]:
    found = loads(one) if isinstance(one, str) else one
    if not isinstance(found, Mapping):
        raise UsageError('a spec of sampledHistory is an object such as {"keys": ["_step", "loss"], "samples": 500}')
    return found


def _step(arguments: Mapping[str, object], name: str) -> int | None:
    """A step, kept inside 64 bits."""
    found = arguments.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or math.isnan(found):
        return None
    return int(max(-(1 << 62), min(found, 1 << 62)))


def _samples(wanted: object) -> int:
    return max(int(wanted), 1) if isinstance(wanted, int) else SAMPLES


@contextmanager
def opened(asked: Asked, value: object) -> Iterator[HistoryIndex]:
    """The index of a run as of now, held for this thread."""
    run = cast(RunValue, value).run
    try:
        index = asked.desk.histories.of(asked.desk.shelves.folder((run.project, run.id)))
    except FileNotFoundError as error:
        raise NotFound(f"run {run.id!r} was deleted just now; list the runs again") from error
    with index.lock:
        index.poll()
        yield index


FIELDS: Fields = {
    "Run": {
        "history": history,
        "events": events,
        "sampledHistory": sampled_history,
        "parquetHistory": parquet_history,
    },
}
