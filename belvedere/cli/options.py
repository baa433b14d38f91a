"""Options that several commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

DEFAULT_DIR = Path("belvedere-runs")
Command = TypeVar("Command", bound=Callable[..., Any])


def default_dir() -> str:
    """$BELVEDERE_DIR, or ./belvedere-runs."""
    return os.environ.get("BELVEDERE_DIR") or str(DEFAULT_DIR)


def as_json(command: Command) -> Command:
    """--json: for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def in_dir(command: Command) -> Command:
    """--dir: where the runs lie."""
    text = "Folder that holds the projects, or a server's URL [$BELVEDERE_DIR, else ./belvedere-runs]."
    return click.option("--dir", "directory", metavar="DIR", default=default_dir, show_default=False, help=text)(
        command
    )


def one_run(command: Command) -> Command:
    """RUN: id, project/id, or the path of a run's folder."""
    return click.argument("run", metavar="RUN")(command)
