"""A bounded choice of text samples: the last ones, and an even one among all before (a reservoir), in one small file.

text_samples.json: {"format", "seen", "columns": {"step": […], "input": […], "output": […], "target": […],
"accuracy": […]}} by step, rewritten whole, which is cheap because it is bounded.
"""

import json
import math
import random
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from belvedere.figures.dashboard_content import Sample
from belvedere.figures.dashboard_files import replace

FORMAT = "belvedere text samples 1"
FILE = "text_samples.json"
KEPT = 100  # in the reservoir
TEXT_MAX = 2000  # characters of a text that are kept


class TextSamples:
    """`add` for ever. Every sample that is not among the last has the same chance to be kept; `seed` makes the choice
    the same each time."""

    def __init__(self, *, last: int, seed: int = 0) -> None:
        self._last: deque[Sample] = deque(maxlen=last)
        self._kept: list[Sample] = []
        self._random = random.Random(seed)
        self.seen = 0

    def add(self, sample: Sample) -> None:
        """One more; the one that is pushed out of the last may be kept."""
        if len(self._last) == self._last.maxlen:
            self._keep(self._last[0])
        self._last.append(sample)
        self.seen += 1

    def go_on(self, folder: Path, resume_from: int) -> None:
        """Take over what an earlier attempt kept up to a step; nothing when there is no such file."""
        try:
            told = json.loads((folder / FILE).read_bytes())
            columns = told["columns"]
            rows = zip(*(columns[name] for name in ("step", "input", "output", "target", "accuracy")), strict=True)
            found = [Sample(*row) for row in rows]
            kept = [sample for sample in found if sample.step <= resume_from]
            seen = int(told["seen"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return
        self._last.extend(kept)
        self._kept = kept[: max(0, len(kept) - len(self._last))]
        self.seen = seen - (len(found) - len(kept))

    @property
    def last(self) -> tuple[Sample, ...]:
        """The newest ones, oldest first."""
        return tuple(self._last)

    def all(self) -> list[Sample]:
        """Everything that is kept, by step."""
        return sorted([*self._kept, *self._last], key=lambda sample: sample.step)

    def save(self, folder: Path) -> None:
        """Write the file, in one step."""
        found = self.all()
        columns: dict[str, Sequence[object]] = {
            "step": [sample.step for sample in found],
            "input": [sample.input[:TEXT_MAX] for sample in found],
            "output": [sample.output[:TEXT_MAX] for sample in found],
            "target": [sample.target[:TEXT_MAX] for sample in found],
            "accuracy": [_finite(sample.accuracy) for sample in found],
        }
        told = {"format": FORMAT, "seen": self.seen, "columns": columns}
        replace(folder / FILE, json.dumps(told, allow_nan=False, separators=(",", ":")).encode())

    def _keep(self, sample: Sample) -> None:
        """Algorithm R (Vitter 1985): the n-th is kept with probability KEPT / n, in the place of any."""
        number = self.seen - len(self._last)
        if len(self._kept) < KEPT:
            self._kept.append(sample)
        elif (place := self._random.randrange(number + 1)) < KEPT:
            self._kept[place] = sample


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
