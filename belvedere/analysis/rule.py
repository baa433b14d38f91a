"""A rule: a pure function of recorded series that says what is wrong with a run, or that it cannot tell.

    @rule(id="nan_loss", title="…", needs=Needs(series=("train/loss|loss",)), severity="critical")
    def nan_loss(data: RunData) -> Verdict:
        \"""One sentence.

        What it does: …   Why it is bad: …   How to read it: …   What to do: …
        \"""

The docstring is the rule's page. A module in `belvedere/analysis/rules/` is all it takes to add one.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from belvedere.core.query import Needs
from belvedere.core.series import RunData

Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")  # the worst first: the order findings are shown in
HEADINGS = ("What it does", "Why it is bad", "How to read it", "What to do")


@dataclass(frozen=True)
class Evidence:
    """One observation behind a finding, with its numbers in `text`. `value` is None where it is not finite."""

    series: str
    text: str
    step: int | None = None
    value: float | None = None


@dataclass(frozen=True)
class Finding:
    """What a rule says. It spans `first_step` to `last_step`, both inclusive."""

    rule: str
    title: str
    severity: Severity
    first_step: int
    last_step: int
    evidence: tuple[Evidence, ...]
    cause: str
    action: str


@dataclass(frozen=True)
class Abstain:
    """The rule cannot tell: `reason` says which evidence is not enough."""

    reason: str


Verdict: TypeAlias = Finding | Abstain | None


@dataclass(frozen=True)
class Rule:
    """A check with what it needs; `severity` is the worst it can say, `page` its documentation."""

    id: str
    title: str
    needs: Needs
    severity: Severity
    check: Callable[[RunData], Verdict] = field(repr=False)
    page: str = field(repr=False)

    def __call__(self, data: RunData) -> Verdict:
        return self.check(data)


def rule(*, id: str, title: str, needs: Needs, severity: Severity) -> Callable[[Callable[[RunData], Verdict]], Rule]:
    """Make a Rule of the function below."""

    def declare(check: Callable[[RunData], Verdict]) -> Rule:
        return Rule(id, title, needs, severity, check, inspect.getdoc(check) or "")

    return declare
