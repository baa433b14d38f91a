"""`belvedere figure`: one figure of a run as a file."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from belvedere.cli.options import as_json, in_dir
from belvedere.core.errors import UsageError

if TYPE_CHECKING:
    from belvedere.figures.figure import Figure

PICTURES = frozenset({".png", ".svg"})


@click.command("figure")
@click.argument("run", metavar="[RUN]", required=False)
@click.argument("figure_id", metavar="[FIGURE]", required=False)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="x.html, x.json, x.png or x.svg.")
@click.option("--list", "is_list", is_flag=True, help="List the figures; with RUN also whether it can fill them.")
@click.option("--set", "choices", multiple=True, metavar="NAME=VALUE", help="An option; --list names them.")
@click.option(
    "--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="Colours of the figure."
)
@in_dir
@as_json
def command(
    run: str | None, figure_id: str | None, output: Path | None, is_list: bool, choices: Sequence[str], theme: str,
    directory: str, as_json: bool,
) -> None:  # fmt: skip
    """Draw FIGURE of RUN into a file: `belvedere figure RUN gradient_flow -o x.html`."""
    if is_list:
        _print_list(run, directory, as_json)
        return
    if run is None or figure_id is None:
        raise UsageError("name a run and a figure; `belvedere figure --list` lists the figures")
    options = dict(_choice(text) for text in choices)
    if output is None and not as_json:
        raise UsageError("no file given; add -o x.html, or --json for the figure on stdout")
    _draw(run, figure_id, output, {"theme": theme, **options}, directory)


def _draw(run: str, figure_id: str, output: Path | None, options: dict[str, str], directory: str) -> None:
    from belvedere.cli.where import open_run
    from belvedere.figures.render import missing_in, render, to_html, to_json

    suffix = output.suffix.lower() if output else ".json"
    if suffix not in {".html", ".json", *PICTURES}:
        raise UsageError(f"{suffix or 'no suffix'!r} is no figure format; use .html, .json, .png or .svg")
    if suffix in PICTURES:
        from belvedere.figures.browser import find_browser

        find_browser()  # before a long run is read for nothing
    theme = options.pop("theme", "light")
    drawn = render(figure_id, open_run(run, directory), theme=theme, **options)
    if reason := missing_in(drawn):
        click.echo(f"belvedere: nothing to draw yet: {reason}", err=True)
    if output is None:
        click.echo(to_json(drawn))
    elif suffix == ".html":
        to_html(drawn, output)
    elif suffix == ".json":
        output.write_bytes(to_json(drawn))
    else:
        from belvedere.figures.picture import to_png, to_svg

        (to_png if suffix == ".png" else to_svg)(drawn, output)
    if output:
        click.echo(str(output), err=True)


def _print_list(run: str | None, directory: str, as_json: bool) -> None:
    from belvedere.cli.printing import print_json, print_table
    from belvedere.cli.where import open_run
    from belvedere.figures.render import all_figures, available

    rows: list[dict[str, object]]
    if run is None:
        rows = [_listed(one) for one in all_figures()]
    else:
        found = available(open_run(run, directory))
        rows = [{**_listed(one.figure), "ready": one.ready, "reason": one.reason} for one in found]
    if as_json:
        print_json(rows)
        return
    states = [("" if "ready" not in row else "ready" if row["ready"] else str(row["reason"])) for row in rows]
    cells = [(str(row["id"]), str(row["title"]), state) for row, state in zip(rows, states, strict=True)]
    print_table(("figure", "title", ""), cells)


def _listed(figure: "Figure") -> dict[str, object]:
    """A figure of the gallery in plain data."""
    from belvedere.figures.options import described

    needs = {name: list(entries) for name, entries in asdict(figure.needs).items()}
    return {
        "id": figure.id, "title": figure.title, "family": figure.family, "over": figure.over, "scene": figure.scene,
        "needs": needs, "options": described(figure.options), "twin": dict(figure.twin), "absent": figure.absent,
    }  # fmt: skip


def _choice(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set {text!r} has no '='; write --set NAME=CHOICE")
    return name, value
