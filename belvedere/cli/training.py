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
from belvedere.core.errors import NotFound, UsageError

PIPELINE = "belvedere.recipes.pipeline"
PRETRAINING = "belvedere.recipes.pretrain"
# Worth a look when the demo is over: the newest run of a group ("" is any) and a figure of it.
SIGHTS = (
    ("", "gradient_flow"),
    ("pretrain", "loss_surface"),
    ("chat", "reward_landscape"),
    ("digits", "embedding_trajectory"),
    ("sweep", "hyperparameter_space"),
)
GOODBYE_SECONDS = 20.0  # for the recipe to write its checkpoint and its last line


def words_of(recipe_options: Sequence[str], *, is_quick: bool) -> list[str]:
    """The module to run and its options: all recipes, or the pretraining alone when it is given options."""
    if recipe_options and is_quick:
        raise UsageError("--quick shortens all recipes, options after `--` belong to one of them; pass one of the two")
    return [PRETRAINING, *recipe_options] if recipe_options else [PIPELINE, *(["--quick"] if is_quick else [])]


def demonstrate(directory: str, *, host: str, port: int, is_exit: bool, words: Sequence[str]) -> int:
    """Serve and train; the exit code of the demo."""
    root = Path(directory).expanduser().resolve()
    root.mkdir(parents=True, exist_ok=True)
    before = _run_ids(root)
    ready = plan([root], host=host, port=port)
    click.echo(f"Belvedere: {ready.address}")
    signal.signal(signal.SIGTERM, _leave)
    recipe, *options = words
    command = [sys.executable, "-m", recipe, "--dir", str(root), *options]
    training = subprocess.Popen(command, start_new_session=True)  # Ctrl-C reaches it once, through _end
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
    """Where the runs lie, and the commands to look at them."""
    from belvedere.runlog.layout import run_folder
    from belvedere.store.opening import open as open_store

    new = _run_ids(root) - before
    if not new:
        raise NotFound(f"the training left no run; look at its own words above: {root}")
    paths: dict[str, list[Path]] = {}  # by group, oldest run first
    for run in reversed(open_store(root).runs()):
        if (run.project, run.id) in new:
            paths.setdefault(run.group or "", []).append(run_folder(root, run.project, run.id).path)
    click.echo(f"\n{'The run lies' if len(new) == 1 else f'{len(new)} runs lie'} in")
    for group, found in paths.items():
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        click.echo(f"  {found[-1]}  {group}{others}".rstrip())
    first = next(iter(paths.values()))[-1]
    click.echo(
        f"\n  belvedere serve {root}\n"
        f"  belvedere show {first}\n"
        f"  belvedere doctor {first}\n"
        f"  belvedere export {first} --format csv -o run.csv"
    )
    for group, figure in SIGHTS:
        if group in paths or not group:
            click.echo(f"  belvedere figure {paths.get(group, [first])[-1]} {figure} -o {figure}.html")
