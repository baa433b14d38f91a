"""Numbers for the dashboard as they come, at bounded memory: what one step adds costs the same at any length."""

from collections import deque
from dataclasses import replace

import numpy as np

from belvedere.analysis.joins import Reduced
from belvedere.analysis.pyramid_buffer import PyramidBuffer
from belvedere.figures.dashboard_content import (
    AVERAGE_STEPS,
    NOT_TOGETHER,
    RECENT_STEPS,
    SAMPLES,
    Content,
    Curve,
    Recent,
    Sample,
    Together,
)
from belvedere.figures.dashboard_verdict import START_VALUES, verdict

CELLS = 2000  # of the pyramid, so that a curve never has more points than a dashboard can show
NAMES = ("loss", "accuracy", "throughput", "rate")
AVERAGED = ("loss", "accuracy")


class DashboardFeed:
    """`add(step, loss=2.1, accuracy=0.4)` for ever; `content()` is what a dashboard shows of it. Accuracy is a share of
    1 while none is above 1, else it is taken to be in percent."""

    def __init__(self, name: str = "training", *, samples: int = SAMPLES) -> None:
        self.name = name
        self.samples: deque[Sample] = deque(maxlen=samples)
        self._buffer = PyramidBuffer(cells=CELLS, recent=RECENT_STEPS)
        self._windows: dict[str, deque[float]] = {name: deque(maxlen=AVERAGE_STEPS) for name in AVERAGED}
        self._counts = dict.fromkeys(AVERAGED, 0)
        self._starts: dict[str, list[float]] = {name: [] for name in NAMES}
        self._last: dict[str, float] = {}
        self._highest_accuracy = 0.0
        self._step = 0

    def add(self, step: int, **values: float) -> None:
        """One step; of loss, accuracy, throughput and rate those that were measured."""
        row = {name: float(value) for name, value in values.items() if name in NAMES}
        for name in AVERAGED:
            if name in row and (mean := self._average(name, row[name])) is not None:
                row[f"{name}/average"] = mean
        for name in NAMES:
            if name in row:
                self._last[name] = row[name]
                if len(self._starts[name]) < START_VALUES and np.isfinite(row[name]):
                    self._starts[name].append(row[name])
        if np.isfinite(row.get("accuracy", 0.0)):
            self._highest_accuracy = max(self._highest_accuracy, row.get("accuracy", 0.0))
        self._step = step
        self._buffer.add(step, row)

    def content(self, *, state: str = "running") -> Content:
        """The dashboard as of now."""
        curves = {name: self._curve(name) for name in NAMES if name in self._last}
        loss = curves.get("loss")
        return Content(
            name=self.name, state=state, step=self._step, loss=loss, accuracy=curves.get("accuracy"),
            throughput=curves.get("throughput"), rate=curves.get("rate"), together=self._together(),
            recent=self._recent(), samples=tuple(self.samples),
            verdict=verdict(loss.points, start=loss.start, last=loss.last) if loss else "",
        )  # fmt: skip

    def _average(self, name: str, value: float) -> float | None:
        """The mean of the window with this value; None at the first, and while nothing was finite."""
        window = self._windows[name]
        window.append(value)
        self._counts[name] += 1
        finite = [one for one in window if np.isfinite(one)] if not np.isfinite(sum(window)) else window
        return sum(finite) / len(finite) if finite and self._counts[name] > 1 else None

    def _scale(self, name: str) -> float:
        return 100.0 if name == "accuracy" and self._highest_accuracy <= 1.0 else 1.0

    def _curve(self, name: str) -> Curve:
        points, scale = self._buffer.reduced(name), self._scale(name)
        bad = self._buffer.nonfinite_steps(name)
        start, average = self._starts[name], f"{name}/average"
        averages = self._buffer.beside(name, average) if average in self._buffer.names else points.mean * np.nan
        return Curve(
            name, _scaled(points, scale), averages * scale, bad["nan"], bad["posinf"],
            bad["neginf"], float(np.mean(start)) * scale if start else float("nan"), self._last[name] * scale,
        )  # fmt: skip

    def _together(self) -> Together:
        if not {"loss", "accuracy"} <= self._last.keys():
            return NOT_TOGETHER
        steps, means = self._buffer.means("loss", "accuracy")
        counts = np.full(len(steps), self._buffer.rows_per_cell)
        return Together(steps, means[0], means[1] * self._scale("accuracy"), counts)

    def _recent(self) -> Recent:
        empty = (np.zeros(0, np.int64), np.zeros(0))
        steps = dict.fromkeys(AVERAGED, empty)
        for name in AVERAGED:
            if name in self._last:
                at, rows = self._buffer.recent(name)
                keep = ~np.isnan(rows[0])
                steps[name] = at[keep], rows[0][keep] * self._scale(name)
        return Recent(*steps["loss"], *steps["accuracy"])


def _scaled(points: Reduced, scale: float) -> Reduced:
    return replace(points, mean=points.mean * scale, low=points.low * scale, high=points.high * scale)
