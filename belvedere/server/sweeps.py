"""Sweeps as the server tells them: what was searched, what each run reached, which was best."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from belvedere.core.errors import BelvedereError, UsageError
from belvedere.server.answers import jsonable
from belvedere.server.library import Library
from belvedere.server.rows import flat
from belvedere.server.sweep_schemas import SweepDetail, SweepParameter, SweepRow, SweepState, SweepTrial, TrialState
from belvedere.store.records import RunRow
from belvedere.store.run import Run
from belvedere.wandb_protocol.desk import ENTITY, Desk
from belvedere.wandb_protocol.sweeps.agents import DEAD_SECS
from belvedere.wandb_protocol.sweeps.configs import Metric, SweepConfig, read, sweep_config
from belvedere.wandb_protocol.sweeps.records import CANCELED, LOST, Sweep, Trial
from belvedere.wandb_protocol.sweeps.results import worth
from belvedere.wandb_protocol.sweeps.search import expected_runs

VALUES_SHOWN = 8  # of a parameter's list


@dataclass(frozen=True)
class Searched:
    """A sweep with the runs of it that have begun, by their ids; `config` is None where an older server took what this
    one refuses."""

    project: str
    sweep: Sweep
    config: SweepConfig | None
    rows: Mapping[str, RunRow]

    @property
    def metric(self) -> Metric | None:
        return self.config.metric if self.config else None


def searched(desk: Desk, library: Library, project: str, sweep_id: str) -> Searched:
    """The sweep of that id; NotFound when there is none."""
    sweep = desk.sweeps.sweep(project, sweep_id)
    wanted = {*sweep.prior_runs, *(trial.run_id for trial in sweep.trials)}
    rows = {row.id: row for row in library.rows(project=project) if row.id in wanted}
    return Searched(project, sweep, _config(sweep), rows)


def row_of(sweep: Sweep) -> SweepRow:
    """A line of the list of sweeps."""
    return SweepRow(**_shared(sweep, _config(sweep)))


def detail_of(desk: Desk, library: Library, found: Searched) -> SweepDetail:
    """All about one sweep."""
    sweep, config, metric = found.sweep, found.config, found.metric
    names = [".".join(one.path) for one in config.parameters] if config else []
    now = time.time()
    worths = {run.id: worth(run, metric) for run in runs_of(library, found)} if metric else {}
    told = (one for one in _trials(sweep) if one.state != LOST or one.run_id in found.rows)
    return SweepDetail(
        **_shared(sweep, config),
        description=sweep.description or (config.description if config else None) or "",
        metric=metric.name if metric else None,
        goal=("maximize" if metric.is_maximized else "minimize") if metric else None,
        expected=expected_runs(config) if config else None,
        agents=sum(desk.sweeps.silence_secs(one.id, now) < DEAD_SECS for one in sweep.agents),
        command=f"wandb agent {ENTITY}/{found.project}/{sweep.id}",
        best=_best(worths),
        stopping=_stopping(config),
        config=sweep.config,
        parameters=list(_parameters(config, sweep.config)),
        trials=[_trial(one, found, worths, names) for one in told],
    )


def runs_of(library: Library, found: Searched) -> list[Run]:
    """The runs that have begun, oldest first."""
    begun = (found.rows[trial.run_id] for trial in _trials(found.sweep) if trial.run_id in found.rows)
    return [library.run((found.project, row.id), row) for row in begun]


def change_state(desk: Desk, project: str, sweep_id: str, state: str) -> None:
    """Pause a sweep, let it go on, end it when its runs are over (finished) or with them (canceled); its agents hear of
    it within seconds."""
    with desk.sweeps.lock:
        sweep = desk.sweeps.sweep(project, sweep_id)
        if sweep.state == CANCELED and state != CANCELED:
            raise UsageError(f"sweep {sweep_id} is canceled; start a new one with `wandb sweep`")
        desk.sweeps.keep(project, replace(sweep, state=state, updated_at=time.time()))


def _config(sweep: Sweep) -> SweepConfig | None:
    try:
        return sweep_config(sweep.config)
    except BelvedereError:
        return None


def _shared(sweep: Sweep, config: SweepConfig | None) -> dict[str, Any]:
    """What a line of the list and a detail say alike."""
    return {
        "id": sweep.id, "state": cast(SweepState, sweep.state.lower()), "created": sweep.created_at,
        "runs": len(sweep.prior_runs) + sweep.counted(), "method": config.method if config else "",
        "name": sweep.display_name or (config.name if config else None) or "",
    }  # fmt: skip


# ---- runs ---------------------------------------------------------------------------------------------------------


def _trials(sweep: Sweep) -> Iterator[Trial]:
    """Those that were there before, then those given out; of a run that was given twice the last word."""
    for run_id in sweep.prior_runs:
        yield Trial(run_id, -1, {}, {}, "", 0.0)
    yield from {trial.run_id: trial for trial in sweep.trials}.values()


def _trial(trial: Trial, found: Searched, worths: Mapping[str, float | None], names: Sequence[str]) -> SweepTrial:
    row = found.rows.get(trial.run_id)
    given = dict(flat(trial.args)) if trial.args or row is None else dict(flat(row.config))
    args = {name: given[name] for name in names if name in given}
    if row is None:
        return SweepTrial(trial.run_id, "waiting", args, created=trial.given_at)
    reached, metric = worths.get(row.id), found.metric
    result = metric.worth(reached) if metric and reached is not None else _odd(row, metric)
    return SweepTrial(
        row.id, cast(TrialState, row.state), args, row.name, result, row.steps, row.created,
        max(0.0, row.updated - row.created), trial.is_ended,
    )  # fmt: skip


def _odd(row: RunRow, metric: Metric | None) -> object:
    """NaN and infinities, which no run is judged by, are said all the same."""
    value = row.summary.get(metric.name) if metric else None
    return jsonable(value) if isinstance(value, float) else None


def _best(worths: Mapping[str, float | None]) -> str | None:
    known = {run_id: value for run_id, value in worths.items() if value is not None}
    return min(known, key=lambda run_id: known[run_id], default=None)


# ---- the search in words ------------------------------------------------------------------------------------------


def _stopping(config: SweepConfig | None) -> str:
    rule = config.hyperband if config else None
    if rule is None:
        return ""
    bands = f"from iteration {rule.min_iter}" if rule.min_iter else f"up to iteration {rule.max_iter}"
    return f"hyperband, {bands}, the best 1/{rule.eta:g} go on"


def _parameters(config: SweepConfig | None, text: str) -> Iterator[SweepParameter]:
    given = read(text).get("parameters") if config else {}
    for one in config.parameters if config else ():
        inner = given
        for part in one.path[:-1]:
            inner = _inside(inner, part).get("parameters")
        varies = one.values is None or len(one.values) > 1
        yield SweepParameter(".".join(one.path), _where(_inside(inner, one.path[-1])), varies)


def _inside(given: object, part: str) -> Mapping[str, object]:
    items = given.items() if isinstance(given, Mapping) else ()
    found: object = next((value for key, value in items if str(key) == part), {})
    return found if isinstance(found, Mapping) else {}


def _plain(bound: object) -> str:
    """A bound as people write it: 0, not 0.0."""
    return f"{bound:.15g}" if isinstance(bound, float) else str(bound)


def _where(given: Mapping[str, object]) -> str:
    """Where the values of a parameter come from: "64, 128, 256", "1e-5 to 0.1, log_uniform_values"."""
    if "value" in given:
        return str(given["value"])
    values = given.get("values")
    if isinstance(values, list | tuple):
        more = f" … {len(values)} values" if len(values) > VALUES_SHOWN else ""
        return ", ".join(map(str, values[:VALUES_SHOWN])) + more
    kind = f", {given['distribution']}" if "distribution" in given else ""
    if "min" in given and "max" in given:
        return f"{_plain(given['min'])} to {_plain(given['max'])}{kind}"
    told = ", ".join(f"{name} {given[name]}" for name in ("mu", "sigma", "a", "b", "q") if name in given)
    return f"{told}{kind}" if told else kind.removeprefix(", ")
