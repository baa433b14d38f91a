"""`belvedere rm`: deletes a run."""

import click

from belvedere.cli.options import in_dir, one_run
from belvedere.core.errors import UsageError


@click.command("rm")
@one_run
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_dir
def command(run: str, yes: bool, directory: str) -> None:
    """Delete RUN, its log and its files, for good. Asks first."""
    from belvedere.cli.where import local_run
    from belvedere.runlog.removal import remove

    found, folder = local_run(run, directory)
    if found.state == "running":
        raise UsageError(f"run {found.path} is still running; stop its training first")
    question = f"Delete {found.path} ({found.name}, {found.state}, {found.steps} steps) for good?"
    if not yes and not click.confirm(question, err=True):
        click.echo("Nothing was deleted.", err=True)
        return
    remove(folder)
    click.echo(f"deleted {found.path}", err=True)
