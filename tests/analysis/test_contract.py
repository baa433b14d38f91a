"""What every rule keeps to, whoever wrote it."""

import numpy as np
import pytest

from belvedere.analysis.diagnose import all_rules, diagnose
from belvedere.analysis.readable import Held
from belvedere.analysis.rule import HEADINGS, SEVERITIES, Finding, Rule
from belvedere.core.series import RunData
from tests.analysis.runs import LONG, NAN, run_data, series, vectors

RULES = all_rules()


def run_of(rule: Rule, values: list[float], *, names: tuple[str, ...] = ("embed", "h.0", "head")) -> RunData:
    """A run that has all a rule asks for, every series holding the same values."""
    wanted = [entry.split("|")[0].replace("*", "a") for entry in (*rule.needs.series, *rule.needs.optional)]
    families = {*rule.needs.vectors, "grad_norm", "update_ratio", "weight_norm"}
    return RunData(
        LONG,
        name=LONG,
        series={key: series(key, values) for key in wanted},
        vectors={family: vectors(family, [[value] * len(names) for value in values], names) for family in families},
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
class TestEveryRule:
    def test_its_page_says_what_why_how_to_read_and_what_to_do(self, rule: Rule) -> None:
        assert [heading for heading in HEADINGS if f"{heading}:" not in rule.page] == []

    def test_it_declares_what_it_needs(self, rule: Rule) -> None:
        assert rule.needs.series or rule.needs.vectors
        assert rule.severity in SEVERITIES

    def test_it_names_what_an_empty_run_lacks(self, rule: Rule) -> None:
        diagnosis = diagnose(Held(run_data()), rules=[rule])
        assert [found.reason.startswith("no ") for found in diagnosis.not_checked] == [True]

    @pytest.mark.parametrize("values", [[1.0], [NAN], [NAN] * 30, [0.0] * 30, [1.0, NAN, 1.0]])
    def test_it_works_on_one_point_and_on_nothing_but_nan(self, rule: Rule, values: list[float]) -> None:
        verdict = rule(run_of(rule, values, names=(LONG, LONG + "1", "<b>")))
        if isinstance(verdict, Finding):
            assert verdict.rule == rule.id
            assert verdict.first_step <= verdict.last_step
            assert SEVERITIES.index(verdict.severity) >= SEVERITIES.index(rule.severity)
            assert verdict.evidence
            assert verdict.cause
            assert verdict.action

    def test_it_gives_the_same_answer_twice_and_leaves_its_input_alone(self, rule: Rule) -> None:
        data = run_of(rule, [*np.linspace(2, 1, 50), NAN, NAN])
        assert rule(data) == rule(data)
