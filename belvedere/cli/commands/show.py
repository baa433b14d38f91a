"""`belvedere show`: what is known of one run."""

import click

from belvedere.cli.options import as_json, in_dir, one_run


@click.command("show")
@one_run
@in_dir
@as_json
def command(run: str, directory: str, as_json: bool) -> None:
    """Show a run's state, settings, stages and series."""
    from belvedere.cli.printing import ago, print_json, print_table, short
    from belvedere.cli.where import open_run
    from belvedere.server.rows import detail_of, flat, keys_of

    found = open_run(run, directory)
    infos = found.keys()
    detail, keys = detail_of(found.detail), keys_of(infos, found.detail)
    if as_json:
        import msgspec

        print_json({**msgspec.to_builtins(detail), "keys": msgspec.to_builtins(keys)})
        return
    click.echo(f"{detail.project}/{detail.id}  {detail.name}")
    click.echo(f"{detail.state}, {detail.steps} steps, updated {ago(detail.updated)}")
    for sentence in detail.damage:
        click.echo(f"damaged: {sentence}")
    if detail.dropped_rows:
        click.echo(f"{detail.dropped_rows} rows were dropped, the disk was full")
    stages = ", ".join(f"{stage.name} from step {stage.step}" for stage in detail.stages)
    if stages:
        click.echo(f"stages: {stages}")
    config = dict(flat(detail.config))
    if config:
        click.echo()
        print_table(("config", ""), [(key, short(value)) for key, value in config.items()])
    if keys:
        click.echo()
        columns = ("series", "kind", "points", "last", "last step", "unit")
        values = ((k.key, k.kind, str(k.count), short(k.last), short(k.last_step), k.unit or "") for k in keys)
        print_table(columns, list(values))
