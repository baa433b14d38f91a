"""`belvedere sync`: runs recorded on this machine to a server."""

import os
from collections.abc import Sequence

import click

from belvedere.cli.options import default_dir


@click.command("sync")
@click.argument("url", metavar="URL")
@click.argument("names", metavar="[RUN]...", nargs=-1)
@click.option("--dir", "directory", metavar="DIR", default=default_dir, show_default=False,
              help="Folder that holds the projects [$BELVEDERE_DIR, else ./belvedere-runs].")  # fmt: skip
@click.option("--wait", "wait_secs", type=click.FloatRange(0), default=10.0, show_default=True, metavar="SECONDS",
              help="Ask a server that is away again for so long.")  # fmt: skip
def command(url: str, names: Sequence[str], directory: str, wait_secs: float) -> None:
    """Send RUNs (default: all of DIR) to the Belvedere server at URL, such as http://127.0.0.1:7007.

    Finished, broken and still running ones; only what the server lacks is sent, so the command can be repeated at any
    time. The access token of the server is taken from BELVEDERE_API_KEY.
    """
    from belvedere.cli.sending import send_each
    from belvedere.cli.where import local_root, local_run
    from belvedere.runlog import layout

    folders = [local_run(name, directory)[1] for name in names] or layout.runs(local_root(directory))
    if not folders:
        click.echo(f"there are no runs in {directory}; nothing was sent")
        return
    sent = send_each(folders, url, os.environ.get("BELVEDERE_API_KEY", ""), wait_secs=wait_secs)
    for name, size_bytes in sent.size_bytes.items():
        click.echo(f"{name}  {size_bytes / 1e3:,.1f} kB sent" if size_bytes else f"{name}  was all there")
    sent.raise_refused()
