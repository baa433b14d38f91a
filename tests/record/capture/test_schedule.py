import pytest

from belvedere.core.errors import UsageError
from belvedere.record.capture.schedule import Budget, every, log_spaced


def test_every_n_begins_at_step_zero() -> None:
    assert [step for step in range(7) if every(3).is_due(step)] == [0, 3, 6]


def test_log_spaced_thins_out() -> None:
    due = [step for step in range(1001) if log_spaced(3).is_due(step)]
    assert due == [0, 1, 3, 5, 10, 22, 47, 100, 216, 465, 1000]


@pytest.mark.parametrize(
    "make", [lambda: every(0), lambda: log_spaced(0), lambda: Budget(0.0, now=0.0), lambda: Budget(2, now=0.0)]
)
def test_impossible_schedules_are_refused(make: object) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(("step_secs", "cost_secs"), [(0.03, 0.008), (0.001, 0.05), (2.0, 0.001), (0.01, 0.0001)])
def test_a_budget_keeps_own_time_under_its_share(step_secs: float, cost_secs: float) -> None:
    now, budget, measured = 100.0, Budget(0.01, now=100.0), 0
    for _ in range(20_000):
        if budget.is_due(now):
            if measured:  # the first one runs into debt, every later one is paid for before it begins
                assert (budget.spent_secs + cost_secs) / (now - 100.0) <= 0.01 + 1e-9
            now += cost_secs
            budget.spend(cost_secs)
            measured += 1
        now += step_secs
    assert measured == pytest.approx(min(20_000, 0.01 * (now - 100.0) / cost_secs), rel=0.05, abs=2)


def test_a_pause_is_not_followed_by_a_burst() -> None:
    budget, now = Budget(0.01, now=0.0), 0.0
    budget.is_due(now)
    budget.spend(0.01)
    now += 600.0  # an evaluation
    due = 0
    for _ in range(50):
        now += 0.03
        if budget.is_due(now):
            budget.spend(0.01)
            due += 1
    assert due <= 2


def test_time_between_measurements_counts_but_predicts_nothing() -> None:
    budget = Budget(0.5, now=0.0)
    budget.spend_between(1.0)
    assert not budget.is_due(1.9)
    assert budget.is_due(2.1)
    assert budget.spent_share(2.0) == 0.5
