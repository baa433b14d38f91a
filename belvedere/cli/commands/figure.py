"""`belvedere figure`: one figure of a run as a file."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import click

from belvedere.cli.options import as_json, in_dir
from belvedere.core.errors import UsageError

PICTURES = frozenset({".png", ".svg", ".pdf"})


@click.command("figure")
@click.argument("run", metavar="[RUN]", required=False)
@click.argument("figure_id", metavar="[FIGURE]", required=False)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="x.html, x.json, x.png or x.svg.")
@click.option("--list", "is_list", is_flag=True, help="List the figures; with RUN also whether it can fill them.")
@click.option("--set", "choices", multiple=True, metavar="NAME=CHOICE", help="An option of the figure.")
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
    from belvedere.figures.render import render, to_html, to_json

    suffix = output.suffix.lower() if output else ".json"
    if suffix not in {".html", ".json", *PICTURES}:
        raise UsageError(f"{suffix or 'no suffix'!r} is no figure format; use .html, .json, .png, .svg or .pdf")
    if suffix in PICTURES and importlib.util.find_spec("kaleido") is None:
        raise UsageError(f"{suffix} needs kaleido and a browser; run `pip install kaleido`, or write .html")
    drawn = render(figure_id, open_run(run, directory), **options)
    if output is None:
        click.echo(to_json(drawn))
    elif suffix == ".html":
        to_html(drawn, output)
    elif suffix == ".json":
        output.write_bytes(to_json(drawn))
    else:
        drawn.write_image(output, width=1200, height=800, scale=2)
    if output:
        click.echo(str(output), err=True)


def _print_list(run: str | None, directory: str, as_json: bool) -> None:
    from belvedere.cli.printing import print_json, print_table
    from belvedere.cli.where import open_run
    from belvedere.figures.render import all_figures, available

    rows: list[dict[str, object]]
    if run is None:
        rows = [{"id": one.id, "title": one.title, "options": one.options} for one in all_figures()]
    else:
        found = available(open_run(run, directory))
        rows = [
            {"id": f.id, "title": f.title, "options": f.options, "ready": f.ready, "reason": f.reason} for f in found
        ]
    if as_json:
        print_json(rows)
        return
    states = [("" if "ready" not in row else "ready" if row["ready"] else str(row["reason"])) for row in rows]
    cells = [(str(row["id"]), str(row["title"]), state) for row, state in zip(rows, states, strict=True)]
    print_table(("figure", "title", ""), cells)


def _choice(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set {text!r} has no '='; write --set NAME=CHOICE")
    return name, value
