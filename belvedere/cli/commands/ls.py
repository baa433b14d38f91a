"""`belvedere ls`: the runs of a folder."""

import click

from belvedere.cli.options import as_json, default_dir


@click.command("ls")
@click.argument("directory", metavar="[DIR]", default=default_dir)
@click.option(
    "--filter", "filter_text", metavar="TEXT", help="For example 'config.lr > 1e-4 and state == \"finished\"'."
)
@click.option("--project", help="Only the runs of one project.")
@as_json
def command(directory: str, filter_text: str | None, project: str | None, as_json: bool) -> None:
    """List the runs of DIR, newest first."""
    from belvedere.cli.printing import ago, print_json, print_table
    from belvedere.cli.where import open_dir

    runs = [run.row for run in open_dir(directory).runs(filter_text, project=project)]
    if as_json:
        from belvedere.server.rows import row_of

        print_json([row_of(run) for run in runs])
        return
    columns = ("project", "id", "name", "state", "steps", "updated", "")
    marks = ["damaged" if run.damage else "" for run in runs]
    rows = [
        (run.project, run.id, run.name, run.state, str(run.steps), ago(run.updated), mark)
        for run, mark in zip(runs, marks, strict=True)
    ]
    print_table(columns, rows)
    if not rows:
        click.echo(f"No runs in {directory}; `belvedere demo` makes one.", err=True)
