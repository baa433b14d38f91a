"""`belvedere demo`: trains a small GPT on this machine while serving it."""

import click

from belvedere.cli.options import default_dir


@click.command("demo", context_settings={"ignore_unknown_options": True})
@click.argument("recipe_options", nargs=-1, type=click.UNPROCESSED, metavar="[-- RECIPE OPTIONS]")
@click.option(
    "--dir", "directory", metavar="DIR", default=default_dir, show_default=False, help="Where the run is recorded."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=7007, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--exit", "is_exit", is_flag=True, help="Stop when the training is done, instead of serving on.")
def command(recipe_options: tuple[str, ...], directory: str, host: str, port: int, is_exit: bool) -> int:
    """Train a GPT on Python's own source, about two minutes, and serve it live.

    Options of the recipe follow after `--`: `belvedere demo -- --preset tiny`.
    """
    from belvedere.cli.training import demonstrate

    return demonstrate(directory, host=host, port=port, is_exit=is_exit, recipe_options=recipe_options)
