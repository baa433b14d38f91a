"""`belvedere doctor`: what is wrong with a run."""

from typing import TYPE_CHECKING

import click

from belvedere.cli.options import as_json, in_dir, one_run

if TYPE_CHECKING:
    from belvedere.analysis.diagnose import Diagnosis


@click.command("doctor")
@one_run
@click.option(
    "--fail-on", type=click.Choice(["warning", "critical"]), help="Exit with 1 on such a finding or a worse one."
)
@in_dir
@as_json
def command(run: str, fail_on: str | None, directory: str, as_json: bool) -> int:
    """Say what is wrong with RUN, on which evidence, and what to do; and what could not be checked."""
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
