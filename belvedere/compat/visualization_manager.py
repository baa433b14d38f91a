"""PNG dashboards and histories for a training loop of one's own: TrainingMetrics, TrainingConfig, VisualizationManager.

    from belvedere.compat.visualization_manager import TrainingMetrics, VisualizationManager

    with VisualizationManager("training_viz") as viz:
        for step in range(1, 1001):
            …
            metrics = TrainingMetrics(step, loss, accuracy, tokens_per_sec, gpu_memory_mb, learning_rate, time.time())
            viz.update(metrics, input_text, output_text, target_text)

In the folder: training_step_000050.png for every `viz_interval` steps, training_latest.png (the same bytes as the
newest, replaced in one step), metrics_history.json and text_samples.json. All of it is drawn and written by another
process; what a step costs the training is told by `overhead()` and printed by `close()`.
"""

import atexit
import math
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from belvedere.core.errors import UsageError
from belvedere.core.values import Table
from belvedere.figures.dashboard_files import LATEST
from belvedere.live.beside import Beside
from belvedere.live.chart_messages import Chart, Row, Save, Text, encode
from belvedere.live.meter import Meter
from belvedere.record.guard import RecordingWarning
from belvedere.record.session import current_or_none

PROCESS = "belvedere.live.chart_process"
DOING = "dashboards"
SAMPLES_MAX = 8
CLOSE_SECS = 30.0
STEP_END = 2**53
NUMBERS = ("loss", "accuracy", "tokens_per_sec", "gpu_memory_mb", "learning_rate", "timestamp")
SAMPLE_COLUMNS = ["step", "input", "output", "target", "accuracy"]


@dataclass
class TrainingMetrics:
    """What a training measured at one step. Accuracy is a share of 1 (or in percent, once any is above 1); timestamp is
    seconds since 1970. What was not measured is NaN, not 0."""

    step: int
    loss: float
    accuracy: float = math.nan
    tokens_per_sec: float = math.nan
    gpu_memory_mb: float = math.nan
    learning_rate: float = math.nan
    timestamp: float = 0.0

    def __post_init__(self) -> None:
        self.timestamp = self.timestamp or time.time()


@dataclass
class TrainingConfig:
    """Where the dashboards go, how many steps lie between two of them, and how many text samples each shows."""

    viz_dir: str = "training_viz"
    viz_interval: int = 50
    display_samples: int = 5


