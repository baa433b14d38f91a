"""`belvedere.figures_every(n)`: every n steps the live figures of the run, drawn by a process beside the training.

The training itself does nothing for it: the process follows the log of the run like any reader, draws, and adds the
figures to the run through a log of its own.
"""

import difflib
import pkgutil
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from belvedere.core.errors import UsageError
from belvedere.live.beside import Beside
from belvedere.record.session import current

LIVE_FIGURES = ("loss_landscape", "gradient_flow", "reward_landscape", "training_dynamics")
LEFT_FOR_OTHERS = 0.2  # of the time for finishing: an upload has to send what is drawn
SILENT_NAME = "dummy"  # a run of this name wants no figures
DOING = "figures"
PROCESS = "belvedere.live.figure_process"
FOREIGN_FIGURES = "belvedere.figures"  # the entry points of other packages


def figures_every(
    n: int, *, which: Sequence[str] | None = None, dashboard: str | Path | None = None, final: bool = True
) -> None:
    """From now on log the live figures of the current run every n steps, and once more at its end.

    which: ids of figures (`belvedere figure --list`), by default LIVE_FIGURES; they are logged as `3d/<id>`
    dashboard: a folder for the PNG dashboard, training_step_%06d.png and training_latest.png
    final: log the set once more at the end, as `final/3d/<id>`

    Nothing is drawn at step 0, by ranks other than 0, when the run is disabled, or when it is called "dummy". What
    a figure lacks is said once, and one that fails takes no other with it. UsageError without a run, for an id that is
    not known, or when called twice.
    """
    run = current()
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise UsageError(f"figures_every({n!r}) is no number of steps; pass a whole number from 1 on, such as 100")
    if isinstance(which, str):
        raise UsageError(f"which={which!r} is one word; pass a list of ids, such as which=[{which!r}]")
    wanted = tuple(dict.fromkeys(LIVE_FIGURES if which is None else which))
    _check(wanted)
    if any(doing == DOING for doing, _ in run._senders):
        raise UsageError(f"figures_every was called before for run {run.id}; call it once after init()")
    if run.disabled or run.rank != 0 or run.name == SILENT_NAME:
        return
    arguments = [run.dir, "--every", str(n), f"--after={run.step - 1}"]
    for figure_id in wanted:
        arguments += ["--figure", figure_id]
    if dashboard is not None:
        arguments += ["--dashboard", str(Path(dashboard).expanduser().absolute())]
    arguments += [] if final else ["--no-final"]
    beside = Beside(PROCESS, arguments, doing=DOING, tell=run._guard.tell_later)

    def stop(secs_left: float) -> str:
        return beside.stop(secs_left * (1 - LEFT_FOR_OTHERS))

    run._senders.insert(0, (DOING, stop))  # after the end is written, before the upload is told to end


def _check(wanted: Sequence[str]) -> None:
    """UsageError for an id that no figure has, without importing any: a module of the gallery has the name of its
    figure, and figures of others are known by their entry points only."""
    from belvedere.figures import gallery

    known = {module.name for module in pkgutil.iter_modules(gallery.__path__)}
    strange = [figure_id for figure_id in wanted if figure_id not in known]
    if strange and not entry_points(group=FOREIGN_FIGURES):
        near = difflib.get_close_matches(str(strange[0]), sorted(known), n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        raise UsageError(f"no figure {strange[0]!r}; {meant}`belvedere figure --list` lists them")
