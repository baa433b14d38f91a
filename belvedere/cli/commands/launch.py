"""`belvedere launch`: trains a recipe on this machine's devices and shows the address of its page."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from belvedere.cli.options import default_dir
from belvedere.core.errors import UsageError

if TYPE_CHECKING:
    from belvedere.cli.launching import Launch, Wish
    from belvedere.recipes.catalog import Recipe

HOST, PORT = "127.0.0.1", 7007


@click.command("launch")
@click.argument("name", metavar="[RECIPE]", required=False)
@click.argument("more", metavar="[-- RECIPE OPTIONS]", nargs=-1, type=click.UNPROCESSED)
@click.option("--preset", metavar="NAME", help="A set of all numbers of the recipe; --list names them.")
@click.option(
    "--devices", metavar="D",
    help="2: so many GPUs; 0,1: these two; 3,: that one; cpu; cpu:2: two processes.  [default: all GPUs, else cpu]",
)  # fmt: skip
@click.option("--run", metavar="NAME", help='Name of the run; "dummy" records nothing.')
@click.option("--group", metavar="NAME", help="What the run has in common with others.")
@click.option("--project", metavar="NAME", help="Folder of runs.  [default: the recipe's]")
@click.option(
    "--resume", is_flag=False, flag_value="", metavar="[FILE]", help="Go on from a checkpoint; without FILE the newest."
)
@click.option(
    "--dir", "directory", metavar="DIR", default=default_dir, show_default=False, help="Where the runs are recorded."
)
@click.option("--serve/--no-serve", "is_served", default=True, help="Show the page while it trains.  [default: serve]")
@click.option("--host", default=HOST, show_default=True, help="Address of the page.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--exit", "is_exit", is_flag=True, help="Stop serving when the training is done, on a terminal too.")
@click.option("--nnodes", default="1", show_default=True, metavar="N", help="Machines that train together.")
@click.option("--node-rank", type=click.IntRange(min=0), help="Number of this one.")
@click.option("--rdzv-endpoint", metavar="HOST:PORT", help="Where the machines meet.")
@click.option("--rdzv-id", metavar="ID", help="Names this launch on all of them.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Print the command and do nothing.")
@click.option("--list", "is_list", is_flag=True, help="List the recipes and their presets.")
def command(
    name: str | None, more: tuple[str, ...], preset: str | None, devices: str | None, run: str | None,
    group: str | None, project: str | None, resume: str | None, directory: str, is_served: bool, host: str, port: int,
    is_exit: bool, nnodes: str, node_rank: int | None, rdzv_endpoint: str | None, rdzv_id: str | None, is_dry: bool,
    is_list: bool,
) -> int:  # fmt: skip
    """Train RECIPE on this machine: one process, or torchrun with one for each of several devices.

    On a terminal it asks for what is not said: recipe, preset, devices, run name. Ctrl-C ends the training after its
    step, with a checkpoint to --resume from; a second one ends it at once.
    """
    from belvedere.cli.asking import asked_recipe
    from belvedere.cli.launching import Nodes, Wish, devices_of, is_recorded, launch_of, prepared
    from belvedere.recipes.catalog import recipe_called

    if is_list:
        _print_list()
        return 0
    if name is not None and name.startswith("-"):  # `belvedere launch -- --steps 5`: no recipe yet
        more, name = (name, *more), None
    if name is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("no recipe named, and no terminal to ask on; `belvedere launch --list` lists the recipes")
    recipe = asked_recipe() if name is None else recipe_called(name)
    gpus = _gpus(devices, recipe)
    wish = Wish(
        recipe, devices_of(devices, len(gpus)), preset, run, project, group, str(Path(directory).expanduser()), resume,
        Nodes(nnodes, node_rank, rdzv_endpoint, rdzv_id), more,
    )  # fmt: skip
    if is_dry and name is not None:
        click.echo(str(launch_of(wish, os.environ)))
        return 0
    if name is None:
        wish = _agreed(wish, gpus)
    launch = launch_of(wish, os.environ)
    if is_dry:
        return 0
    is_staying = not is_exit and sys.stdin.isatty()
    root = prepared(directory)
    return _carried_out(launch, root, host, port, is_served=is_served and is_recorded(wish), is_staying=is_staying)


def _gpus(devices: str | None, recipe: "Recipe") -> tuple[str, ...]:
    """What torch sees; not asked where it does not matter, as loading torch takes seconds."""
    if find_spec("torch") is None:
        raise UsageError("the recipes train with torch, which is not installed; pip install 'belvedere[torch]'")
    if "device" not in recipe.options or (devices or "").startswith("cpu"):
        return ()
    from belvedere.recipes.devices import gpu_names

    return gpu_names()


def _agreed(wish: "Wish", gpus: Sequence[str]) -> "Wish":
    """The wish with the questions answered, until the command that they make is right."""
    from belvedere.cli.asking import asked_recipe, asked_wish, is_agreed
    from belvedere.cli.launching import Devices, launch_of
    from belvedere.recipes.catalog import SHARED

    while True:
        wish = asked_wish(wish, gpus)
        if is_agreed(str(launch_of(wish, os.environ))):
            return wish
        recipe = asked_recipe(wish.recipe.name)
        if recipe != wish.recipe:  # what was said for another recipe may not exist here
            devices = wish.devices if recipe.is_distributed and recipe.options == SHARED else Devices("cpu")
            wish = replace(wish, recipe=recipe, preset=None, run=None, devices=devices, more=())


def _carried_out(launch: "Launch", root: Path, host: str, port: int, *, is_served: bool, is_staying: bool) -> int:
    """Show the page, train, and say where the runs lie; the training's exit code."""
    from belvedere.cli.neighbour import neighbour
    from belvedere.cli.overseeing import INTERRUPTED, served, trained, wait_for_goodbye

    there = neighbour(host, port) if is_served and port else None
    if there is not None and not there.serves(root):
        which = f"serves {there.roots}" if there.roots else "asks for its token"
        raise UsageError(
            f"a Belvedere that {which} listens on port {port}; pass --port {port + 1}, or --no-serve: {root}"
        )
    with ExitStack() as open_until_the_end:
        address, server = there.address if there else "", None
        if is_served and there is None:
            address, server = open_until_the_end.enter_context(served(root, host, port))
        if address:
            click.echo(f"Belvedere: {address}" + (" (its server was there already)" if there else ""))
        click.echo(f"{launch}\n")
        code = trained(launch)
        if code not in (0, INTERRUPTED):
            click.echo(f"belvedere: the training ended with exit code {code}; its own words are above", err=True)
            return code
        if is_staying and server is not None and code == 0:
            click.echo(f"\nThe training is done; {address} goes on until Ctrl-C.")
            wait_for_goodbye(server)
            return code
    click.echo(f"\nThe runs lie in {root}; look at them with `belvedere serve {root}`.")
    return code


def _print_list() -> None:
    from belvedere.cli.printing import print_table
    from belvedere.recipes.catalog import RECIPES

    rows = [(one.name, one.about, ", ".join(one.presets)) for one in RECIPES]
    print_table(("recipe", "trains", "presets"), rows)
