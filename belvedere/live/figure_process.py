"""The process of `figures_every`: follows a run through the store, draws its figures, adds them to the run.

    python -m belvedere.live.figure_process ROOT/PROJECT/RUN_ID --every 100 --figure gradient_flow

It ends when its standard input says so or is closed, as it is when the training was killed. Only a training that
ended in order gets a final set: one that was killed may go on later from where it was.
"""

import argparse
import os
import select
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from belvedere.analysis.readable import Readable
from belvedere.core.errors import BelvedereError, UsageError
from belvedere.core.pictures import Image
from belvedere.core.values import Plotly, Value
from belvedere.live.companion import Companion
from belvedere.live.until import Until
from belvedere.record.guard import ANY_ERROR, described
from belvedere.runlog.layout import RunFolder
from belvedere.store.compact import compact_if_due
from belvedere.store.engine import RunName
from belvedere.store.engines.folder import FolderEngine
from belvedere.store.store import Store

LOOK_SECS = 0.5
NICE = 10  # the training goes first
TOLD, CUT_OFF = "told", "cut off"  # how the end came


class Painter:
    """Draws the figures of one run. `say` hears each trouble once."""

    def __init__(
        self, store: Store, name: str, companion: Companion, *, every: int, figures: Sequence[str],
        dashboard: Path | None, say: Callable[[str], None], after: int = -1,
    ) -> None:  # fmt: skip
        """`after`: the last step that the run had before; its multiples are not due. -1: none."""
        self._store, self._name, self._companion = store, name, companion
        self._every, self._figures, self._dashboard, self._say = every, figures, dashboard, say
        self._said: set[str] = set()
        self.drawn_step = max(0, after // every * every)  # nothing is drawn at step 0
        self.left_out = 0  # multiples that were passed while another was being drawn

    def look(self) -> bool:
        """Draw the newest multiple of `every` that the run has reached, unless it was drawn; whether there was one."""
        run = self._store.run(self._name)
        step = (run.steps - 1) // self._every * self._every
        if step <= self.drawn_step:
            return False
        self.left_out += (step - self.drawn_step) // self._every - 1
        self.drawn_step = step
        then = Until(run, step)
        self._keep(step, self.figures(then, "3d"))
        self._draw_dashboard(then, step)
        return True

    def is_running(self) -> bool:
        """Whether the training still lives."""
        return self._store.run(self._name).state == "running"

    def has_ended(self) -> bool:
        """Whether the training said in its log that it ended, in whatever way."""
        attempts = self._store.run(self._name).attempts
        own = [one.state for one in attempts if one.rank == 0 and not one.is_fork and not one.is_companion]
        return bool(own) and own[-1] not in ("running", "crashed")

    def finish(self) -> None:
        """Draw the final set from everything there is."""
        run = self._store.run(self._name)
        step = max(0, run.steps - 1)
        values = dict(self.figures(run, "final/3d"))
        png = self._draw_dashboard(run, step)
        if png is not None:
            values["final/dashboard"] = Image(png)
        self._keep(step, values)

    def miss_final(self) -> None:
        """Say that there is no final set."""
        self._tell("the final set", "the training was cut off before it said that it ended")

    def _keep(self, step: int, values: dict[str, Value]) -> None:
        """Add a set to the run; a disk that refuses it now may have room for the next."""
        try:
            self._companion.log(step, values)
        except OSError as error:
            words = (error.strerror or str(error)).lower()
            self._tell(f"the set of step {step:,}", f"it cannot be written ({words}); make room or mend the folder")

    def figures(self, source: Readable, folder: str) -> dict[str, Value]:
        """Those of the figures that can be drawn; of the others it is said why."""
        found: dict[str, Value] = {}
        for figure_id in self._figures:
            try:
                text, absent = drawn(figure_id, source)
            except ANY_ERROR as error:  # one figure never takes another with it
                self._tell(figure_id, described(error))
                continue
            if absent:
                self._tell(figure_id, absent)
            else:
                found[f"{folder}/{figure_id}"] = Plotly(text)
        return found

    def _draw_dashboard(self, source: Readable, step: int) -> Path | None:
        if self._dashboard is None:
            return None
        from belvedere.figures.dashboard import png
        from belvedere.figures.dashboard_content import content_of
        from belvedere.figures.dashboard_files import publish

        try:
            return publish(png(content_of(source)), self._dashboard, step)
        except ANY_ERROR as error:
            self._tell("dashboard", described(error))
            return None

    def _tell(self, what: str, why: str) -> None:
        if what not in self._said:
            self._said.add(what)
            self._say(f"{what} is not drawn: {why}")


def drawn(figure_id: str, source: Readable) -> tuple[str, str]:
    """A figure as Plotly JSON, or "" and the reason why it would be empty."""
    from belvedere.figures.render import missing_in, render, to_json

    figure = render(figure_id, source)
    absent = missing_in(figure)
    return ("", absent) if absent else (to_json(figure).decode(), "")


def follow(
    painter: Painter, over: Callable[[float], str], *, has_final: bool, keep_small: Callable[[], object] = list
) -> None:
    """Draw until `over(seconds to wait)` says TOLD or CUT_OFF or the run has ended, then what is still due, then the
    final set of a training that ended in order. A killed training may leave forked children behind that hold standard
    input open, so its log is asked too. `keep_small` may bring a long tail of the log into columns, so that memory does
    not grow with the run."""
    while not (how := over(LOOK_SECS)) and painter.is_running():
        painter.look()
        keep_small()
    painter.look()
    if not has_final:
        return
    if how == TOLD or painter.has_ended():
        painter.finish()
    else:
        painter.miss_final()


def over_on_stdin(wait_secs: float) -> str:
    """Waits; TOLD once standard input says anything, CUT_OFF once it is closed without a word, else ""."""
    ready, _, _ = select.select([0], [], [], wait_secs)
    if not ready:
        return ""
    return TOLD if os.read(0, 1) else CUT_OFF


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: all was drawn that could be; 2: the folder is no run, or cannot be written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="the run: ROOT/PROJECT/RUN_ID")
    parser.add_argument("--every", type=int, required=True, help="steps between two sets of figures")
    parser.add_argument("--after", type=int, default=-1, help="the last step before figures were asked for")
    parser.add_argument("--figure", action="append", default=[], dest="figures", help="id of a figure; repeatable")
    parser.add_argument("--dashboard", type=Path, help="folder for the PNG dashboard")
    parser.add_argument("--no-final", dest="has_final", action="store_false", help="no final/3d set at the end")
    chosen = parser.parse_args(arguments)
    with suppress(OSError):
        os.nice(NICE)
    try:
        paint(_run_folder(chosen.folder.absolute()), chosen)
    except (BelvedereError, OSError) as error:
        print(f"belvedere: figures: {error}", file=sys.stderr)
        return 2
    return 0


