"""`belvedere doctor`: what is wrong with a run."""

import click

from belvedere.cli.options import as_json, in_dir, one_run


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
        for finding in diagnosis.findings:
            steps = f"steps {finding.first_step} to {finding.last_step}"
            click.echo(f"{finding.severity}: {finding.title} ({finding.rule}, {steps})")
            for evidence in finding.evidence:
                click.echo(f"    {evidence.series}: {evidence.text}")
            click.echo(f"  cause: {finding.cause}\n  do:    {finding.action}\n")
        if not diagnosis.findings:
            click.echo("Nothing found.")
        for silent in diagnosis.not_checked:
            click.echo(f"not checked: {silent.rule} ({silent.reason})")
    worse = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on else ()
    return int(any(finding.severity in worse for finding in diagnosis.findings))