class VisualizationManager:
    """Draws beside the training what `update` is told, and records it into the current run if there is one."""

    def __init__(
        self, viz_dir: str | Path | TrainingConfig = "training_viz", viz_interval: int = 50, display_samples: int = 5,
        *, name: str = "", is_recording: bool = True, resume_from: int | None = None,
    ) -> None:  # fmt: skip
        """`viz_dir` may be a TrainingConfig, which then says all. is_recording: also log into the current run.
        resume_from: the files in the folder are this training's and go on behind this step, instead of anew."""
        if isinstance(viz_dir, TrainingConfig):
            viz_interval, display_samples = viz_dir.viz_interval, viz_dir.display_samples
            viz_dir = viz_dir.viz_dir
        whole = all(isinstance(one, int) and not isinstance(one, bool) for one in (viz_interval, display_samples))
        if not whole or viz_interval < 1 or not 1 <= display_samples <= SAMPLES_MAX:
            raise UsageError(
                f"viz_interval={viz_interval!r} and display_samples={display_samples!r} cannot be; use a whole "
                f"interval from 1 on and 1 to {SAMPLES_MAX} samples"
            )
        self.viz_dir = _folder(viz_dir)
        self.viz_interval, self.display_samples = viz_interval, display_samples
        self._is_recording = is_recording
        self._meter = Meter()
        self._drawn_step = self._last_step = 0
        self._texts: list[list[object]] = []
        run = current_or_none()
        title = name or (run.name if run is not None else Path.cwd().name)
        arguments = [str(self.viz_dir.absolute()), "--name", title, "--samples", str(display_samples)]
        if resume_from is not None:
            arguments += ["--resume-from", str(_step(resume_from))]
        self._beside: Beside | None = Beside(PROCESS, arguments, doing=DOING, tell=_warn, encode=encode)
        atexit.register(self.close)

    def update(
        self, metrics: TrainingMetrics, input_text: str | None = None, output_text: str | None = None,
        target_text: str | None = None, sample_accuracy: float | None = None,
    ) -> None:  # fmt: skip
        """Take in one step, and a text sample where there is one: what the model was given, what it really said, and
        (for the tint of its words) what it should have said. Draws a dashboard every `viz_interval` steps."""
        with self._meter:
            row = _row(metrics)
            self._send(row)
            self._last_step = row.step
            if output_text is not None or input_text is not None:
                accuracy = row.accuracy if sample_accuracy is None else sample_accuracy
                self.add_text_sample(row.step, input_text or "", output_text or "", target_text or "", accuracy)
            if self._is_recording:
                self._record(row)
        if row.step > 0 and row.step % self.viz_interval == 0:
            self.generate_charts(row.step)

    def add_text_sample(
        self, step: int, input_text: str, output_text: str, target_text: str = "", accuracy: float | None = math.nan
    ) -> None:
        """One more text sample; the last `display_samples` are on the dashboard."""
        text = Text(_step(step), str(input_text), str(output_text), str(target_text), _number("accuracy", accuracy))
        self._send(text)
        shown = None if math.isnan(text.accuracy) else text.accuracy
        row: list[object] = [text.step, text.input, text.output, text.target, shown]
        self._texts = [*self._texts, row][-self.display_samples :]

    def generate_charts(self, step: int | None = None) -> Path:
        """Have the dashboard of a step (by default the last) drawn, unless it was asked for; where it will be."""
        with self._meter:
            at = self._last_step if step is None else _step(step)
            if at != self._drawn_step:
                self._drawn_step = at
                self._send(Chart(at))
                self._record_samples(at)
        if alarm := self._meter.alarm(DOING, self._thread_secs):
            _warn(alarm)
        return self.viz_dir / f"training_step_{at:06d}.png"

    def save_metrics(self) -> None:
        """Have the histories written now; it is done by the other process."""
        self._send(Save())

    def overhead(self) -> str:
        """What all of this took in the training so far, in words."""
        return self._meter.sentence(DOING, self._thread_secs)

    def close(self, deadline_secs: float = CLOSE_SECS) -> None:
        """Draw the last dashboard, write the histories, and wait for both within the deadline. A second call does
        nothing."""
        if self._beside is None:
            return
        if self._last_step:
            self.generate_charts(self._last_step)
        beside, told = self._beside, self.overhead()
        words = beside.stop(deadline_secs)
        self._beside = None
        atexit.unregister(self.close)
        print(f"belvedere: {told}; {self.viz_dir / LATEST}", file=sys.stderr)
        if words:
            print(f"belvedere: {words}", file=sys.stderr)

    def __enter__(self) -> "VisualizationManager":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _thread_secs(self) -> float:
        return self._beside.thread_secs if self._beside else 0.0

    def _send(self, message: Row | Text | Chart | Save) -> None:
        if self._beside is None:
            raise UsageError("the manager is closed; make a new VisualizationManager for more steps")
        self._beside.send(message)

    def _record(self, row: Row) -> None:
        """Log the step into the current run, under the names that everything else reads; NaN counts as not measured
        except for the loss."""
        run = current_or_none()
        if run is None:
            return
        values = {
            "train/accuracy": row.accuracy, "train/tok_per_sec": row.tokens_per_sec,
            "gpu/memory_mb": row.gpu_memory_mb, "train/lr": row.learning_rate,
        }  # fmt: skip
        measured = {key: value for key, value in values.items() if not math.isnan(value)}
        run.log({"train/loss": row.loss, **measured}, step=row.step)

    def _record_samples(self, step: int) -> None:
        run = current_or_none()
        if run is not None and self._is_recording and self._texts:
            run.log({"samples": Table(columns=SAMPLE_COLUMNS, data=self._texts)}, step=step)


def _folder(path: str | Path) -> Path:
    """The folder for the files, made."""
    try:
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
    except TypeError as error:
        raise UsageError(f"viz_dir={path!r} is no folder; pass a path, or a TrainingConfig") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"the folder for dashboards cannot be made ({reason}); choose another: {path}") from error
    return folder


def _row(metrics: TrainingMetrics) -> Row:
    """Its numbers; anything with these attributes will do."""
    absent = [name for name in ("step", *NUMBERS) if not hasattr(metrics, name)]
    if absent:
        raise UsageError(f"update() takes TrainingMetrics, got {type(metrics).__name__} without {absent[0]}")
    numbers = [_number(name, getattr(metrics, name)) for name in NUMBERS]
    return Row(_step(metrics.step), *numbers)


def _step(step: object) -> int:
    try:
        found = int(step)  # type: ignore[call-overload]
        is_whole = found == step and 0 <= found < STEP_END
    except (TypeError, ValueError, OverflowError):
        is_whole = False
    if not is_whole:
        raise UsageError(f"step={step!r} is no step; pass a whole number from 0 on")
    return int(found)


def _number(name: str, value: object) -> float:
    """None counts as not measured."""
    if value is None:
        return math.nan
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(f"{name}={value!r} is no number; pass NaN for what was not measured") from error


def _warn(text: str) -> None:
    warnings.warn(text, RecordingWarning, stacklevel=2)
