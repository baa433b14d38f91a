"""`belvedere serve`: the page and the API over one or several folders of runs."""

from collections.abc import Sequence
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
    """Serve the runs of DIR (default: $BELVEDERE_DIR or ./belvedere-runs) until Ctrl-C."""
    from belvedere.cli.serving import plan, serve_plan

    roots = _roots(directories)
    ready = plan(roots, host=host, port=port, allowed_hosts=allowed_hosts, token=token)
    places = ", ".join(str(root) for root in roots)
    serve_plan(ready, on_ready=lambda stop: click.echo(f"Belvedere: {ready.address}\nserving {places}, until Ctrl-C"))


def _roots(directories: Sequence[str]) -> list[Path]:
    """Folders of projects, each once; the default one is made when it is not there, so that one can wait for a run."""
    from belvedere.cli.where import local_root

    if not directories and default_dir() == str(DEFAULT_DIR):
        DEFAULT_DIR.mkdir(exist_ok=True)
    return list(dict.fromkeys(local_root(one) for one in directories or (default_dir(),)))