def paint(folder: RunFolder, chosen: argparse.Namespace) -> None:
    """Follow the run, then say what was left out and end the log of its own."""
    companion = Companion(folder, "figures")
    engine, name = FolderEngine(folder.root), RunName(folder.project, folder.run_id)

    def say(text: str) -> None:
        companion.say(f"belvedere: figures: {text}")
        print(f"belvedere: figures: {text}", file=sys.stderr, flush=True)

    def keep_small() -> object:
        return compact_if_due(engine.follower(name))

    painter = Painter(
        Store(engine), str(name), companion, every=chosen.every, figures=chosen.figures, dashboard=chosen.dashboard,
        say=say, after=chosen.after,
    )  # fmt: skip
    follow(painter, over_on_stdin, has_final=chosen.has_final, keep_small=keep_small)
    if painter.left_out:
        say(f"sets left out because they came faster than they could be drawn: {painter.left_out}")
    for trouble in companion.troubles:
        say(trouble)
    companion.close()


def _run_folder(path: Path) -> RunFolder:
    folder = RunFolder(path.parent.parent, path.parent.name, path.name)
    if not folder.logs.is_dir():
        raise UsageError(f"no run log there; pass the folder of a run, ROOT/PROJECT/RUN_ID: {path}")
    return folder


if __name__ == "__main__":
    sys.exit(main())
