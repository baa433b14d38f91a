"""`bv.init(mirror="wandb")`: everything that is recorded goes to W&B too, through its own client.

    mirror="wandb"                        as the client is set up: WANDB_MODE, WANDB_BASE_URL, WANDB_ENTITY, its login
    mirror="wandb:offline"                into ./wandb, for `wandb sync`
    mirror="wandb:http://127.0.0.1:7007"  to that server: W&B's own, or another Belvedere

The run has the same id, name, steps and times there. W&B takes steps only forwards: a value that comes later than its
step goes to the step that W&B has reached, unless that has one of the same name, and `belvedere/step` beside it says
where it belongs.
"""

import importlib.util
import inspect
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import singledispatchmethod
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from belvedere.core.entries import (
    Alerted,
    Configured,
    Console,
    Defined,
    Described,
    Event,
    FileSaved,
    Logged,
    RunFinished,
    RunStarted,
    StageChanged,
    Stored,
    VectorLogged,
)  # fmt: skip
from belvedere.core.errors import UsageError
from belvedere.record import artifact_log
from belvedere.record.guard import ANY_ERROR, described
from belvedere.record.mirrors.mirror import MirrorSource
from belvedere.record.mirrors.steps import Ordered
from belvedere.record.mirrors.wandb_values import COMPONENTS_MAX, AsFile, Values

INIT_SECS = 20.0
LEVELS = {"info": "INFO", "warning": "WARN", "critical": "ERROR"}
STAGE_KEY = "training_stage"
STEP_KEY = "belvedere/step"  # where a late value belongs
CUT_OFF = 1  # the exit code of a training that ended without a word
ANY_KEY = "local-" + "0" * 40  # a Belvedere on this machine takes every key of the right form
NOT_INSTALLED = "wandb is not installed, and the recording goes on without it: pip install wandb"


def _say(text: str) -> None:
    with suppress(OSError):  # nobody listens any more
        # past sys.stderr, which the client listens to: what is said here is no line of the training
        os.write(2, f"belvedere: mirror wandb: {text}\n".encode(errors="replace"))


def open_mirror(source: MirrorSource) -> "WandbMirror":
    """Begin the run at W&B, offline when its server does not answer; UsageError when the client cannot be had."""
    return WandbMirror(source, client(), {})


def is_installed() -> bool:
    """Whether there is a real package: the folder ./wandb of the client's own files is none."""
    with suppress(ValueError):  # a module without a spec: ourselves under that name
        spec = importlib.util.find_spec("wandb")
        return spec is not None and spec.origin is not None
    return False


def client() -> ModuleType:
    """The client's module; UsageError in one sentence when it is not there or broken."""
    if not is_installed():
        raise UsageError(NOT_INSTALLED)
    try:
        return importlib.import_module("wandb")
    except ANY_ERROR as error:  # whatever a half-installed package raises
        raise UsageError(f"wandb cannot be imported ({described(error)}); pip install --upgrade wandb") from error


