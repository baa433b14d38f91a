"""`belvedere reindex`: makes the caches anew from the logs."""

import click

from belvedere.cli.options import default_dir


@click.command("reindex")
@click.argument("directory", metavar="[DIR]", default=default_dir)
def command(directory: str) -> None:
    """Forget columns and catalogue of DIR and make them anew from the run logs. Nothing that was logged is touched."""
    from belvedere.cli.compacting import compact_each, runs_in_words
    from belvedere.cli.where import local_root
    from belvedere.runlog import layout
    from belvedere.store.compact import forget_columns
    from belvedere.store.store import open_store

    root = local_root(directory)
    forget_columns(root)
    outcome = compact_each(layout.runs(root), "reading logs")
    runs = len(open_store(root).runs())
    click.echo(f"{runs_in_words(runs)}, {outcome.points:,} points, made anew from the logs", err=True)
    outcome.raise_refused()
