"""What earlier attempts of a run left for the one that goes on: its configuration and the last values of its series"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from belvedere.core.entries import Configured, Stored
from belvedere.record.summary import Latest
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import SegmentReader


@dataclass(frozen=True)
class Before:
    """`config` and `summary` as they were set by hand; None of a summary: taken back."""

    config: dict[str, Stored] = field(default_factory=dict)
    summary: dict[str, Stored] = field(default_factory=dict)
    writers: tuple[str, ...] = ()


def left_by(folder: RunFolder, *, has_values: bool) -> Before:
    """What all writers of a run said, the newest word of each; without the values of series where some are taken
    back."""
    writers = folder.writers()
    found = Before(writers=tuple(writers) if has_values else ())
    sections = {"config": found.config, "summary": found.summary}
    for writer in writers:
        for path in folder.segments(writer):
            reader = SegmentReader(path)
            while batch := reader.poll():
                for one in batch.events:
                    if isinstance(one.event, Configured) and one.event.section in sections:
                        _merge(sections[one.event.section], one.event.values)
    return found


def last_values(folder: RunFolder, before: Before) -> Mapping[str, object]:
    """The last value of every series, and what was set in its place. Reads the logs: only when somebody asks."""
    found: dict[str, object] = {}
    for writer in before.writers:
        found.update(Latest(folder, writer)())
    return {**found, **before.summary}


def _merge(known: dict[str, Stored], told: Mapping[str, Stored]) -> None:
    for key, value in told.items():
        if value is None:
            known.pop(key, None)
        else:
            known[key] = value
