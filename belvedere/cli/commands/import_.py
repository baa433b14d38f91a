"""`belvedere import`: runs that other programs wrote, into a folder of ours."""

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from belvedere.cli.options import default_dir
from belvedere.core.errors import NotFound, UsageError

if TYPE_CHECKING:
    from belvedere.importers.bringing import Bringing, Brought

POLL_SECS = 1.0


@click.command("import")
@click.argument("words", metavar="[KIND] PATH", nargs=-1, required=True)
@click.option("--dir", "directory", metavar="DIR", default=default_dir, show_default=False,
              help="Folder of projects to bring them into [$BELVEDERE_DIR, else ./belvedere-runs].")  # fmt: skip
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C: what is still being written comes as it grows.")
def command(words: Sequence[str], directory: str, follow: bool) -> None:
    """Bring the runs at PATH into a folder of ours, with the steps and times they have.

    KIND says what wrote them: wandb, tensorboard, mlflow, trackio, aim or table (CSV, JSONL, Parquet). Without it that
    is found out. Only what is not here yet is brought, so the command can be repeated at any time, also after it was
    interrupted.
    """
    from belvedere.importers.bringing import Bringing, importer_of, only_importer, others_at

    asked, path = _kind_and_path(words)
    kind, importer = importer_of(path, asked)
    if path.is_dir() and not follow and not importer.looks_like(path):
        raise NotFound(f"no runs of that kind here; looked for {importer.WANTED}; check the path: {path}")
    root = Path(directory).expanduser()
    root.mkdir(parents=True, exist_ok=True)
    bringing = Bringing(importer, path.resolve(), root.resolve(), _tell)
    with only_importer(bringing.root), closing(bringing):
        troubles = _bring_all(bringing, quiet=False)
        try:
            while follow:
                time.sleep(POLL_SECS)
                _bring_all(bringing, quiet=True)
        finally:
            bringing.leave()
    for other in () if asked else others_at(path, kind):
        _tell(f"these were runs of {kind}; there are some of {other} too: belvedere import {other} {path}")
    if troubles:
        what = (
            "one run was not read to its end"
            if len(troubles) == 1
            else f"{len(troubles)} runs were not read to their end"
        )
        raise UsageError(f"{what}; see above")


def _kind_and_path(words: Sequence[str]) -> tuple[str, Path]:
    if len(words) > 2:
        raise UsageError(f"{len(words)} words are too many; use: belvedere import [KIND] PATH")
    return (words[0] if len(words) > 1 else ""), Path(words[-1]).expanduser()


def _bring_all(bringing: "Bringing", *, quiet: bool) -> list[str]:
    """Bring what is new, a line for each run (with `quiet` only for those that grew); what could not be read."""
    from rich.console import Console
    from rich.progress import Progress

    sources = bringing.sources()
    if not sources and not quiet:
        click.echo(f"there are no runs to read in {bringing.path}; nothing was imported")
    troubles = []
    hidden = quiet or not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), disable=hidden, transient=True) as bar:
        task = bar.add_task("importing", total=len(sources))
        for brought in bringing.each(sources):
            name = f"{brought.source.started.project}/{brought.source.started.run_id}"
            bar.update(task, advance=1, description=f"imported {name}")
            if brought.trouble:
                troubles.append(brought.trouble)
            elif brought.is_new or not quiet:
                click.echo(f"{name}  {_outcome(brought)}")
    return troubles


def _outcome(brought: "Brought") -> str:
    if not brought.is_new:
        return "was all there"
    return "imported" if brought.is_over else "imported as far as it was written"


def _tell(sentence: str) -> None:
    click.echo(f"belvedere: {sentence}", err=True)
