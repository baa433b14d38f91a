"""`belvedere doctor`: what is wrong with a run, or with what a server is asked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from belvedere.cli.options import as_json, in_dir

if TYPE_CHECKING:
    from belvedere.analysis.diagnose import Diagnosis

HERE = "http://127.0.0.1:7007"


@click.command("doctor")
@click.argument("run", metavar="[RUN]", required=False)
@click.option(
    "--fail-on", type=click.Choice(["warning", "critical"]), help="Exit with 1 on such a finding or a worse one."
)
@click.option("--server", metavar="[URL]", is_flag=False, flag_value=HERE,
              help="Instead of a run: what W&B clients asked this server for that it does not know, and which of its "
              f"runs are damaged. Without URL {HERE}.")  # fmt: skip
@in_dir
@as_json
def command(run: str | None, fail_on: str | None, server: str | None, directory: str, as_json: bool) -> int:
    """Say what is wrong with RUN, on which evidence, and what to do; and what could not be checked."""
    if server is not None:
        return _server(server, as_json=as_json)
    if run is None:
        raise click.UsageError("Missing argument 'RUN', or --server")
    from belvedere.analysis.diagnose import diagnose
    from belvedere.analysis.rule import SEVERITIES
    from belvedere.cli.where import open_run

    found = open_run(run, directory)
    diagnosis = diagnose(found)
    if as_json:
        from belvedere.cli.printing import print_json
        from belvedere.server.routes.findings import told

        print_json(told(diagnosis))
    else:
        click.echo("\n".join(in_words(diagnosis)))
    worse = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on else ()
    return int(any(finding.severity in worse for finding in diagnosis.findings))


def _server(url: str, *, as_json: bool) -> int:
    from belvedere.store.engines.http import HttpEngine

    told = HttpEngine(url).told("/api/protocol")
    if as_json:
        from belvedere.cli.printing import print_json

        print_json(told)
    else:
        click.echo("\n".join(server_in_words(told)))
    return 0


def server_in_words(told: Mapping[str, object]) -> list[str]:
    """What a server did not understand, counted since it began, and its damaged runs."""
    lines = []
    if unknown := told.get("unknown"):
        lines.append(
            "Clients asked for what this Belvedere does not know (each was answered with nothing, or an error):"
        )
        lines += [f"  {count:>6} × {what}" for what, count in _counts(unknown)]
    if failed := told.get("failed"):
        lines.append("Posts that failed; the reasons are in the server's own output:")
        lines += [f"  {count:>6} × run {name}" for name, count in _counts(failed)]
    damaged = told.get("damaged")
    for one in damaged if isinstance(damaged, list) else []:
        lines.append(f"Run {one['project']}/{one['id']} is damaged:")
        lines += [f"  {spot}" for spot in one["damage"]]
    return lines or ["Every question of every client was understood, and no run is damaged."]


def _counts(counted: object) -> list[tuple[str, int]]:
    return [(str(what), int(count)) for what, count in counted.items()] if isinstance(counted, Mapping) else []


def in_words(diagnosis: "Diagnosis") -> list[str]:
    """Line by line: what was found, on which evidence, what to do; then what could not be checked."""
    lines = []
    for finding in diagnosis.findings:
        steps = f"steps {finding.first_step} to {finding.last_step}"
        lines.append(f"{finding.severity}: {finding.title} ({finding.rule}, {steps})")
        lines += [f"    {evidence.series}: {evidence.text}" for evidence in finding.evidence]
        lines.append(f"  cause: {finding.cause}\n  do:    {finding.action}\n")
    if not diagnosis.findings:
        lines.append("Nothing found.")
    return [*lines, *(f"not checked: {silent.rule} ({silent.reason})" for silent in diagnosis.not_checked)]
