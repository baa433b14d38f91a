"""Rules put together: order, what was not checked, and that growing and finished runs agree."""

import math

import numpy as np

from belvedere.analysis.diagnose import NotChecked, all_rules, diagnose
from belvedere.analysis.readable import Held
from belvedere.analysis.rule import Abstain, Evidence, Finding, Severity, Verdict, rule
from belvedere.core.query import Needs
from belvedere.core.series import RunData
from tests.analysis.runs import NAN, first_steps, run_data


def finding(rule_id: str, severity: Severity, step: int) -> Finding:
    return Finding(rule_id, rule_id, severity, step, step, (Evidence("loss", "1"),), "cause", "action")


@rule(id="late", title="late", needs=Needs(series=("loss",)), severity="critical")
def late(data: RunData) -> Verdict:
    return finding("late", "critical", 9)


@rule(id="early", title="early", needs=Needs(series=("loss",)), severity="critical")
def early(data: RunData) -> Verdict:
    return finding("early", "critical", 2)


@rule(id="mild", title="mild", needs=Needs(series=("loss",)), severity="info")
def mild(data: RunData) -> Verdict:
    return finding("mild", "info", 0)


@rule(id="shy", title="shy", needs=Needs(series=("loss",)), severity="warning")
def shy(data: RunData) -> Verdict:
    return Abstain("1 point is not enough, 5 are needed")


@rule(id="broken", title="broken", needs=Needs(series=("loss",)), severity="warning")
def broken(data: RunData) -> Verdict:
    raise ZeroDivisionError("float division by zero")


@rule(id="hungry", title="hungry", needs=Needs(series=("train/reward|reward",)), severity="warning")
def hungry(data: RunData) -> Verdict:
    raise AssertionError("a rule whose series are missing must not be asked")


def test_findings_come_worst_first_then_earliest() -> None:
    diagnosis = diagnose(Held(run_data({"loss": [1.0]})), rules=[mild, late, early])
    assert [found.rule for found in diagnosis.findings] == ["early", "late", "mild"]


def test_what_could_not_be_checked_says_why() -> None:
    diagnosis = diagnose(Held(run_data({"loss": [1.0]})), rules=[shy, broken, hungry, mild])
    assert diagnosis.not_checked == (
        NotChecked("shy", "1 point is not enough, 5 are needed"),
        NotChecked("broken", "the rule stopped with ZeroDivisionError: float division by zero"),
        NotChecked("hungry", "no series train/reward or reward"),
    )
    assert [found.rule for found in diagnosis.findings] == ["mild"]


def test_the_rules_of_the_package_are_found_and_their_ids_differ() -> None:
    ids = [found.id for found in all_rules()]
    assert "nan_loss" in ids
    assert len(set(ids)) == len(ids)


def test_a_run_diagnosed_while_it_grows_ends_where_the_finished_run_does() -> None:
    rng = np.random.default_rng(0)
    loss = [*(2.0 + rng.normal(0, 0.05, 60)), *[NAN] * 20]
    grads = [[1.0, 1.0, 1.0]] * 57 + [[40.0, 30.0, 1.0]] * 3 + [[NAN] * 3] * 20
    whole = run_data({"loss": loss}, {"grad_norm": grads})
    stated = diagnose(Held(whole)).findings[0]
    for count in range(1, 81):
        findings = diagnose(Held(first_steps(whole, count))).findings
        if count <= 60:
            assert findings == ()
        else:
            assert (findings[0].first_step, findings[0].cause) == (60, stated.cause)
        if count > 61:
            assert (findings[0].severity, findings[0].action) == ("critical", stated.action)
    assert findings == diagnose(Held(whole)).findings
    assert not any(math.isnan(evidence.value) for evidence in stated.evidence if evidence.value is not None)
