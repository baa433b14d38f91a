"""What rules and figures read from: anything that answers `data(needs)`, such as a stored run.

`Held` is one whose series are all in memory, for a notebook or a test.

What an entry of `Needs` may be is said there. What is required and absent is never guessed or skipped: `missing` puts
it into words. A run may also have `fellows`: the runs of its group, or of its project when it is in none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from belvedere.core.query import Needs, absent, evenly_chosen, resolved, resolved_media
from belvedere.core.series import RunData, Series


class Readable(Protocol):
    """A run that delivers the series a plug-in declared, as far as it has them."""

    def data(self, needs: Needs) -> RunData: ...

    def lacks(self, needs: Needs) -> str:
        """What is required and absent, in words; "" if nothing is. Reads no series."""


@runtime_checkable
class Sociable(Protocol):
    """A run that knows the runs it belongs with."""

    def fellows(self) -> Sequence[Readable]: ...


@dataclass(frozen=True)
class Held:
    """A run whose series are all in memory; it delivers what was asked for and nothing else."""

    everything: RunData

    def data(self, needs: Needs) -> RunData:
        return selected(self.everything, needs)

    def lacks(self, needs: Needs) -> str:
        return missing(needs, self.everything)


def selected(everything: RunData, needs: Needs) -> RunData:
    """The part of a run that `needs` names."""
    series_wanted = {key for entry in (*needs.series, *needs.optional) for key in resolved(entry, everything.series)}
    vectors_wanted = {key for entry in (*needs.vectors, *needs.optional) for key in resolved(entry, everything.vectors)}
    types = {key: found[0].type for key, found in everything.media.items() if found}
    media_wanted = {key for entry in (*needs.media, *needs.optional_media) for key in resolved_media(entry, types)}
    ranks_wanted = {key for entry in needs.by_rank for key in resolved(entry, everything.ranks)}
    return replace(
        everything,
        series={key: series for key, series in everything.series.items() if key in series_wanted},
        vectors={key: vectors for key, vectors in everything.vectors.items() if key in vectors_wanted},
        media={
            key: tuple(found[place] for place in evenly_chosen(len(found)))
            for key, found in everything.media.items()
            if key in media_wanted
        },
        ranks={key: ranks for key, ranks in everything.ranks.items() if key in ranks_wanted},
    )


def first_series(data: RunData, entry: str) -> Series | None:
    """The series an entry such as "train/loss|loss" stands for in this run; None where it has none."""
    found = [key for key in resolved(entry, data.series) if len(data.series[key])]
    return data.series[found[0]] if found else None


def missing(needs: Needs, data: RunData) -> str:
    """What required series the run lacks, such as "no series train/loss or loss"; "" if it lacks none."""
    return absent(
        needs,
        series=[key for key, found in data.series.items() if len(found)],
        vectors=[key for key, found in data.vectors.items() if len(found)],
        media={key: found[0].type for key, found in data.media.items() if found},
    )
