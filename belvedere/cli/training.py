"""The demo's two halves: a training in a process of its own, and the server that shows it."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import click

from belvedere.cli.serving import Plan, plan, serve_plan
from belvedere.core.errors import NotFound

RECIPE = "belvedere.recipes.pretrain"
GOODBYE_SECONDS = 20.0  # for the recipe to write its checkpoint and its last line


def demonstrate(
    directory: str, *, host: str, port: int, is_exit: bool, recipe_options: Sequence[str]
) -> int:  # fmt: skip
    """Serve and train; the exit code of the demo."""
    root = Path(directory).expanduser().resolve()
    root.mkdir(parents=True, exist_ok=True)
    before = _run_ids(root)
    ready = plan([root], host=host, port=port)
    click.echo(f"Belvedere: {ready.address}")
    signal.signal(signal.SIGTERM, _leave)
    words = [sys.executable, "-m", RECIPE, "--dir", str(root), *recipe_options]
    training = subprocess.Popen(words, start_new_session=True)  # Ctrl-C reaches it once, through _end
    try:
        serve_plan(ready, on_ready=lambda stop: _follow(training, stop, ready, is_exit))
    finally:
        _end(training)
    code = training.returncode
    if code:
        click.echo(f"belvedere: the training ended with exit code {code}; its own words are above", err=True)
        return 1
    _say_what_next(root, before)
    return 0


def _follow(training: "subprocess.Popen[bytes]", stop: Callable[[], None], ready: Plan, is_exit: bool) -> None:
    """Wait for the training in a thread; then stop the server or say that it goes on."""

    def wait() -> None:
        training.wait()
        if is_exit:
            stop()
        elif not ready.app.state.place.live.is_closing:
            click.echo(f"The training is done; {ready.address} goes on until Ctrl-C.")

    threading.Thread(target=wait, name="demo-training", daemon=True).start()


def _end(training: "subprocess.Popen[bytes]") -> None:
    """Ask a training that still runs to stop, and give it time to finish in order; a second Ctrl-C is not patient."""
    if training.poll() is not None:
        return
    training.send_signal(signal.SIGINT)
    try:
        training.wait(GOODBYE_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        training.kill()
        training.wait()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _run_ids(root: Path) -> set[tuple[str, str]]:
    from belvedere.runlog.layout import runs

    return {(folder.project, folder.run_id) for folder in runs(root)}


def _say_what_next(root: Path, before: set[tuple[str, str]]) -> None:
    """Where the run lies, and the commands to look at it."""
    from belvedere.runlog.layout import run_folder

    new = sorted(_run_ids(root) - before)
    if not new:
        raise NotFound(f"the training left no run; look at its own words above: {root}")
    for project, run_id in new:
        path = run_folder(root, project, run_id).path
        click.echo(
            f"\nThe run lies in {path}\n"
            f"  belvedere serve {root}\n"
            f"  belvedere show {path}\n"
            f"  belvedere doctor {path}\n"
            f"  belvedere figure {path} gradient_flow -o gradient_flow.html\n"
            f"  belvedere export {path} --format csv -o run.csv"
        )
