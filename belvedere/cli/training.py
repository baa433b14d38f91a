"""The demo: trainings in a process of their own, the server that shows them, and at the end what there is to see."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from belvedere.cli.launching import Launch, prepared
from belvedere.cli.overseeing import INTERRUPTED, served, trained, wait_for_goodbye
from belvedere.core.errors import UsageError

if TYPE_CHECKING:
    from belvedere.store.run import Run

PIPELINE = "belvedere.recipes.pipeline"
PRETRAINING = "belvedere.recipes.pretrain"


def words_of(recipe_options: Sequence[str], *, is_quick: bool) -> list[str]:
    """The module to run and its options: all recipes, or the pretraining alone when it is given options."""
    if recipe_options and is_quick:
        raise UsageError("--quick shortens all recipes, options after `--` belong to one of them; pass one of the two")
    return [PRETRAINING, *recipe_options] if recipe_options else [PIPELINE, *(["--quick"] if is_quick else [])]


def demonstrate(directory: str, *, host: str, port: int, is_exit: bool, words: Sequence[str]) -> int:
    """Serve, train, and tell what there is to see; the exit code of the demo."""
    root = prepared(directory)
    before = {(run.project, run.id) for run in runs_of(root)}
    recipe, *options = words
    with served(root, host, port) as (address, server):
        click.echo(f"Belvedere: {address}")
        code = trained(Launch((sys.executable, "-m", recipe, "--dir", str(root), *options), {}))
        if code == INTERRUPTED:
            click.echo(f"\nstopped; the runs lie in {root}, look at them with `belvedere serve {root}`")
            return INTERRUPTED
        if code:
            click.echo(f"belvedere: the training ended with exit code {code}; its own words are above", err=True)
            return 1
        from belvedere.cli.sights import tell

        tell(root, [run for run in runs_of(root) if (run.project, run.id) not in before], address.partition("/?")[0])
        if not is_exit:
            click.echo(f"\nThe training is done; {address} goes on until Ctrl-C.")
            wait_for_goodbye(server)
    return 0


def runs_of(root: Path) -> "list[Run]":
    """All that lie there, newest first."""
    from belvedere.store.opening import open as open_store

    return list(open_store(root).runs())
