"""`belvedere serve`: the page and the API over one or several folders of runs."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from belvedere.cli.options import DEFAULT_DIR, default_dir

HOST, PORT = "127.0.0.1", 7007


@click.command("serve")
@click.argument("directories", metavar="[DIR]...", nargs=-1)
@click.option("--host", default=HOST, show_default=True, help="Address to listen on; other machines need a token.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--allow-host", "allowed_hosts", multiple=True, metavar="NAME", help="Another name this server is called by."
)
@click.option("--token", envvar="BELVEDERE_TOKEN", help="Access token to use instead of a new one [$BELVEDERE_TOKEN].")
def command(
    directories: Sequence[str] = (), host: str = HOST, port: int = PORT, allowed_hosts: Sequence[str] = (),
    token: str | None = None,
) -> None:  # fmt: skip
    """Serve the runs of DIR (default: $BELVEDERE_DIR or ./belvedere-runs) until Ctrl-C.

    A DIR of another program (wandb/, a TensorBoard folder, mlruns/ …) is shown as it is, also while it grows."""
    from belvedere.cli.serving import plan, serve_plan
    from belvedere.cli.viewing import Follower, ReadOnly, nothing_yet, view_of

    views = {directory: view_of(directory, _tell) for directory in directories}
    shown = [view for view in views.values() if view is not None]
    ours = [directory for directory, view in views.items() if view is None]
    for sentence in filter(None, map(nothing_yet, ours)):
        _tell(sentence)
    own = _roots(ours) if ours or not shown else []
    roots = [*own, *dict.fromkeys(view.root for view in shown)]
    ready = plan(roots, host=host, port=port, allowed_hosts=allowed_hosts, token=token)
    if not own:
        ready.app.add_middleware(ReadOnly)
    places = ", ".join([*(str(root) for root in own), *(f"{view.path} ({view.title})" for view in shown)])
    follower = Follower(shown, click.echo)

    def on_ready(stop: Callable[[], None]) -> None:
        click.echo(f"Belvedere: {ready.address}\nserving {places}, until Ctrl-C")
        follower.start()

    try:
        serve_plan(ready, on_ready=on_ready)
    finally:
        follower.stop()


def _tell(sentence: str) -> None:
    click.echo(f"belvedere: {sentence}", err=True)


def _roots(directories: Sequence[str]) -> list[Path]:
    """Folders of projects, each once; the default one is made when it is not there, so that one can wait for a run."""
    from belvedere.cli.where import local_root

    if not directories and default_dir() == str(DEFAULT_DIR):
        DEFAULT_DIR.mkdir(exist_ok=True)
    return list(dict.fromkeys(local_root(one) for one in directories or (default_dir(),)))
