"""Which column of a table is the step and which the time.

The step is the first of STEPS that is there and holds whole numbers; without one, rows are counted. The time is the
first of TIMES that holds seconds or milliseconds since 1970, or ISO 8601 text; without one, all rows have the time of
the file. Names are compared in lower case, with "_" for a space.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from belvedere.core.entries import Stored
from belvedere.importers.wandb.rows import STEP_MAX

STEPS = (
    "step", "_step", "global_step", "train/global_step", "trainer/global_step", "steps", "iteration", "iterations",
    "iter", "timesteps", "total_timesteps", "time/total_timesteps", "epoch", "_epoch",
)  # fmt: skip
STAYS = ("epoch", "_epoch")  # also a series of its own
TIMES = ("_timestamp", "timestamp", "wall_time", "time", "datetime", "date", "created_at")
SECONDS_FROM, SECONDS_TO = 1e8, 1e11  # 1973 to 5138; beyond it they are milliseconds
MILLISECONDS_TO = 1e14

Row = Mapping[str, Stored]


@dataclass(frozen=True)
class Columns:
    """The columns with a meaning; "" where there is none."""

    step: str = ""
    time: str = ""

    def moment(self, row: Row, *, number: int, time_us: int) -> tuple[int, int]:
        """Step and µs of a row; `number` and `time_us` are those of a row that does not say."""
        step, moment = whole(row.get(self.step)), microseconds(row.get(self.time))
        return number if step is None else step, time_us if moment is None else moment

    def values(self, row: Row) -> dict[str, Stored]:
        """What was logged in a row."""
        return {
            key: value
            for key, value in row.items()
            if value is not None and key != self.time and (key != self.step or _plain(key) in STAYS)
        }


def columns_of(rows: Iterable[Row]) -> Columns:
    """The columns with a meaning, judged by the first rows."""
    kept = list(rows)
    names = list(dict.fromkeys(name for row in kept for name in row))
    step = next((name for name in _among(names, STEPS) if _all(kept, name, whole)), "")
    time = next((name for name in _among(names, TIMES) if _all(kept, name, microseconds)), "")
    return Columns(step, time)


def whole(value: object) -> int | None:
    """A step that a cell holds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) <= STEP_MAX else None


def microseconds(value: object) -> int | None:
    """µs since 1970 of a moment that a cell holds; text without a zone is UTC."""
    if isinstance(value, datetime):
        return round((value if value.tzinfo else value.replace(tzinfo=timezone.utc)).timestamp() * 1e6)
    if isinstance(value, str):
        try:
            return microseconds(datetime.fromisoformat(_with_zone(value.strip())))
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= SECONDS_FROM:
        return None
    if value < SECONDS_TO:
        return round(value * 1e6)
    return round(value * 1e3) if value < MILLISECONDS_TO else None


def _with_zone(text: str) -> str:
    """Python 3.10 does not know the Z that stands for UTC."""
    return f"{text[:-1]}+00:00" if text[-1:] in ("Z", "z") else text


def _among(names: list[str], wanted: tuple[str, ...]) -> list[str]:
    return [name for one in wanted for name in names if _plain(name) == one]


def _all(rows: list[Row], name: str, read: object) -> bool:
    cells = [row[name] for row in rows if row.get(name) is not None]
    return bool(cells) and callable(read) and all(read(cell) is not None for cell in cells)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_")
