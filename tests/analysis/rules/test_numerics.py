"""A loss that is no number: found, dated, graded and explained, and never seen where there is none."""

import numpy as np
import pytest

from belvedere.analysis.rule import Finding
from belvedere.analysis.rules.numerics import nan_loss
from tests.analysis.runs import INF, NAN, run_data

HEALTHY = (2.0 + np.random.default_rng(1).normal(0, 0.1, 60)).tolist()
CALM = [[1.0, 1.0, 1.0]]


def found(*args: object, **options: object) -> Finding:
    verdict = nan_loss(run_data(*args, **options))  # type: ignore[arg-type]
    assert isinstance(verdict, Finding)
    return verdict


@pytest.mark.parametrize("values", [HEALTHY, [1.0], [0.0], [1e308, -1e308], [50.0, *HEALTHY, 80.0]])
def test_a_finite_loss_is_left_in_peace(values: list[float]) -> None:
    assert (
        nan_loss(run_data({"train/loss": values, "lr": [1e-3] * len(values)}, {"grad_norm": CALM * len(values)}))
        is None
    )


def test_nan_in_something_that_is_no_loss_is_not_its_business() -> None:
    assert nan_loss(run_data({"train/loss": HEALTHY, "val/accuracy": [NAN, NAN]})) is None


@pytest.mark.parametrize(("value", "kind"), [(NAN, "NaN"), (INF, "+Inf"), (-INF, "-Inf")])
def test_the_step_and_the_kind_of_number_are_named(value: float, kind: str) -> None:
    finding = found({"train/loss": [2.5, 2.0, value, value, value]})
    assert finding.title == f"train/loss is {kind} at step 2"
    assert (finding.severity, finding.first_step, finding.last_step) == ("critical", 2, 4)
    assert (
        finding.evidence[0].text == f"{kind} at step 2, 2 before; 3 points not finite up to step 4, none finite since"
    )


def test_a_single_nan_that_heals_is_a_warning() -> None:
    finding = found({"loss": [2.0, NAN, 1.9, 1.8]})
    assert (finding.severity, finding.first_step, finding.last_step) == ("warning", 1, 1)
    assert "finite again at step 2" in finding.evidence[0].text
    assert finding.action.startswith("Nothing if a gradient scaler skipped the step")


def test_several_nan_that_heal_stay_critical() -> None:
    assert found({"loss": [2.0, NAN, NAN, 1.8]}).severity == "critical"


@pytest.mark.parametrize(("state", "severity"), [("running", "warning"), ("crashed", "critical")])
def test_one_nan_at_the_end_waits_for_the_next_step_only_while_the_run_goes_on(state: str, severity: str) -> None:
    assert found({"loss": [2.0, 1.9, NAN]}, state=state).severity == severity


def test_nan_before_the_first_number_is_a_warning_about_the_start() -> None:
    finding = found({"loss": [NAN, NAN, 2.0, 1.9]})
    assert finding.severity == "warning"
    assert finding.cause.startswith("The first value logged is already not finite")


def test_nothing_but_nan_is_critical() -> None:
    finding = found({"loss": [NAN] * 5})
    assert (finding.severity, finding.first_step, finding.last_step) == ("critical", 0, 4)


def test_an_evaluation_logged_as_nan_between_its_steps_is_a_remark() -> None:
    finding = found({"train/loss": HEALTHY, "val/loss": [2.0, NAN, NAN, NAN] * 15})
    assert (finding.severity, finding.action) == ("info", "Log val/loss only at the steps where it is evaluated.")


def test_an_even_rhythm_that_ends_in_nan_is_no_remark() -> None:
    assert found({"train/loss": [2.0, NAN] * 5 + [NAN] * 5}).severity == "critical"


def test_a_broken_evaluation_of_a_sound_training_is_a_warning() -> None:
    assert found({"train/loss": HEALTHY, "val/loss": [2.0, NAN, NAN]}).severity == "warning"


def test_the_training_loss_leads_and_the_others_are_evidence() -> None:
    finding = found({"train/loss": [2.0, 2.0, NAN, NAN], "val/loss": [2.0, NAN, NAN, NAN]})
    assert finding.title == "train/loss is NaN at step 2"
    assert [evidence.series for evidence in finding.evidence] == ["train/loss", "val/loss"]


def test_a_jump_of_the_learning_rate_is_the_cause() -> None:
    rate = [1e-3] * 50 + [1e-1] * 14
    finding = found(
        {"train/loss": [*HEALTHY, NAN, NAN, NAN, NAN], "lr": rate}, {"grad_norm": CALM * 55 + [[50] * 3] * 9}
    )
    assert finding.cause == "First sign at step 50: the learning rate jumped from 0.001 to 0.1."
    assert finding.action.startswith("Stop and restart from a checkpoint before step 50 with a learning rate 3 to 10")
    assert [evidence.step for evidence in finding.evidence] == [60, 50, 55]


def test_warm_up_is_no_jump() -> None:
    rate = np.linspace(0, 1e-3, 30).tolist()
    assert "Nothing unusual in lr" in found({"loss": [*HEALTHY[:25], NAN, NAN, NAN, NAN, NAN], "lr": rate}).cause


def test_a_gradient_spike_names_block_size_and_distance() -> None:
    grads = CALM * 57 + [[1.0, 40.0, 1.0]] + CALM * 3
    finding = found({"loss": [*HEALTHY, NAN, NAN]}, {"grad_norm": grads})
    assert finding.evidence[1].text == "grad_norm of h.0 was 40, 40 times its usual at step 57, 3 steps before"
    assert "clip gradients" in finding.action


def test_the_block_that_broke_first_in_the_backward_pass_is_named() -> None:
    grads = CALM * 59 + [[NAN, INF, 1.0]] + [[NAN] * 3] * 2
    finding = found({"loss": [*HEALTHY, NAN, NAN]}, {"grad_norm": grads})
    assert finding.cause == "First sign at step 59: grad_norm was +Inf, h.0 first (2 of 3 blocks not finite)."


def test_what_happened_long_before_is_no_cause() -> None:
    grads = CALM * 20 + [[90.0] * 3] + CALM * 40
    assert "Nothing unusual in grad_norm" in found({"loss": [*HEALTHY, NAN, NAN]}, {"grad_norm": grads}).cause


def test_without_gradients_the_cause_is_said_to_be_unknown() -> None:
    finding = found({"loss": [2.0, NAN, NAN]})
    assert finding.cause.startswith("Unknown: neither gradients nor the learning rate were recorded")
    assert finding.action.endswith("To see the cause next time add run.watch(model) and log lr.")
