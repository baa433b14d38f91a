"""The runs of this process: `init` opens one, `finish` closes it; module-level functions act on the newest."""

import os
import sys
import time
import weakref
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from belvedere import __version__
from belvedere.core.entries import Configured
from belvedere.core.errors import UsageError
from belvedere.core.names import new_run_id, new_run_name
from belvedere.record import identity as who
from belvedere.record import ranks, settings, wandb_names
from belvedere.record.before import Before, last_values, left_by
from belvedere.record.exits import Ending, Exits
from belvedere.record.guard import Guard
from belvedere.record.identity import Identity
from belvedere.record.opening import Opening
from belvedere.record.pulse import Pulse
from belvedere.record.ranks import Place
from belvedere.record.run import Run
from belvedere.record.settings import Settings
from belvedere.runlog.layout import RunFolder, run_folder

GOES_ON = ("allow", "must", "auto")  # ways to resume

_open: list[Run] = []  # unfinished runs of this process, oldest first
_seen: "weakref.WeakSet[Run]" = weakref.WeakSet()
_exits: Exits | None = None
_begun = 0


def init(
    project: str | None = None, id: str | None = None, name: str | None = None, config: object = None, *,
    group: str | None = None, job_type: str | None = None, tags: Sequence[str] | str | None = (),
    notes: str | None = None, dir: str | Path | None = None, mode: str | None = None, resume: str | bool | None = None,
    resume_from: int | str | None = None, stage: str | None = None, strict: bool = False, console: bool = True,
    hardware: bool = True, server: str | None = None, sync: str | None = None,
    mirror: Sequence[str] | str | None = None, settings: object = None, **unknown: object,
) -> Run:  # fmt: skip
    """Begin a run and make it the current one.

    mode: "local" (files below `dir`, the default), "online" (also sent to `server`), "disabled" (nothing is written)
    resume: "allow" or "must" go on behind the last step of run `id`, "never" refuses one that exists, "auto" finds
        the id of a requeued job (SLURM, torchrun --rdzv-id)
    resume_from: the step to begin again with; what was logged from there on is hidden, never deleted
    sync: "interval:5s" asks the disk every 5 s to keep what was written, against power loss
    mirror: "wandb", "tensorboard" or a list: everything goes there too, from a process beside the training
    strict: errors of recording raise RecordingError instead of warning once
    settings: for scripts that call Belvedere wandb, whose other arguments and variables count too (wandb_names.py)
    """
    arguments: dict[str, object] = {
        "project": project, "id": id, "name": name, "group": group, "job_type": job_type, "tags": tags or None,
        "notes": notes, "dir": dir, "mode": mode, "server": server, "resume": resume, "resume_from": resume_from,
        "stage": stage, "sync": sync, "strict": strict, "console": console, "hardware": hardware, "mirror": mirror,
    }  # fmt: skip
    asked = wandb_names.Asked(arguments, config=config, unknown=unknown)
    if wandb_names.is_meant(sys._getframe(1)):
        asked = wandb_names.translated(os.environ, arguments, unknown, settings, config)
        before = _before(asked)
        if before is not None:
            return before
    return _begun_as(asked)


def _begun_as(asked: wandb_names.Asked) -> Run:
    """A new run, the current one from now on."""
    wish = _resolve(**asked.arguments)  # type: ignore[arg-type]
    wish = replace(wish, is_silent=wish.is_silent or asked.is_silent)
    guard = Guard(is_strict=wish.is_strict)
    if asked.unknown:
        names = ", ".join(sorted(asked.unknown))
        guard.tell(f"init() does not know {names}; ignored, see help(belvedere.init)", kind="init")
    for text in asked.troubles:
        guard.tell(text, kind=text)
    run = _disabled(wish, guard) if wish.mode == "disabled" else _recorded(wish, guard)
    if asked.config is not None:
        run.config.update(asked.config)
    if asked.entity:
        run.entity = asked.entity
        run._writer.event(Configured(run._writer.now(), {"entity": asked.entity}, "wandb"))
    run.given_settings = asked.settings
    if wandb_names.given_runs:
        run.sweep_id = wandb_names.given_runs[-1].sweep_id
        run.config.update(wandb_names.given_runs[-1].parameters)
    if wish.stage:
        run.stage(wish.stage)
    _enter(run)
    return run


def _before(asked: wandb_names.Asked) -> Run | None:
    """What W&B does when a run is still open: it is that one, unless `reinit` says that it ends or that both go on."""
    run = current_or_none()
    if run is None or asked.reinit == "create_new":
        return None
    if asked.reinit in (True, "finish_previous"):
        _finish_all(Ending(exit_code=0, state="finished", message=""))
        return None
    run._guard.tell(
        f"init() was called while run {run.id} is open, so it is that one; call finish() first, or pass reinit=True",
        kind="init again",
    )
    if asked.config is not None:
        run.config.update(asked.config)
    return run


_resolve = partial(settings.resolve, os.environ)


