"""One run as the training sees it. Every public method is cheap and never raises into training (see guard.py)."""

import glob
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Alerted, Configured, Defined, FileSaved, RunFinished, StageChanged, Stored
from belvedere.core.errors import NameRefused, RecordingError, UsageError
from belvedere.core.names import checked_key
from belvedere.core.values import Value, Vector, existing_file, safe_suffix
from belvedere.record.config import Config, stored_mapping
from belvedere.record.deferred import Arrays, Deferred, is_on_device
from belvedere.record.exits import ending_of
from belvedere.record.guard import ANY_ERROR, Guard, described, guarded
from belvedere.record.identity import Identity
from belvedere.record.null import NullWriter, Unopened, Writer
from belvedere.record.opening import Opening
from belvedere.record.pulse import within
from belvedere.record.ranks import Place
from belvedere.record.summary import Latest, Summary
from belvedere.record.values_io import Sorter
from belvedere.record.wandb_run import WandbRun
from belvedere.runlog import media
from belvedere.runlog.writer import LogWriter

if TYPE_CHECKING:
    from belvedere.record.capture.throughput import Throughput
    from belvedere.record.capture.watch import Watch

FINISH_SECS = 10.0
MESSAGE_MAX = 4000
FAMILIES_MAX = 1000  # whose names are remembered
READY_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))
STEP_MAX = (1 << 62) - 1
LEVELS = {"info": "info", "warn": "warning", "warning": "warning", "error": "critical", "critical": "critical"}
GOALS = {"minimize": "minimize", "min": "minimize", "maximize": "maximize", "max": "maximize"}
Closer = Callable[[float], str]  # gets the seconds that are left, answers a sentence for the user or ""


