"""What rules and figures read from: anything that answers `data(needs)`, such as a stored run.

`Held` is one whose series are all in memory, for a notebook or a test.

An entry of `Needs` is one name, one pattern, or alternatives joined by "|"; `optional` entries may name series or
vector families. What is required and absent is never guessed or skipped: `missing` puts it into words.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from belvedere.core.query import Needs, resolved
from belvedere.core.series import RunData, Series


class Readable(Protocol):
    """A run that delivers the series a plug-in declared, as far as it has them."""

    def data(self, needs: Needs) -> RunData: ...


@dataclass(frozen=True)
class Held:
    """A run whose series are all in memory; it delivers what was asked for and nothing else."""

    everything: RunData

    def data(self, needs: Needs) -> RunData:
        return selected(self.everything, needs)


def selected(everything: RunData, needs: Needs) -> RunData:
    """The part of a run that `needs` names."""
    series_wanted = {key for entry in (*needs.series, *needs.optional) for key in resolved(entry, everything.series)}
    vectors_wanted = {key for entry in (*needs.vectors, *needs.optional) for key in resolved(entry, everything.vectors)}
    return replace(
        everything,
        series={key: series for key, series in everything.series.items() if key in series_wanted},
        vectors={key: vectors for key, vectors in everything.vectors.items() if key in vectors_wanted},
    )


def first_series(data: RunData, entry: str) -> Series | None:
    """The series an entry such as "train/loss|loss" stands for in this run; None where it has none."""
    found = [key for key in resolved(entry, data.series) if len(data.series[key])]
    return data.series[found[0]] if found else None


def missing(needs: Needs, data: RunData) -> str:
    """What required series the run lacks, such as "no series train/loss or loss"; "" if it lacks none."""
    absent = [
        f"no series {_in_words(entry)}"
        for entry in needs.series
        if not any(len(data.series[key]) for key in resolved(entry, data.series))
    ]
    absent += [
        f"no vector series {_in_words(entry)}"
        for entry in needs.vectors
        if not any(len(data.vectors[key]) for key in resolved(entry, data.vectors))
    ]
    return " and ".join(absent)


def _in_words(entry: str) -> str:
    *others, last = entry.split("|")
    return f"{', '.join(others)} or {last}" if others else last
