"""The declarations: everything of the catalogue is there once, with a sentence, and no run gives its fault away."""

from pathlib import Path

import pytest

from belvedere.recipes.faults.catalogue import FAMILIES, SCENARIOS
from belvedere.recipes.faults.labels import Truth, truth_of
from belvedere.recipes.faults.listing import as_json, as_table, as_text
from belvedere.recipes.faults.pathologies import PATHOLOGIES
from belvedere.recipes.faults.runs import Job, jobs_of
from belvedere.recipes.faults.scenario import Label, Scenario
from belvedere.recipes.faults.trainings.classifier import Classifier
from belvedere.recipes.faults.trainings.course import told

PAGE = Path(__file__).resolve().parents[3] / "docs" / "faults.md"
each = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)


def test_every_pathology_of_the_catalogue_is_shown_by_a_scenario() -> None:
    shown = {one.label.pathology for one in SCENARIOS.values() if one.label}
    assert shown == PATHOLOGIES.keys()
    assert len(PATHOLOGIES) == 34  # 30 of learning, and four of speed and memory


def test_no_two_scenarios_have_one_name() -> None:
    assert len(SCENARIOS) == sum(len(family) for family in FAMILIES.values())


def test_only_the_healthy_have_no_label() -> None:
    without = {name for name, family in FAMILIES.items() for one in family if one.label is None}
    assert without == {"healthy"}
    assert all(one.label is None for one in FAMILIES["healthy"])


@each
def test_a_scenario_is_one_sentence(scenario: Scenario) -> None:
    assert scenario.about.endswith(".")
    assert len(scenario.about) <= 115
    assert scenario.about.count(". ") == 0


@each
def test_the_switch_changes_its_twin(scenario: Scenario) -> None:
    twin, broken = scenario.settings(is_twin=True), scenario.settings(is_twin=False)
    assert twin == scenario.healthy
    assert [name for name in scenario.switch if getattr(twin, name) == getattr(broken, name)] == []


@each
def test_an_onset_lies_within_the_run(scenario: Scenario) -> None:
    if scenario.label and scenario.label.onset is not None:
        assert 0 < scenario.label.onset < scenario.healthy.steps
        assert scenario.label.onset in {*scenario.switch.values(), scenario.healthy.steps // 2}


@each
def test_what_a_run_says_of_itself_does_not_give_the_fault_away(scenario: Scenario) -> None:
    job = Job((scenario.id,), is_twin=False, seed=0)
    training, letters = job.run_name.split("-")
    assert training == scenario.training
    assert len(letters) == 4
    words = {*PATHOLOGIES, scenario.id, "fault", "twin", "healthy"}
    assert [word for word in words if word in str(told(job.settings))] == []


def test_a_bug_is_not_in_the_config() -> None:
    assert told(Classifier(label_noise=0.3)) == told(Classifier())
    assert told(Classifier(lr=1.0)) != told(Classifier())


def test_a_label_of_no_pathology_is_refused() -> None:
    with pytest.raises(AssertionError, match="are no pathologies of the catalogue"):
        Label("bad_luck", "warning")


def test_a_twin_of_several_scenarios_is_run_once() -> None:
    jobs = jobs_of(["representation"], [0, 1], None)
    assert [(job.scenarios, job.is_twin, job.seed) for job in jobs] == [
        (("representation_collapse",), False, 0),
        (("dimensional_collapse",), False, 0),
        (("representation_collapse", "dimensional_collapse"), True, 0),
        (("representation_collapse",), False, 1),
        (("dimensional_collapse",), False, 1),
        (("representation_collapse", "dimensional_collapse"), True, 1),
    ]


def test_the_truth_of_a_twin_has_no_label() -> None:
    assert truth_of("k3", ("nan_loss",), is_twin=True, seed=2, steps=9) == Truth("k3", ("nan_loss",), True, 2, 9)
    broken = truth_of("k3", ("nan_loss",), is_twin=False, seed=2, steps=9)
    assert broken == Truth("k3", ("nan_loss",), False, 2, 9, "nan_loss", "critical", onset=150)


def test_the_page_holds_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    table = page.split("<!-- scenarios -->")[1].split("<!-- end of scenarios -->")[0]
    assert table.strip() == as_table().strip(), "run: python -m belvedere.recipes.faults.listing"


def test_the_lists_hold_one_family_when_asked() -> None:
    assert as_text("attention").splitlines()[0] == "attention"
    assert "overfitting" not in as_text("attention")
    assert '"pathology": "attention_logit_growth"' in as_json("attention")
