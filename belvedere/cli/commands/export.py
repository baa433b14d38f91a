"""`belvedere export`: a run's numbers as a file for other programs."""

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
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write instead of stdout."
)
@click.option("--key", "keys", multiple=True, metavar="NAME", help="Only this series or pattern; may be repeated.")
@in_dir
def command(run: str, kind: str, output: Path | None, keys: Sequence[str], directory: str) -> None:
    """Write every point of RUN: one line per step, one column per series."""
    from belvedere.cli import files
    from belvedere.cli.where import open_run

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
