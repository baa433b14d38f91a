"""All rules over one run: what is wrong, worst and earliest first, and what could not be checked and why.

A diagnosis depends on the recorded series alone, so a run diagnosed while it grows ends with the findings that the
finished run gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from belvedere.analysis.readable import Readable, missing
from belvedere.analysis.rule import SEVERITIES, Abstain, Finding, Rule
from belvedere.core.registry import discover

# What arithmetic on odd data can raise. Anything else is a mistake in the program and has to be seen.
RULE_ERRORS = (ArithmeticError, ValueError, LookupError, TypeError)


@dataclass(frozen=True)
class NotChecked:
    """A rule that could not speak: `reason` names the series that is missing, or what else was in its way."""

    rule: str
    reason: str


@dataclass(frozen=True)
class Diagnosis:
    """Findings, critical ones first and then by first step, and the rules that could not be checked."""

    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]


def all_rules() -> list[Rule]:
    """Every rule of the package and of the entry-point group `belvedere.rules`."""
    return discover("belvedere.analysis.rules", Rule, "belvedere.rules")


def diagnose(run: Readable, *, rules: Sequence[Rule] | None = None) -> Diagnosis:
    """What `rules` (all of them by default) say about a run."""
    verdicts = [_checked(rule, run) for rule in (all_rules() if rules is None else rules)]
    findings = [verdict for verdict in verdicts if isinstance(verdict, Finding)]
    not_checked = [verdict for verdict in verdicts if isinstance(verdict, NotChecked)]
    return Diagnosis(tuple(sorted(findings, key=_urgency)), tuple(not_checked))


def _checked(rule: Rule, run: Readable) -> Finding | NotChecked | None:
    data = run.data(rule.needs)
    if absent := missing(rule.needs, data):
        return NotChecked(rule.id, absent)
    try:
        verdict = rule(data)
    except RULE_ERRORS as error:
        return NotChecked(rule.id, f"the rule stopped with {type(error).__name__}: {error}")
    return NotChecked(rule.id, verdict.reason) if isinstance(verdict, Abstain) else verdict


def _urgency(finding: Finding) -> tuple[int, int, str]:
    return SEVERITIES.index(finding.severity), finding.first_step, finding.rule