class Run(WandbRun):
    """`bv.init()` makes one. Steps count from 0: each `log()` without `step=` is one step, unless `commit=False`."""

    def __init__(
        self, identity: Identity, place: Place, guard: Guard, *, opening: Opening | None, step: int, url: str
    ) -> None:
        """`opening` is None when disabled. Nothing is written before `session` has given it a writer."""
        self.project, self.id, self.name, self.group = identity.project, identity.id, identity.name, identity.group
        self.job_type, self.tags, self.notes = identity.job_type, identity.tags, identity.notes
        self.rank, self.world_size, self.url = place.rank, place.world_size, url
        self.disabled = opening is None
        self._guard, self._opening = guard, opening
        self._step = self._starting_step = step
        self.has_explicit_steps = False  # the user counts: `log(…, step=…)`
        self._closers: list[tuple[str, Closer]] = []
        self._senders: list[tuple[str, Closer]] = []  # closed after the end is written
        self._troubles: list[str] = []
        self._names_given: dict[str, tuple[object, tuple[str, ...]]] = {}  # by family: the object given, its names
        self._state = "running"
        self._watches: list[Watch] = []
        self._deferred = Deferred(self._write_deferred)
        self.config = Config(lambda values: self._configured("config", values))
        self.summary = Summary(self._summarised, self._last_values)
        self._row: Callable[..., bool]
        self._vector: Callable[..., object]
        self._latest: Callable[[], Mapping[str, object]]
        self._use(NullWriter())

    # ---- values -------------------------------------------------------------------------------------------------

    def log(self, data: Mapping[str, object], step: int | None = None, commit: bool | None = None) -> None:
        """Record values of one step. It is in the file, safe from SIGKILL, when this returns.

        Without `step` they belong to the run's current step, which then moves on; with `commit=False` it stays, so
        that more can be added. An explicit `step` may be any, also a past one; the current step then is at least
        that.
        """
        try:
            if step is None and commit is None and data and self._row(self._step, data, True):
                self._step += 1
                return
            self._log_sorted(data, step, commit)
        except NameRefused:
            self._log_rest(data, step, commit)
        except ANY_ERROR as error:
            self._guard.caught(error if isinstance(data, Mapping) else _no_mapping(data), "log()")

    @guarded
    def log_vector(
        self, family: str, values: object, names: Sequence[str] | None = None, step: int | None = None
    ) -> None:
        """Record labelled components (k,) of one family, such as a norm per layer, at the current step or at `step`.

        Pass the same `names` object each time: it is then not looked at again."""
        at = self._step if step is None else _whole(step)
        given, known = self._names_given.get(family, (None, None))
        if known is not None and names is given and type(values) is np.ndarray and _is_ready(values, known):
            self._vector(at, family, known, values)
            return
        if is_on_device(values):
            self._put_vector(at, checked_key(family), values, None if names is None else tuple(map(str, names)))
            return
        vector = Vector(values, names)
        if len(self._names_given) < FAMILIES_MAX:
            self._names_given[family] = (names, vector.names)
        self._vector(at, checked_key(family), vector.names, vector.values)

    def _put_vector(self, step: int, family: str, values: object, names: tuple[str, ...] | None) -> None:
        """A vector that still lies on a device: written when it has arrived."""

        def write(arrays: Arrays) -> None:
            try:
                vector = Vector(arrays[0], names)
                self._vector(step, family, vector.names, vector.values)
            except ANY_ERROR as error:
                self._guard.tell_later(f"log_vector({family!r}) of device values failed: {described(error)}")

        if not self._deferred.put_then([values], write):
            raise RecordingError("the device is too far behind: a vector still on it was dropped; log less often")

    def _log_sorted(self, data: Mapping[str, object], step: int | None, commit: bool | None) -> None:
        """`log` for everything that is not one flat row of plain values at the current step."""
        at = self._step if step is None else _whole(step)
        is_committed = step is None if commit is None else commit
        self._step = max(self._step, at + 1 if is_committed else at)
        self.has_explicit_steps = self.has_explicit_steps or (step is not None and commit is None)
        sorter = Sorter(self._keep)
        sorter.add_all(data)
        found = sorter.out
        if found.plain and not self._row(at, found.plain):
            raise RecordingError(f"a row of {len(found.plain)} values at step {at} could not be written")
        for family, vector in found.vectors.items():
            self._vector(at, family, vector.names, vector.values)
        if found.on_device and not self._deferred.put(at, found.on_device):
            raise RecordingError("the device is too far behind: values still on it were dropped; log less often")
        for kind, text in found.troubles:
            self._guard.tell(text, kind=kind)
        if step is not None and at != step:
            self._guard.tell(f"step={step!r} was recorded as {at}; steps are whole numbers", kind="step")

    @guarded
    def _log_rest(self, data: Mapping[str, object], step: int | None, commit: bool | None) -> None:
        """`log` of values among which a name is refused: the others are kept."""
        self._log_sorted(data, step, commit)

    def _write_deferred(self, step: int, values: Mapping[str, object]) -> None:
        """Device values that have arrived; called on any thread, so nothing may leave it."""
        try:
            sorter = Sorter(self._keep)
            sorter.add_all(values)
            if sorter.out.plain:
                self._row(step, sorter.out.plain)
            for _, text in sorter.out.troubles:
                self._guard.tell_later(text)
        except ANY_ERROR as error:
            self._guard.tell_later(f"values from a device were not recorded: {described(error)}")

    def _keep(self, content: bytes | Path, suffix: str) -> dict[str, Stored]:
        """Store large content; what a record says of it."""
        if self._opening is None:
            return {"sha256": "", "size": 0, "suffix": suffix}
        ref = media.keep(self._opening.folder, content, suffix)
        return {"sha256": ref.sha256, "size": ref.size_bytes, "suffix": ref.suffix}

    # ---- meaning ------------------------------------------------------------------------------------------------

    @guarded
    def stage(self, name: str, step: int | None = None) -> None:
        """From now (or from `step`) on the run is in stage `name`: pretrain, mid, sft, rl …"""
        self._writer.event(
            StageChanged(self._writer.now(), self._step if step is None else _whole(step), checked_key(name))
        )

    @guarded
    def define(
        self, key: str, x: str | None = None, summary: str | Sequence[str] = (), goal: str | None = None,
        unit: str | None = None, hidden: bool = False,
    ) -> None:  # fmt: skip
        """Say what a series (or a pattern such as "val/*") means: its x axis, its summary, which way is better, its
        unit."""
        if goal is not None and goal not in GOALS:
            raise UsageError(f"goal={goal!r} is not known; use 'minimize' or 'maximize'")
        ways = summary.split(",") if isinstance(summary, str) else summary
        kinds = [way.strip() for way in ways if way.strip()]
        found = Defined(
            self._writer.now(), checked_key(key), x, kinds, GOALS[goal] if goal else None, unit, bool(hidden)
        )
        self._writer.event(found)

    def define_metric(
        self, name: str, step_metric: str | None = None, step_sync: bool | None = None, hidden: bool | None = None,
        summary: str | Sequence[str] | None = None, goal: str | None = None, **ignored: object,
    ) -> None:  # fmt: skip
        """`define` under the name and arguments that wandb gives it."""
        self.define(name, step_metric, summary or (), goal, hidden=bool(hidden))

    @guarded
    def alert(self, title: str, text: str = "", level: object = "info", wait_duration: object = None) -> None:
        """Leave a message that the page of the run shows. `level` is info, warning or critical."""
        name = str(getattr(level, "value", level)).lower()
        self._writer.event(Alerted(self._writer.now(), self._step, str(title), str(text), LEVELS.get(name, "info")))

    @guarded
    def save(self, path: str | Path, base_path: str | Path | None = None, policy: str = "now") -> None:
        """Keep a file, or all files that a pattern such as "configs/*.yaml" finds, with the run, as they are now."""
        found = sorted(glob.glob(str(path), recursive=True)) or [str(path)]
        for one in (Path(name) for name in found if not os.path.isdir(name)):
            record = self._keep(existing_file(one), safe_suffix(one))
            name = os.path.relpath(one, base_path) if base_path is not None else str(one)
            self._writer.event(FileSaved(self._writer.now(), name, str(record["sha256"]), int(str(record["size"]))))

    @guarded
    def watch(
        self, model: object, optimizer: object = None, *, log: str | Sequence[str] | None = ("gradients", "weights"),
        every: int | None = None, budget: float | None = 0.01, **ignored: object,
    ) -> None:  # fmt: skip
        """Record norms of gradients and weights by layer while the model trains, within a share of the step's time."""
        if self._opening is None:
            return
        from belvedere.record.capture import watch

        self._watches.append(watch.attach(self, model, optimizer, log=log, every=every, budget=budget))

    @guarded
    def unwatch(self) -> None:
        """Take every hook that `watch` set off again."""
        while self._watches:
            self._watches.pop().detach()

    def throughput(
        self, *, tokens_per_step: float = 0, samples_per_step: float = 0, flops_per_token: float | None = None,
        model: object = None, seq_len: int | None = None, peak_flops_per_sec: float | None = None,
        has_measured_peak: bool = False, every: int = 10, warmup_steps: int = 3,
    ) -> "Throughput":  # fmt: skip
        """A meter of the training loop: step time and its parts, tokens per second, MFU; see capture/throughput.py."""
        from belvedere.record.capture import throughput

        return throughput.measure(
            self, tokens_per_step=tokens_per_step, samples_per_step=samples_per_step, flops_per_token=flops_per_token,
            model=model, seq_len=seq_len, peak_flops_per_sec=peak_flops_per_sec, has_measured_peak=has_measured_peak,
            every=every, warmup_steps=warmup_steps,
        )  # fmt: skip

    # ---- end ----------------------------------------------------------------------------------------------------

    def finish(
        self, exit_code: int | None = 0, quiet: bool | None = None, *, state: str | None = None, message: str = "",
        deadline_secs: float = FINISH_SECS,
    ) -> None:  # fmt: skip
        """Write the end into the log and let go of everything, within the deadline. A second call does nothing."""
        if self._state != "running":
            return
        self._state = state or ("failed" if exit_code else "finished")
        try:
            self._end(int(exit_code or 0), message, time.monotonic() + deadline_secs)
        except ANY_ERROR as error:
            self._guard.caught(error, "finish()")

    def on_finish(self, doing: str, close: Closer) -> None:
        """Have something closed before the end is written; the newest first."""
        self._closers.insert(0, (doing, close))

    def _end(self, exit_code: int, message: str, until: float) -> None:
        if isinstance(self._writer, Unopened):  # a forked child that never logged
            return
        words = [self._closed(doing, close, until) for doing, close in self._closers]
        lost = self._deferred.flush(max(0.0, until - time.monotonic()))
        words.append(f"{lost} values had not arrived from the device and were dropped" if lost else "")
        writer = self._writer
        words.append(f"{writer.dropped_rows} rows were dropped, the disk was full" if writer.dropped_rows else "")
        writer.event(RunFinished(writer.now(), self._state, exit_code, message[:MESSAGE_MAX], writer.dropped_rows))
        self._row, self._vector = _refuse, _refuse
        is_kept = within(writer.sync, until - time.monotonic(), "sync")
        words.append("" if is_kept else "the disk did not confirm the last writes in time")
        writer.close()
        words += [self._closed(doing, close, until) for doing, close in self._senders]
        for text in filter(None, words):
            print(f"belvedere: {text}", file=sys.stderr)

    def _closed(self, doing: str, close: Closer, until: float) -> str:
        try:
            return close(max(0.0, until - time.monotonic()))
        except ANY_ERROR as error:
            self._guard.caught(error, doing)
            return ""

    def __enter__(self) -> "Run":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish(**ending_of(error))

    # ---- parts --------------------------------------------------------------------------------------------------

    @property
    def step(self) -> int:
        """The step that the next `log()` without `step=` belongs to."""
        return self._step

    @property
    def state(self) -> str:
        """running, finished, failed or stopped."""
        return self._state

    @property
    def dir(self) -> str:
        """The folder of the run; "" when disabled."""
        return str(self._opening.folder.path) if self._opening else ""

    def __repr__(self) -> str:
        return f"<Run {self.project}/{self.id} {self.name!r} {self._state}, step {self._step}>"

    def _use(self, writer: Writer) -> None:
        """Write here from now on. `_row` and `_vector` are bound once, because `log` is counted in nanoseconds."""
        self._writer = writer
        self._row = self._row_or_raise if self._guard.is_strict else writer.row
        self._vector = writer.vector
        if isinstance(writer, LogWriter):
            self._latest = Latest(writer.folder, writer.started.writer_id)
        elif isinstance(writer, NullWriter):
            self._latest = lambda: writer.latest

    def _row_or_raise(self, step: int, values: Mapping[str, object], is_flat: bool = False) -> bool:
        """The row of a strict run: trouble with the disk is raised, not told."""
        is_written = self._writer.row(step, values, is_flat)
        if self._troubles:
            raise RecordingError(self._troubles.pop())
        return is_written

    def on_trouble(self, text: str) -> None:
        """The writer's trouble with the disk. It comes while the log is locked, so it is only noted here."""
        if self._guard.is_strict:
            self._troubles.append(text)
        else:
            self._guard.tell_later(text)

    def _last_values(self) -> Mapping[str, object]:
        """The last value of every series; looked up late, because a fork changes the writer."""
        return self._latest()

    @guarded
    def _summarised(self, values: Mapping[str, object]) -> None:
        """Values that were set by hand; rich ones as their records."""
        rich = {key: one.record(self._keep) for key, one in values.items() if isinstance(one, Value)}
        plain = stored_mapping({key: one for key, one in values.items() if key not in rich})
        self._configured("summary", {**plain, **rich})

    def _configured(self, section: str, values: dict[str, Stored]) -> None:
        try:
            self._writer.event(Configured(self._writer.now(), values, section))
        except ANY_ERROR as error:
            self._guard.caught(error, section)

    def after_fork(self) -> None:
        """In a forked child: threads and the file are the parent's; the first entry opens a log of the child's own."""
        self._guard = Guard(is_strict=self._guard.is_strict)
        self._closers, self._senders = [], []
        if self._opening is not None and self._state == "running":
            self._use(Unopened(self._open_in_child))

    def _open_in_child(self) -> Writer:
        assert self._opening is not None
        self._use(self._opening.writer(self.on_trouble, is_fork=True))
        return self._writer


def _is_ready(values: NDArray[np.generic], names: tuple[str, ...]) -> bool:
    """Whether an array can be written as it is."""
    return values.shape == (len(names),) and values.dtype in READY_DTYPES


def _no_mapping(data: object) -> UsageError:
    return UsageError(f"it takes a mapping of names to values, got {type(data).__name__}; write log({{'loss': …}})")


def _refuse(*_: object) -> bool:
    raise UsageError("the run is finished, so this was not recorded; log before finish(), or init() a new run")


def _whole(step: object) -> int:
    """A step as a whole number that fits the log."""
    try:
        whole = int(step)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        whole = STEP_MAX + 1
    if not -STEP_MAX <= whole <= STEP_MAX:
        raise UsageError(f"step={step!r} is not a step; pass a whole number")
    return int(whole)
