"""`belvedere dashboard`: a run on one PNG sheet."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from belvedere.cli.options import as_json, in_dir, one_run
from belvedere.core.errors import UsageError

if TYPE_CHECKING:
    from belvedere.store.run import Run


@click.command("dashboard")
@one_run
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("dashboard.png"), show_default=True,
    help="The PNG file; replaced in one step, never half-written.",
)  # fmt: skip
@click.option("--watch", is_flag=True, help="Draw again while the run goes on, until it ends.")
@click.option(
    "--interval", type=click.FloatRange(min=0.2), default=10.0, show_default=True, help="Seconds between two looks."
)
@click.option(
    "--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="Colours of the sheet."
)
@in_dir
@as_json
def command(
    run: str, output: Path, watch: bool, interval: float, theme: str, directory: str, as_json: bool
) -> None:  # fmt: skip
    """Draw loss, accuracy, throughput, learning rate and samples of RUN: `belvedere dashboard RUN -o x.png`."""
    from belvedere.cli.where import open_run

    if output.suffix.lower() != ".png":
        raise UsageError(f"{str(output)!r} is no PNG file; end its name with .png")
    if output.is_dir():
        raise UsageError(f"a folder has this name; choose another for the picture: {output}")
    found = open_run(run, directory)
    output.parent.mkdir(parents=True, exist_ok=True)
    drawn_steps = -1
    while True:
        state, steps = found.state, found.steps
        if steps != drawn_steps or not watch or state != "running":
            verdict = _draw(found, output, theme)
            _tell({"path": str(output), "step": max(0, steps - 1), "state": state, "verdict": verdict}, as_json)
            drawn_steps = steps
        if not watch or state != "running":
            return
        time.sleep(interval)


def _tell(told: dict[str, object], as_json: bool) -> None:
    if as_json:
        from belvedere.cli.printing import print_json

        print_json(told)
    else:
        verdict = f" · {told['verdict']}" if told["verdict"] else ""
        click.echo(f"{told['path']} · step {told['step']} · {told['state']}{verdict}", err=True)


def _draw(run: "Run", output: Path, theme: str) -> str:
    """Draw into the file; what the sheet says about the loss."""
    from belvedere.figures.dashboard import png
    from belvedere.figures.dashboard_content import content_of
    from belvedere.figures.dashboard_files import replace

    content = content_of(run)
    replace(output, png(content, theme=theme))
    return content.verdict
