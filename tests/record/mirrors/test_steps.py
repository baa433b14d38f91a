"""Rows in the order of their steps."""

from belvedere.core.entries import Logged
from belvedere.record.mirrors.steps import Ordered


class Clock:
    def __init__(self) -> None:
        self.secs = 0.0

    def __call__(self) -> float:
        return self.secs


def row(step: int) -> Logged:
    return Logged(step, 0.0, {"step": step})


def test_rows_wait_and_come_in_the_order_of_their_steps() -> None:
    clock = Clock()
    ordered = Ordered(hold_secs=2.0, now=clock)
    for step in (3, 1, 2):
        ordered.add(row(step))
    assert list(ordered.ready()) == []
    clock.secs = 1.0
    ordered.add(row(0))
    ordered.add(row(9))
    clock.secs = 2.0
    assert [one.step for one in ordered.ready()] == [0, 1, 2, 3]
    assert [one.step for one in ordered.rest()] == [9]


def test_rows_of_one_step_stay_as_they_came() -> None:
    ordered = Ordered(hold_secs=0.0)
    first, second = Logged(1, 0.0, {"a": 1}), Logged(1, 0.0, {"b": 2})
    ordered.add(first)
    ordered.add(second)
    assert list(ordered.ready()) == [first, second]


def test_no_more_than_a_bounded_number_waits() -> None:
    ordered = Ordered(hold_secs=1e9, held_max=2)
    for step in range(5):
        ordered.add(row(step))
    assert [one.step for one in ordered.ready()] == [0, 1, 2]
