"""The first lines of a post that begins a stream: by them an attempt is recognised that is sent once more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from belvedere.core.errors import BelvedereError
from belvedere.importers.wandb.jsons import loads
from belvedere.importers.wandb.rows import history_row, system_row
from belvedere.wandb_protocol.held import Held

HISTORY, SYSTEM, CONSOLE = "wandb-history.jsonl", "wandb-events.jsonl", "output.log"
ENOUGH = 3  # lines of each stream


@dataclass
class Firsts:
    """is_start: a stream begins with them · rows: step and µs · system: µs.

    The console tells nothing: `wandb sync` gives its lines new times."""

    rows: list[tuple[int, int]] = field(default_factory=list)
    system: list[int] = field(default_factory=list)
    is_start: bool = False

    @property
    def step(self) -> int:
        """The step that the attempt begins with."""
        return self.rows[0][0] if self.rows else 0

    @property
    def time(self) -> float:
        """The earliest of all, seconds since 1970; 0.0 when no line tells its time."""
        moments = [time_us for _, time_us in self.rows] + self.system
        return min((moment for moment in moments if moment > 0), default=0) / 1e6

    def are_in(self, held: Held) -> bool:
        """Whether an attempt holds one of them."""
        return any(row in held.rows for row in self.rows) or any(time_us in held.system for time_us in self.system)


def firsts_of(files: Mapping[str, tuple[int, Sequence[str]]]) -> Firsts | None:
    """The first lines of the streams that tell times; None when there are none."""
    found = Firsts()
    for name, (offset, lines) in files.items():
        if name in (HISTORY, SYSTEM):
            found.is_start |= offset == 0
            for line in lines[:ENOUGH]:
                _add(found, name, line)
    return found if found.rows or found.system else None


def _add(found: Firsts, name: str, line: str) -> None:
    try:
        row = loads(line)
    except BelvedereError:
        return
    if isinstance(row, dict) and name == HISTORY:
        landed = history_row(row)
        if landed.time_us:
            found.rows.append((landed.step, landed.time_us))
    elif isinstance(row, dict):
        time_us, _ = system_row(row)
        if time_us:
            found.system.append(time_us)
