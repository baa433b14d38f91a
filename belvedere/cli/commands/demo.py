"""`belvedere demo`: trains small models on this machine while serving their runs."""

import click

from belvedere.cli.options import default_dir


@click.command("demo", context_settings={"ignore_unknown_options": True})
@click.argument("recipe_options", nargs=-1, type=click.UNPROCESSED, metavar="[-- RECIPE OPTIONS]")
@click.option(
    "--dir", "directory", metavar="DIR", default=default_dir, show_default=False, help="Where the runs are recorded."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=7007, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--quick", is_flag=True, help="About one minute of training; less is learned.")
@click.option("--exit", "is_exit", is_flag=True, help="Stop when the training is done, instead of serving on.")
def command(recipe_options: tuple[str, ...], directory: str, host: str, port: int, quick: bool, is_exit: bool) -> int:
    """Train small models, about four minutes, and serve their runs live: a GPT on Python's own source; a small model
    through mid-training, supervised fine-tuning and reinforcement learning on sums; pictures and captions from one
    latent; a sweep; a GPT on two processes. At the end: figures, a diagnosis, and what to look at.

    With options after `--` only the GPT is trained, and they are its own: `belvedere demo -- --preset tiny`.
    """
    from belvedere.cli.training import demonstrate, words_of

    words = words_of(recipe_options, is_quick=quick)
    return demonstrate(directory, host=host, port=port, is_exit=is_exit, words=words)
