"""`belvedere show`: what is known of one run."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from belvedere.cli.options import as_json, in_dir, one_run

if TYPE_CHECKING:
    from belvedere.server.schemas import KeyInfo, RunDetail
    from belvedere.store.run import Run

VALUE_CHARACTERS = 100  # of a setting or a note; --json has the rest


@click.command("show")
@one_run
@in_dir
@click.option("--all", "with_all", is_flag=True, help="Also what the machine did (system/…), and what is hidden.")
@as_json
def command(run: str, directory: str, with_all: bool, as_json: bool) -> None:
    """Show a run's state, settings, stages and series."""
    from belvedere.cli.printing import print_json, print_table, short
    from belvedere.cli.where import open_run
    from belvedere.server.rows import detail_of, flat, keys_of

    found = open_run(run, directory)
    infos = found.keys()
    detail, keys = detail_of(found.detail), [_counted(found, one) for one in keys_of(infos, found.detail)]
    if as_json:
        import msgspec

        print_json({**msgspec.to_builtins(detail), "keys": msgspec.to_builtins(keys)})
        return
    for line in _head(detail):
        click.echo(line)
    config = dict(flat(detail.config))
    if config:
        click.echo()
        print_table(("config", ""), [(key, _cut(short(value))) for key, value in config.items()])
    charts = {table: chart for chart, table in detail.charts.items()}
    shown = [one for one in keys if with_all or not _is_aside(one)]
    if shown:
        click.echo()
        columns = ("series", "kind", "points", "last", "last step", "unit")
        values = ((_name(k, charts), str(k.count), short(k.last), short(k.last_step), k.unit or "") for k in shown)
        print_table(columns, [(*name, *rest) for name, *rest in values])
    if len(shown) < len(keys):
        click.echo(f"\n{len(keys) - len(shown)} more of the machine, or hidden: add --all")


def _head(detail: "RunDetail") -> Iterator[str]:
    """What is said before the tables."""
    from belvedere.cli.printing import ago

    yield f"{detail.project}/{detail.id}  {detail.name}"
    yield f"{detail.state}, {detail.steps} step{'s' * (detail.steps != 1)}, updated {ago(detail.updated)}"
    belongs = [f"group {detail.group}"] * bool(detail.group) + [detail.job_type] * bool(detail.job_type)
    belongs += [f"tags {' '.join(detail.tags)}"] * bool(detail.tags)
    belongs += [f"sweep {detail.sweep}"] * bool(detail.sweep)
    if belongs:
        yield ", ".join(belongs)
    if detail.notes:
        yield _cut(detail.notes)
    yield from (f"damaged: {sentence}" for sentence in detail.damage)
    if detail.dropped_rows:
        yield f"{detail.dropped_rows} rows were dropped, the disk was full"
    stages = ", ".join(f"{stage.name} from step {stage.step}" for stage in detail.stages)
    if stages:
        yield f"stages: {stages}"
    if detail.alerts:
        last = detail.alerts[-1]
        yield f"{last.level} at step {last.step}: {_cut(f'{last.title}. {last.text}' if last.text else last.title)}"
        if len(detail.alerts) > 1:
            yield f"and {len(detail.alerts) - 1} alerts before it"


def _counted(run: "Run", info: "KeyInfo") -> "KeyInfo":
    """A table that W&B's client logs arrives more than once, with its media in another place: it counts once a step."""
    if info.kind == "table" and info.count > 1:
        info.count = len({item.step for item in run.media(info.key)})
    return info


def _is_aside(info: "KeyInfo") -> bool:
    from belvedere.store.describe import MACHINE

    return info.hidden or info.key.startswith(("_", MACHINE))


def _name(info: "KeyInfo", charts: dict[str, str]) -> tuple[str, str]:
    """Name and kind; a table that a chart is drawn from goes under the chart's name."""
    chart = charts.get(info.key)
    return (chart, "chart") if chart else (info.key, info.kind)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= VALUE_CHARACTERS else f"{line[: VALUE_CHARACTERS - 1]}…"