class WandbMirror:
    """One run at W&B."""

    def __init__(
        self, source: MirrorSource, wandb: ModuleType, settings: Mapping[str, object], *,
        ordered: Ordered | None = None, is_again: bool = True, tell: Callable[[str], None] = _say,
    ) -> None:  # fmt: skip
        """`settings` are fields of wandb.Settings over those that a mirror has; `is_again`: a run that is there under
        the same id goes on, else it is replaced."""
        self._wandb, self._source, self._tell = wandb, source, tell
        self._run: Any = self._begin(source.started, source.target, settings, is_again=is_again)
        self._values = Values(wandb, source.content)
        self._ordered = ordered or Ordered()
        self._step = self._first = int(getattr(self._run, "starting_step", 0) or 0)
        self._here: set[str] = set()  # names that the step has
        self._summary: dict[str, Stored] = {}
        self._told: set[str] = set()
        self.left_out = 0  # values that came too late for their step

    # ---- what a mirror does -------------------------------------------------------------------------------------

    def row(self, logged: Logged) -> None:
        self._ordered.add(logged)

    def vector(self, vector: VectorLogged) -> None:
        self._ordered.add(vector)

    def flush(self) -> None:
        self._send(self._ordered.ready())

    def finish(self, finished: RunFinished | None) -> None:
        try:
            self._send(self._ordered.rest())
            for key, value in self._summary.items():  # W&B puts the last value of a series in place of what was set
                self._run.summary[key] = value
            if self.left_out:
                self._tell(
                    f"values that came after W&B had a newer one of the same name, left out there: {self.left_out:,}"
                )
        finally:
            self._run.finish(exit_code=CUT_OFF if finished is None else finished.exit_code)

    @singledispatchmethod
    def event(self, event: Event) -> None:
        """Heartbeats and the like have no place there."""

    # ---- rows ---------------------------------------------------------------------------------------------------

    def _send(self, rows: Any) -> None:
        """Send rows; one that fails costs itself, and is told when the others are sent."""
        trouble: Exception | None = None
        for row in rows:
            try:
                if isinstance(row, Alerted):
                    self._run.alert(row.title, row.text, level=LEVELS.get(row.level, "INFO"), wait_duration=1)
                    continue
                values = self._components(row) if isinstance(row, VectorLogged) else self._row(row)
                self._log(row.step, row.time, values)
            except ANY_ERROR as error:
                trouble = error
        if trouble is not None:
            raise trouble

    def _row(self, row: Logged) -> dict[str, object]:
        """Values of the client; what it takes only as a file is saved. A value that fails costs itself."""
        found: dict[str, object] = {}
        for key, value in row.values.items():
            try:
                made = self._values.of(value)
                for name, one in _apart(key, made).items():
                    if isinstance(one, AsFile):
                        self._save(f"media/{name}_{row.step}{one.suffix}", one.content)
                    else:
                        found[name] = one
            except ANY_ERROR as error:
                self._tell_once(f"{key!r} was left out there: {_first_line(error)}", about=key)
        return found

    def _tell_once(self, text: str, *, about: str) -> None:
        if about not in self._told:
            self._told.add(about)
            self._tell(text)

    def _components(self, vector: VectorLogged) -> dict[str, object]:
        """A number for each component, or their histogram when they are many."""
        if len(vector.names) <= COMPONENTS_MAX:
            return {f"{vector.family}/{name}": value for name, value in zip(vector.names, vector.values.tolist())}
        finite = vector.values[np.isfinite(vector.values)]
        return {vector.family: self._wandb.Histogram(finite)} if len(finite) else {}

    def _log(self, step: int, time: float, values: dict[str, object]) -> None:
        if not values:
            return
        if step < self._step or step < self._first:
            late = {key: value for key, value in values.items() if key not in self._here}
            self.left_out += len(values) - len(late)
            if late:
                self._here |= late.keys()
                self._run.log({**late, STEP_KEY: step}, step=self._step)
            return
        if step > self._step:
            self._step = step
            self._here.clear()
        self._here |= values.keys()
        self._run.log({**values, "_timestamp": time}, step=step)

    # ---- events -------------------------------------------------------------------------------------------------

    @event.register
    def _configured(self, event: Configured) -> None:
        values = dict(event.values)
        if event.section == "config":
            self._run.config.update(values, allow_val_change=True)
        elif event.section == "summary":
            self._summary.update(values)
            self._run.summary.update(values)
        elif event.section == artifact_log.SECTION:
            for name in values:
                self._log_artifact(name)

    @event.register
    def _stage(self, event: StageChanged) -> None:
        self._ordered.add(Logged(event.step, event.time, {STAGE_KEY: event.name}))

    @event.register
    def _defined(self, event: Defined) -> None:
        axis = event.x if event.x not in ("step", "relative", "time") else None
        goal = {"goal": event.goal} if event.goal and "best" in event.summary else {}  # newer clients have no goal
        told = {"step_metric": axis, "summary": ",".join(event.summary) or None, "hidden": event.hidden or None, **goal}
        known = inspect.signature(self._run.define_metric).parameters
        self._run.define_metric(event.key, **{name: value for name, value in told.items() if name in known})

    @event.register
    def _alerted(self, event: Alerted) -> None:
        self._ordered.add(event)

    @event.register
    def _described(self, event: Described) -> None:
        if event.name is not None:
            self._run.name = event.name
        if event.tags is not None:
            self._run.tags = tuple(event.tags)
        if event.notes is not None:
            self._run.notes = event.notes

    @event.register
    def _console(self, event: Console) -> None:
        # The client takes what is written there; nobody else sees it, because a mirror's standard output is closed.
        sys.stdout.write(event.text)

    @event.register
    def _file_saved(self, event: FileSaved) -> None:
        suffixes = {"".join(Path(event.path).suffixes[-count:]).lower() for count in (0, 1, 2)}
        found = [self._source.content({"sha256": event.sha256, "suffix": suffix}) for suffix in sorted(suffixes)]
        path = next((one for one in found if one.is_file()), None)
        if path is None:
            raise UsageError(f"the content of {event.path!r} is missing; copy the run's media folder too")
        self._save(event.path, path)

    def _log_artifact(self, name: str) -> None:
        """A version of an artifact, under its own name there too; its number is given there."""
        folder = self._source.folder
        found = artifact_log.find(folder.root, folder.project, name)
        about = {"description": found.description, "metadata": found.metadata}
        told = self._wandb.Artifact(found.source_name, type=found.type, **about)
        for path, listed in found.listed.items():
            place = found.content_of(path)
            if listed.ref is not None:
                told.add_reference(listed.ref, name=path, checksum=False)
            elif place is not None:
                told.add_file(str(place), name=path)
        self._run.log_artifact(told, aliases=[one for one in found.aliases if one != artifact_log.LATEST] or None)

    # ---- the client ---------------------------------------------------------------------------------------------

    def _save(self, name: str, content: Path | bytes) -> None:
        """A file of the run under a name of its own, never outside of it."""
        parts = [part for part in Path(name).parts if part not in ("..", "/", "\\")]
        target = Path(str(self._run.dir), *parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            shutil.copyfile(content, target)
        self._run.save(str(target), base_path=str(self._run.dir), policy="now")

    def _begin(self, started: RunStarted, target: str, settings: Mapping[str, object], *, is_again: bool) -> Any:
        mode, address = _aim(target)
        known = getattr(self._wandb.Settings, "model_fields", {})
        wanted = {
            "console": "wrap_raw", "silent": True, "disable_code": True, "disable_job_creation": True,
            "init_timeout": INIT_SECS, "x_stats_pid": started.pid or os.getpid(), **address, **settings,
        }  # fmt: skip
        chosen = {key: value for key, value in wanted.items() if key in known}
        facts = {
            "project": started.project, "id": started.run_id, "name": started.name or None,
            "resume": "allow" if is_again and mode != "offline" else None, "group": started.group or None,
            "job_type": started.job_type or None, "tags": list(started.tags) or None, "notes": started.notes or None,
        }  # fmt: skip
        try:
            run: Any = self._wandb.init(**facts, mode=mode, settings=self._wandb.Settings(**chosen))
        except ANY_ERROR as error:
            if mode == "offline":
                raise UsageError(f"wandb cannot begin a run: {_first_line(error)}") from error
            self._tell(f"the server cannot be reached, so the run is kept here: {_first_line(error)}")
            self._wandb.teardown()  # the id is taken until the attempt that failed is forgotten
            return self._begin(started, "offline", settings, is_again=is_again)
        is_offline = mode == "offline" or bool(getattr(run, "offline", False))
        self._tell(f"send it with: wandb sync {Path(run.dir).parent}" if is_offline else f"mirrored to {run.url}")
        return run


def _aim(target: str) -> tuple[str | None, dict[str, object]]:
    """Mode and server of what stood behind "wandb:"."""
    if target in ("", "online", "offline"):
        return target or None, {}
    if not target.startswith(("http://", "https://")):
        raise UsageError(f"mirror='wandb:{target}' is not known; use wandb, wandb:offline or wandb:http://HOST:PORT")
    is_here = urlsplit(target).hostname in ("127.0.0.1", "localhost", "::1")
    key = {"api_key": ANY_KEY} if is_here and not os.environ.get("WANDB_API_KEY") else {}
    return "online", {"base_url": target.rstrip("/"), **key}


def _apart(key: str, made: object) -> dict[str, object]:
    """A list with files among its values as values with names of their own."""
    if isinstance(made, list) and any(isinstance(one, AsFile) for one in made):
        return {f"{key}/{place}": one for place, one in enumerate(made)}
    return {key: made}


def _first_line(error: BaseException) -> str:
    return described(error).partition("\n")[0][:200]
