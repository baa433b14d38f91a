"""Rules on numbers that are no numbers."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from belvedere.analysis.lookback import (
    LOOK_BACK_STEPS,
    SIGNALS,
    Anomaly,
    anomalies,
    number_kind,
    signals_recorded,
    spread,
)
from belvedere.analysis.losses import ANY_LOSS, LOSSES, is_evaluation, is_loss
from belvedere.analysis.rule import SEVERITIES, Evidence, Finding, Severity, Verdict, rule
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series

EVIDENCE_MAX = 6


@dataclass(frozen=True)
class Break:
    """Where one loss series stops being finite. `count` and `longest` are of logged points."""

    key: str
    first_step: int
    last_step: int
    kind: str
    count: int
    longest: int
    is_leading: bool
    recovered: int | None  # the first finite step after
    ends_finite: bool
    previous: float | None


@rule(
    id="nan_loss",
    title="The loss is not a number",
    needs=Needs(series=(ANY_LOSS,), optional=(*LOSSES, *SIGNALS)),
    severity="critical",
)
def nan_loss(data: RunData) -> Verdict:
    """A loss became NaN or infinite.

    What it does: finds the first value of a loss series (`train/loss`, `loss`, any `*/loss`, `loss/*` or `*_loss`) that
    is NaN, +Inf or -Inf, counts how many followed, and looks through the 20 steps before it for the first unusual
    learning rate, gradient norm, update ratio or weight norm.

    Why it is bad: an update computed from such a loss makes every weight NaN. From there on the run only costs
    money, and checkpoints written after that step are lost.

    How to read it: critical means that the loss stayed so for two or more points, or that the run ended on it. A
    single point after which the loss was finite again is a warning: a gradient scaler that skips a step looks exactly
    like that. A loss of an evaluation is a warning too, because it takes no part in the updates. A series that is NaN
    only between its regular evaluations is a remark. NaN is a symptom; the cause is the earliest unusual signal before
    it. +Inf points at an overflow (exp, float16 above 65504), NaN at 0/0, the log of a negative number, or a bad value
    in the data.

    What to do: stop, restart from a checkpoint before the cause, and keep the batch of that step. Lower the learning
    rate or clip gradients where the evidence shows a jump; otherwise check log, division and exp in the loss, and the
    precision.
    """
    breaks = [
        (_severity(found, data), found) for key in filter(is_loss, data.series) if (found := _break(data.series[key]))
    ]
    if not breaks:
        return None
    severity, first = min(breaks, key=lambda pair: (SEVERITIES.index(pair[0]), pair[1].first_step))
    causes = anomalies(data, before=first.first_step)
    others = [found for _, found in breaks if found is not first]
    return Finding(
        rule="nan_loss",
        title=f"{first.key} is {first.kind} at step {first.first_step}",
        severity=severity,
        first_step=first.first_step,
        last_step=first.last_step,
        evidence=tuple(_evidence(first, causes, others, spread(data, since=first.first_step)))[:EVIDENCE_MAX],
        cause=_cause(data, first, causes, severity),
        action=_action(first, causes, severity, is_watched="grad_norm" in data.vectors),
    )


def _break(series: Series) -> Break | None:
    is_bad = ~np.isfinite(series.values)
    bad = np.flatnonzero(is_bad)
    if not len(bad):
        return None
    first, after = int(bad[0]), np.flatnonzero(~is_bad[bad[0] :])
    stretches = np.split(bad, np.flatnonzero(np.diff(bad) > 1) + 1)
    return Break(
        key=series.key,
        first_step=int(series.steps[first]),
        last_step=int(series.steps[bad[-1]]),
        kind=number_kind(float(series.values[first])),
        count=len(bad),
        longest=max(len(stretch) for stretch in stretches),
        is_leading=first == 0,
        recovered=int(series.steps[first + after[0]]) if len(after) else None,
        ends_finite=not is_bad[-1],
        previous=float(series.values[first - 1]) if first else None,
    )


def _severity(found: Break, data: RunData) -> Severity:
    if _is_placeholder(data.series[found.key]):
        return "info"
    # A loss of an evaluation takes no part in the updates: the weights are sound as long as the training loss is.
    if is_evaluation(found.key):
        return "warning"
    if found.is_leading and found.ends_finite and found.last_step < (found.recovered or 0):
        return "warning"
    if found.longest > 1:
        return "critical"
    return "warning" if found.ends_finite or data.state == "running" else "critical"


def _is_placeholder(series: Series) -> bool:
    """Whether finite values come at an even rhythm with NaN between: how some loops log what they did not evaluate."""
    finite = np.flatnonzero(np.isfinite(series.values))
    rhythm = np.diff(finite)
    if len(rhythm) < 2 or rhythm[0] < 2 or np.isinf(series.values).any():
        return False
    ends_in_rhythm = len(series) - int(finite[-1]) <= rhythm[0]
    return ends_in_rhythm and bool((rhythm == rhythm[0]).all())


def _evidence(first: Break, causes: list[Anomaly], others: list[Break], after: list[Anomaly]) -> Iterator[Evidence]:
    yield Evidence(
        first.key, f"{first.kind} at step {first.first_step}{_before(first)}; {_aftermath(first)}", first.first_step
    )
    for cause in causes:
        distance = first.first_step - cause.step
        yield Evidence(
            cause.series, f"{cause.text} at step {cause.step}, {_steps(distance)} before", cause.step, cause.value
        )
    for other in others:
        yield Evidence(other.key, f"{other.kind} from step {other.first_step}; {_aftermath(other)}", other.first_step)
    for anomaly in after:
        yield Evidence(anomaly.series, f"{anomaly.text} at step {anomaly.step}", anomaly.step)


def _before(found: Break) -> str:
    return f", {found.previous:.4g} before" if found.previous is not None else ", the first point logged"


def _aftermath(found: Break) -> str:
    points = (
        f"{found.count} points not finite up to step {found.last_step}" if found.count > 1 else "1 point not finite"
    )
    if found.recovered is None:
        return f"{points}, none finite since"
    return f"{points}, finite again at step {found.recovered}{'' if found.ends_finite else ' but not at the end'}"


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _cause(data: RunData, first: Break, causes: list[Anomaly], severity: Severity) -> str:
    if severity == "info":
        return f"{first.key} is logged as NaN between its regular values; nothing broke."
    if causes:
        return f"First sign at step {causes[0].step}: {causes[0].text}."
    if first.is_leading:
        return (
            "The first value logged is already not finite: look at data, initialisation and the loss, not at training."
        )
    recorded = signals_recorded(data, before=first.first_step)
    if not recorded:
        return "Unknown: neither gradients nor the learning rate were recorded in the steps before."
    return (
        f"Nothing unusual in {', '.join(recorded)} in the {LOOK_BACK_STEPS} steps before: "
        f"the batch of step {first.first_step} or the arithmetic of the loss."
    )


def _action(first: Break, causes: list[Anomaly], severity: Severity, *, is_watched: bool) -> str:
    batch = f"the batch of step {first.first_step}"
    if severity == "info":
        return f"Log {first.key} only at the steps where it is evaluated."
    if is_evaluation(first.key):
        return (
            f"Look at the evaluation data of step {first.first_step}, and for empty batches and log(0) in the metric."
        )
    if first.recovered is not None and severity == "warning":
        return f"Nothing if a gradient scaler skipped the step; else look at {batch} and check log, division and exp."
    if not causes:
        more = "" if is_watched or first.is_leading else " To see the cause next time add run.watch(model) and log lr."
        return f"Stop. Keep {batch} and check log, division and exp in the loss, and float16 overflow.{more}"
    restart = f"Stop and restart from a checkpoint before step {causes[0].step}"
    if causes[0].signal == "learning rate":
        return f"{restart} with a learning rate 3 to 10 times lower, or a longer warm-up."
    if causes[0].signal == "spike":
        batches = f"the batches of steps {causes[0].step} to {first.first_step}"
        return f"{restart}; clip gradients or lower the learning rate, and look at {batches}."
    return f"{restart}; keep {batch}, and check float16 overflow, log, division and exp in the part named first."
