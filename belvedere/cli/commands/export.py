"""`belvedere export`: a run's numbers as a file for other programs, or the whole run told to another program."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import click

from belvedere.cli.options import in_dir, one_run


@click.command("export")
@one_run
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "json", "parquet"]),
    default="csv",
    show_default=True,
    help="Of the output.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File to write instead of stdout; a folder with --to."
)
@click.option("--key", "keys", multiple=True, metavar="NAME", help="Only this series or pattern; may be repeated.")
@click.option(
    "--to", "program", type=click.Choice(["wandb", "tensorboard"]), help="Tell the whole run to this program."
)
@click.option("--project", metavar="NAME", help="With --to wandb: the project there, else that of the run.")
@click.option(
    "--mode", type=click.Choice(["online", "offline"]), help="With --to wandb: send it, or keep it in ./wandb."
)
@in_dir
def command(
    run: str, kind: str, output: Path | None, keys: Sequence[str], program: str | None, project: str | None,
    mode: str | None, directory: str,
) -> None:  # fmt: skip
    """Write every point of RUN: one line per step, one column per series; or tell RUN to another program."""
    from belvedere.cli import files
    from belvedere.cli.where import open_run

    if program is not None:
        _tell_to(program, run, output, project, mode, directory)
        return
    found = open_run(run, directory)
    if kind == "parquet":
        files.write_parquet(found, keys, output)
        return
    chunks = files.csv(found, keys) if kind == "csv" else files.json(found, keys)
    with output.open("w", encoding="utf-8", newline="") if output else nullcontext(sys.stdout) as target:
        for chunk in chunks:
            target.write(chunk)
    if output:
        click.echo(f"{output}", err=True)


def _tell_to(
    program: str, run: str, output: Path | None, project: str | None, mode: str | None, directory: str
) -> None:  # fmt: skip
    """Hand the run to the module of a program."""
    from belvedere.cli.exporting.wish import Wish
    from belvedere.cli.where import local_run

    def tell(text: str) -> None:
        click.echo(f"{program}: {text}", err=True)

    found, folder = local_run(run, directory)
    if program == "wandb":
        from belvedere.cli.exporting import wandb

        wandb.export(Wish(found, folder, project, mode, tell))
        return
    from belvedere.cli.exporting.tensorboard import write_event_file

    done = write_event_file(found, output or Path(f"{found.project}-{found.id}"))
    for text in done.left_out:
        tell(text)
    tell(f"{done.events:,} events in {done.path}; show them with: tensorboard --logdir {done.path.parent}")
