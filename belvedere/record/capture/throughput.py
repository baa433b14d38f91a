"""How fast a training is: time per step and its parts, tokens and samples per second, model FLOP utilisation (MFU).

    meter = run.throughput(tokens_per_step=524_288, model=model, seq_len=1024)
    for batch in loader:
        with meter.phase("forward"): ...
        meter.step()                        # once per optimizer step

MFU = flops per token · tokens per second / (peak of one device · devices); flops.py holds the first factor, peaks.py
the peak. Without a peak known for certain there is no `throughput/mfu`, and the summary says why. Warm-up steps,
evaluation, checkpoints and compilation are kept out of `step_ms` and have series of their own. On a GPU the device is
waited for only at log points and around those phases; the parts inside a step are the host's time, so `forward_ms` may
be the launch alone, but `data_ms` is what the loop waited.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol

from belvedere.core.errors import UsageError
from belvedere.record.capture.flops import flops_per_token as counted_flops
from belvedere.record.capture.peaks import Peak, known_peak, measured_cpu_peak
from belvedere.record.guard import Guard, guarded

APART = ("compile", "evaluation", "checkpoint")  # phases that are no part of a step
SHORT = {"evaluation": "eval"}
WARMUP_STEPS = 3  # compilation, allocation and cuDNN's search fall into the first steps
EVERY_STEPS = 10
MFU = "throughput/mfu"
MFU_OF_MEASURED_PEAK = "throughput/mfu_of_measured_peak"


class Recorder(Protocol):
    """What the meter needs of a run."""

    _guard: Guard
    world_size: int

    def log(self, data: Mapping[str, object], step: int | None = None, commit: bool | None = None) -> None:
        """Append a row."""
        ...


class Throughput:
    """Measures one training loop. Counts are those of the whole job: all ranks together."""

    def __init__(
        self, run: Recorder, *, tokens_per_step: float = 0, samples_per_step: float = 0,
        flops_per_token: float | None = None, peak: Peak | None = None, mfu_key: str = MFU,
        every: int = EVERY_STEPS, warmup_steps: int = WARMUP_STEPS,
        clock: Callable[[], float] = time.perf_counter, wait: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """`wait` returns when the device has done what it was given."""
        self._run, self._guard, self._clock, self._wait = run, run._guard, clock, wait
        self._tokens_per_step, self._samples_per_step = tokens_per_step, samples_per_step
        self._flops_per_token, self._peak, self._mfu_key = flops_per_token, peak, mfu_key
        self._every, self._warmup_left = max(1, every), warmup_steps
        self._phases: dict[str, Phase] = {}
        self._apart_depth = 0
        self._newest: Mapping[str, float] = {}  # the row logged last
        self._restart(clock())

    def phase(self, name: str) -> "Phase":
        """`with meter.phase("data"):` times a part of the step; evaluation, checkpoint, compile are kept apart."""
        if name not in self._phases:
            self._phases[name] = Phase(self, name)
        return self._phases[name]

    @guarded
    def step(self, tokens: float | None = None, samples: float | None = None) -> None:
        """One optimizer step is over. Give the counts where they differ from step to step."""
        self._steps += 1
        self._tokens += self._tokens_per_step if tokens is None else tokens
        self._samples += self._samples_per_step if samples is None else samples
        if self._warmup_left:
            self._warmup_left -= 1
            if not self._warmup_left:
                self._log_point(self._warmup_row)
        elif self._steps >= self._every:
            self._log_point(self._row)

    def cut(self) -> Mapping[str, float]:
        """End the interval here, whatever `every` says: log its row and answer it. Empty while the first steps warm up
        and before a step is over."""
        self._newest = {}
        self._cut()
        return self._newest

    @guarded
    def _cut(self) -> None:
        if self._steps and not self._warmup_left:
            self._log_point(self._row)

    def _log_point(self, row: Callable[[float], dict[str, float]]) -> None:
        self._wait()
        now = self._clock()
        inside_secs = now - self._since - sum(self._apart_secs.values())
        apart = {f"throughput/{SHORT.get(name, name)}_ms": 1e3 * secs for name, secs in self._apart_secs.items()}
        values = row(inside_secs)
        for key, milliseconds in apart.items():
            values[key] = values.get(key, 0.0) + milliseconds
        self._newest = values
        self._run.log(values, commit=False)
        self._restart(now)

    def _warmup_row(self, secs: float) -> dict[str, float]:
        return {"throughput/compile_ms": 1e3 * secs}

    def _row(self, secs: float) -> dict[str, float]:
        """`secs`: the time of all steps since the last row."""
        row = {"throughput/step_ms": 1e3 * secs / self._steps}
        for name, part_secs in self._part_secs.items():
            row[f"throughput/{name}_ms"] = 1e3 * part_secs / self._steps
        if secs <= 0:
            return row
        if self._tokens:
            row["throughput/tokens_per_sec"] = self._tokens / secs
        if self._samples:
            row["throughput/samples_per_sec"] = self._samples / secs
        if self._tokens and self._flops_per_token and self._peak:
            reached = self._flops_per_token * self._tokens / secs
            row[self._mfu_key] = reached / (self._peak.flops_per_sec * self._run.world_size)
        return row

    def _restart(self, now: float) -> None:
        """Begin a new interval."""
        self._since = now
        self._steps, self._tokens, self._samples = 0, 0.0, 0.0
        self._part_secs: defaultdict[str, float] = defaultdict(float)
        self._apart_secs: defaultdict[str, float] = defaultdict(float)

    def _entered(self, name: str) -> float:
        if name in APART:
            self._apart_depth += 1
            if self._apart_depth == 1:
                self._wait()
        return self._clock()

    def _left(self, name: str, entered: float) -> None:
        if name not in APART:
            if not self._apart_depth:  # the forward pass of an evaluation is no part of a step
                self._part_secs[name] += self._clock() - entered
            return
        self._apart_depth -= 1
        if not self._apart_depth:
            self._wait()
            self._apart_secs[name] += self._clock() - entered


class Phase:
    """A part of the training loop, as a context manager; the same one serves every step."""

    def __init__(self, meter: Throughput, name: str) -> None:
        self._meter, self._name = meter, name
        self._entered = 0.0

    def __enter__(self) -> None:
        self._entered = self._meter._entered(self._name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._meter._left(self._name, self._entered)


class SummaryRecorder(Recorder, Protocol):
    """A run whose summary can be written."""

    @property
    def summary(self) -> "Summarised": ...


class Summarised(Protocol):
    """The summary of a run."""

    def update(self, *values: object, **more: object) -> None: ...


def measure(
    run: SummaryRecorder, *, tokens_per_step: float = 0, samples_per_step: float = 0,
    flops_per_token: float | None = None, model: object = None, seq_len: int | None = None,
    peak_flops_per_sec: float | None = None, has_measured_peak: bool = False,
    every: int = EVERY_STEPS, warmup_steps: int = WARMUP_STEPS,
) -> Throughput:  # fmt: skip
    """A meter for the loop that follows. It never raises: what cannot be computed is warned about and left out.

    tokens_per_step, samples_per_step: of all ranks together · flops_per_token: of training; or give `model` and
    `seq_len` peak_flops_per_sec: of one device, where the table knows no or another one has_measured_peak: on a CPU,
    measure what it reaches in matrix products now and log `throughput/mfu_of_measured_peak` every: optimizer steps per
    row · warmup_steps: first steps that go to `throughput/compile_ms` instead
    """
    try:
        if flops_per_token is None and model is not None and seq_len is not None:
            flops_per_token = counted_flops(model, seq_len)
    except UsageError as error:
        run._guard.caught(error, "throughput()")
    peak, key = None, MFU
    if flops_per_token is not None:
        peak, key = _peak(peak_flops_per_sec, has_measured_peak=has_measured_peak)
        said = f"n/a: no peak is known for {device_name()!r}; pass peak_flops_per_sec="
        run.summary.update({MFU: said} if peak is None else {"throughput/mfu_peak": _described(peak)})
    return Throughput(
        run, tokens_per_step=tokens_per_step, samples_per_step=samples_per_step, flops_per_token=flops_per_token,
        peak=peak, mfu_key=key, every=every, warmup_steps=warmup_steps, wait=device_wait(),
    )  # fmt: skip


def _peak(given_flops_per_sec: float | None, *, has_measured_peak: bool) -> tuple[Peak | None, str]:
    """The peak to hold against, and the series that the ratio goes to."""
    if given_flops_per_sec is not None:
        return Peak(given_flops_per_sec, "any precision", "given by the caller"), MFU
    name = device_name()
    if name == "cpu" and has_measured_peak:
        return measured_cpu_peak(), MFU_OF_MEASURED_PEAK
    return known_peak(name), MFU


def _described(peak: Peak) -> str:
    return f"{peak.flops_per_sec / 1e12:.4g} TFLOP/s ({peak.precision}; {peak.source})"


def device_name() -> str:
    """The driver's name of the CUDA device that this process trains on, or "cpu". Imports nothing."""
    torch = sys.modules.get("torch")
    return str(torch.cuda.get_device_name()) if torch is not None and torch.cuda.is_available() else "cpu"


def device_wait() -> Callable[[], None]:
    """What waits for the CUDA device of this process; nothing to wait for on a CPU."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return lambda: None
    wait: Callable[[], None] = torch.cuda.synchronize
    return wait
