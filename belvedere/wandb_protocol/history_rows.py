"""The rows of a run as they were logged: by step, what was logged at one step or added to it later in one row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Stored
from belvedere.core.errors import UsageError
from belvedere.core.query import evenly_chosen
from belvedere.core.series import Ints
from belvedere.importers.wandb.rows import original_row, original_system_row
from belvedere.runlog.reader import RowBatch
from belvedere.wandb_protocol.history_index import (
    NONE,
    HistoryIndex,
    Stretch,
    WriterIndex,
    distinct,
    is_system,
    values_at,
    visible,
)

DOTS_MAX = 32  # in the name of one key
ROWS_MAX = 100_000  # in one answer
ALWAYS = frozenset(("_step", "_timestamp", "_runtime"))
Row = dict[str, Stored]


@dataclass(frozen=True)
class Found:
    """A row where it lies; sorted by `place` (step, writer, segment, byte) later words on a step come later."""

    place: tuple[int, int, int, int]
    time_us: int
    values: Row


def page(index: HistoryIndex, lowest: int | None, below: int | None, most: int) -> list[Row]:
    """Rows from step `lowest` on and below `below`, as W&B has them: all of them, or `most` evenly chosen ones."""
    return _rows_at(index, _some(_between(index.steps(), lowest, below), most))


def page_of(index: HistoryIndex, keys: Sequence[str], lowest: int | None, below: int | None, most: int) -> list[Row]:
    """The same of the rows that have all of these keys, with nothing else in them."""
    steps = _some(_steps_with(index, keys, lowest, below), most)
    return [{key: _value(row, key) for key in keys} for row in _rows_at(index, steps)]


def system_page(index: HistoryIndex, most: int) -> list[Row]:
    """Rows of machine metrics in the order of their times: all, or `most` evenly chosen ones."""
    places = list(_system_stretches(index))
    count = sum(len(steps) for _, _, steps in places)
    chosen = np.array(_chosen(count, most), np.int64)
    found: list[tuple[int, Row]] = []
    first = 0
    for stretch, hidden, steps in places:
        here = chosen[(chosen >= first) & (chosen < first + len(steps))] - first
        if len(here):
            rows = sorted(_system_rows(stretch, hidden), key=lambda row: row.place)
            found += [(rows[place].time_us, rows[place].values) for place in here.tolist() if place < len(rows)]
        first += len(steps)
    began = index.began
    found.sort(key=lambda pair: pair[0])
    return [original_system_row(values, time_us, max(0.0, time_us / 1e6 - began)) for time_us, values in found]


# ---- which steps ----------------------------------------------------------------------------------------------------


def _between(steps: Ints, lowest: int | None, below: int | None) -> Ints:
    first = 0 if lowest is None else int(np.searchsorted(steps, lowest))
    last = len(steps) if below is None else int(np.searchsorted(steps, below))
    return steps[first:last]


def _some(steps: Ints, most: int) -> Ints:
    return steps[_chosen(len(steps), most)]


def _chosen(count: int, most: int) -> list[int]:
    """Which of so many rows; UsageError for more than one answer may hold: fewer than were asked for would be taken for
    all."""
    if min(count, most) > ROWS_MAX:
        raise UsageError(f"{min(count, most)} rows in one answer refused; ask for at most {ROWS_MAX} at a time")
    return evenly_chosen(count, most)


def _steps_with(index: HistoryIndex, keys: Sequence[str], lowest: int | None, below: int | None) -> Ints:
    """Steps of a range at which every key has a value."""
    steps = _between(index.steps(), lowest, below)
    wanted = [_flat_keys(index.nested, key) for key in keys if key not in ALWAYS]
    if not wanted or not len(steps):
        return steps
    lowest, highest = int(steps[0]), int(steps[-1])
    seen: list[list[Ints]] = [[] for _ in wanted]
    for writer, hidden in index.writers():
        in_some: list[tuple[frozenset[str], list[Ints]]] = []
        for flats, found in zip(wanted, seen, strict=True):
            if any(map(writer.is_in_every_row, flats)):
                found.append(visible(writer.steps(), hidden))
            elif not flats.isdisjoint(writer.last):
                in_some.append((flats, found))
        for rows in _row_batches(writer, lowest, highest) if in_some else ():
            for flats, found in in_some:
                if not flats.isdisjoint(rows.keys):
                    found.append(visible(rows.steps, hidden))
    for found in seen:
        steps = np.intersect1d(steps, distinct(found), assume_unique=True)
    return steps


def _row_batches(writer: WriterIndex, lowest: int, highest: int) -> Iterator[RowBatch]:
    for stretch in writer.stretches:
        if stretch.highest >= lowest and stretch.lowest <= highest:
            for batch in stretch.batches():
                yield from (rows for rows in batch.rows if not is_system(rows))


def _flat_keys(nested: Mapping[str, list[str]], key: str) -> frozenset[str]:
    """The keys of our log that hold what W&B calls `key`: itself, or "a.b" for what was logged as {"a": {"b": …}}."""
    inside = (flat for flat, path in nested.items() if f"{'.'.join(path)}.".startswith(f"{key}."))
    return frozenset((key, *inside))


def _value(row: Mapping[str, Stored], key: str) -> Stored:
    """A value by its key, or by the dotted path to it, of which any part may have dots of its own."""
    if key in row:
        return row[key]
    parts = key.split(".")
    for length in range(1, min(len(parts), DOTS_MAX)):
        inner = row.get(".".join(parts[:length]))
        found = _value(inner, ".".join(parts[length:])) if isinstance(inner, Mapping) else None
        if found is not None:
            return found
    return None


# ---- reading them ---------------------------------------------------------------------------------------------------


def _rows_at(index: HistoryIndex, steps: Ints) -> list[Row]:
    """The rows of these steps (ascending), each step one row."""
    nested, began = index.nested, index.began
    found: list[Found] = []
    for number, (writer, hidden) in enumerate(index.writers()):
        wanted = visible(steps, hidden)
        for stretch in writer.stretches:
            here = _between(wanted, stretch.lowest, stretch.highest + 1)
            if len(here) and stretch.steps:
                found += _found_in(stretch, number, here)
    found.sort(key=lambda one: one.place)
    rows = []
    for step, time_us, values in _merged(found):
        row = original_row(values, nested, step, time_us)
        row.setdefault("_runtime", max(0.0, time_us / 1e6 - began))
        rows.append(row)
    return rows


def _found_in(stretch: Stretch, writer: int, wanted: Ints) -> Iterator[Found]:
    for batch in stretch.batches():
        for rows in batch.rows:
            if not is_system(rows):
                yield from _found(rows, writer, stretch.segment, np.flatnonzero(_is_in(rows.steps, wanted)))


def _system_rows(stretch: Stretch, hidden: int | None) -> Iterator[Found]:
    for batch in stretch.batches():
        for rows in batch.rows:
            if is_system(rows):
                is_visible = np.ones(len(rows.steps), np.bool_) if hidden is None else rows.steps < hidden
                yield from _found(rows, 0, stretch.segment, np.flatnonzero(is_visible))


def _system_stretches(index: HistoryIndex) -> Iterator[tuple[Stretch, int | None, Ints]]:
    for writer, hidden in index.writers():
        for stretch in writer.stretches:
            steps = np.concatenate(stretch.system_steps) if stretch.system_steps else NONE
            yield stretch, hidden, visible(steps, hidden)


def _found(rows: RowBatch, writer: int, segment: int, places: NDArray[np.intp]) -> Iterator[Found]:
    """Rows of a batch with Python values: whole numbers, true and false stay what they were."""
    if len(places) == 1:
        place = int(places[0])
        at = (int(rows.steps[place]), writer, segment, int(rows.order[place]))
        yield Found(at, int(rows.times_us[place]), values_at(rows, place))
        return
    columns = [column[places].tolist() for column in rows.columns]
    numbers = zip(*columns, strict=True) if columns else ((),) * len(places)
    moments = zip(
        rows.steps[places].tolist(), rows.order[places].tolist(), rows.times_us[places].tolist(), places.tolist(),
        numbers, strict=True,
    )  # fmt: skip
    for step, order, time_us, place, values in moments:
        row: Row = dict(zip(rows.fixed_keys, values, strict=True))
        if rows.others:
            row.update(zip(rows.other_keys, rows.others[place], strict=True))
        yield Found((step, writer, segment, order), time_us, row)


def _merged(found: list[Found]) -> Iterator[tuple[int, int, Row]]:
    """Rows of one step as one: a key's last word counts, and the first row's time."""
    step, time_us, values = 0, 0, None
    for one in found:
        if values is not None and one.place[0] == step:
            values.update(one.values)
            continue
        if values is not None:
            yield step, time_us, values
        step, time_us, values = one.place[0], one.time_us, one.values
    if values is not None:
        yield step, time_us, values


def _is_in(steps: Ints, wanted: Ints) -> NDArray[np.bool_]:
    """For each step (n,) whether it is among the wanted ones, which ascend."""
    places = np.searchsorted(wanted, steps)
    places[places == len(wanted)] = 0
    found: NDArray[np.bool_] = wanted[places] == steps
    return found