def current() -> Run:
    """The newest unfinished run of this process; UsageError when there is none."""
    _open[:] = [run for run in _open if run.state == "running"]
    if not _open:
        raise UsageError("there is no run; call belvedere.init(project=…) first")
    return _open[-1]


def current_or_none() -> Run | None:
    """`belvedere.run`: the newest unfinished run, or None."""
    return next((run for run in reversed(_open) if run.state == "running"), None)


def finish(exit_code: int | None = 0, quiet: bool | None = None) -> None:
    """Finish the current run, if there is one."""
    run = current_or_none()
    if run is not None:
        run.finish(exit_code)


def _disabled(wish: Settings, guard: Guard) -> Run:
    identity = Identity(
        wish.project, wish.id or new_run_id(), wish.name or new_run_name(1), wish.group, wish.job_type, wish.tags,
        wish.notes, 0.0, __version__,
    )  # fmt: skip
    return Run(identity, ranks.find_place(os.environ), guard, opening=None, step=wish.resume_from or 0, url="")


def _recorded(wish: Settings, guard: Guard) -> Run:
    """A run with its log open and its captures begun."""
    place = ranks.find_place(os.environ)
    folder = run_folder(wish.root, wish.project, _run_id(wish, place))
    step = _first_step(wish, folder, place)
    before = (
        left_by(folder, has_values=wish.resume_from is None)
        if wish.resume in GOES_ON or wish.resume_from is not None
        else Before()
    )
    identity = who.settle(folder, _wanted(wish, folder))
    url = f"{wish.server}/{quote(wish.project)}/{quote(folder.run_id)}"
    opening = Opening(folder, identity, place)
    run = Run(identity, place, guard, opening=opening, step=step, url=url)
    writer = opening.writer(run.on_trouble, resume_from=wish.resume_from)
    run._use(writer)
    run.config.begin_with(before.config)
    run.summary.begin_with(partial(last_values, folder, before))
    if place.rank == 0 and not wish.is_silent:
        print(f"belvedere: run {identity.name} ({wish.project}/{folder.run_id}) in {wish.root}", file=sys.stderr)
    _begin_captures(run, wish)
    if wish.mirrors and place.rank == 0:
        _begin_mirrors(run, wish, writer.started.writer_id)
    return run


def _begin_captures(run: Run, wish: Settings) -> None:
    from belvedere.record.capture import console, environment, hardware

    pulse = Pulse(run._writer, sync_secs=wish.sync_secs)
    run.on_finish("heartbeat", pulse.stop)
    run.on_finish("environment", environment.capture(run))
    if wish.has_hardware:
        run.on_finish("hardware", hardware.capture(run))
    if wish.has_console:
        run.on_finish("console", console.capture(run))
    if wish.mode == "online":
        from belvedere.record.upload import begin

        run._senders.append(("upload", begin(run, wish.server)))


def _begin_mirrors(run: Run, wish: Settings, writer_id: str) -> None:
    from belvedere.record.mirrors import beside

    for name in wish.mirrors:
        try:
            run._senders.append(("mirror", beside.begin(run, writer_id, name)))
        except (UsageError, OSError) as error:  # the recording goes on without it
            run._guard.caught(error, "mirror=")


def _run_id(wish: Settings, place: Place) -> str:
    global _begun
    ordinal, _begun = _begun, _begun + 1
    if wish.id:
        return wish.id
    if wish.resume_from is not None:
        raise UsageError(f"resume_from={wish.resume_from} needs the run it goes on with; pass id= too")
    parent = f"{os.getppid()} {who.process_started(os.getppid())}" if place.launcher else ""
    lasting = ranks.lasting_run_id(os.environ, ordinal=ordinal) if wish.resume == "auto" else None
    return lasting or ranks.shared_run_id(place, os.environ, parent=parent, ordinal=ordinal) or new_run_id()


def _first_step(wish: Settings, folder: RunFolder, place: Place) -> int:
    step = who.first_step(folder, place.rank, resume=wish.resume)
    if wish.resume_from is None:
        return step
    if not folder.writers():
        raise UsageError(
            f"resume_from={wish.resume_from}, but there is no run {folder.project}/{folder.run_id}: {folder.root}"
        )
    return wish.resume_from


def _wanted(wish: Settings, folder: RunFolder) -> Identity:
    return Identity(
        folder.project, folder.run_id, wish.name or who.proposed_name(folder), wish.group, wish.job_type, wish.tags,
        wish.notes, time.time(), __version__,
    )  # fmt: skip


def _enter(run: Run) -> None:
    """Make a run the current one; see that it is finished when the process ends and that a forked child leaves it
    alone."""
    global _exits
    if _exits is None:
        _exits = Exits(_finish_all)
        os.register_at_fork(after_in_child=_after_fork)
    _open.append(run)
    _seen.add(run)


def _finish_all(ending: Ending) -> None:
    for run in reversed(_open):
        run.finish(**ending)


def _after_fork() -> None:
    for run in _seen:
        run.after_fork()
