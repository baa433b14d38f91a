"""What the log of an attempt holds already, so that a run that is sent a second time is recognised and nothing of it is
taken twice."""

from dataclasses import dataclass, field

from belvedere.core.entries import Console
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import SegmentReader, read_entries
from belvedere.store.run import Run

SYSTEM = "system/"
RUNTIME = "_runtime"  # every row of a history has it, rows of system metrics have none


@dataclass
class Held:
    """rows: step and µs of every row of the history · system: µs of every row of system metrics."""

    rows: set[tuple[int, int]] = field(default_factory=set)
    system: set[int] = field(default_factory=set)


def held_by(folder: RunFolder, writer_id: str) -> Held:
    """All that a writer's log holds."""
    held = Held()
    for path in folder.segments(writer_id):
        reader = SegmentReader(path)
        while batch := reader.poll():
            for rows in batch.rows:
                if is_system(rows.keys):
                    held.system.update(rows.times_us.tolist())
                else:
                    held.rows.update(zip(rows.steps.tolist(), rows.times_us.tolist(), strict=True))
    return held


def console_lines(folder: RunFolder, writer_id: str) -> int:
    """How many lines of the console a writer's log holds."""
    entries = (entry for path in folder.segments(writer_id) for entry in read_entries(path))
    return sum(isinstance(entry, Console) for entry in entries)


def is_system(keys: tuple[str, ...]) -> bool:
    """Whether a row with these keys holds system metrics."""
    return bool(keys) and all(key.startswith(SYSTEM) for key in keys)


def logged_steps(run: Run) -> int:
    """The last step of a run's history + 1. What a client measured of its machine before its first row stands at step
    0 and is no history."""
    is_measured_only = run.steps == 1 and all(info.key.startswith(SYSTEM) for info in run.keys())
    return 0 if is_measured_only else run.steps
