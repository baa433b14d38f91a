"""What something costs the training, by clocks that the tests turn."""

from belvedere.live.meter import Meter


class Clock:
    def __init__(self) -> None:
        self.secs = 0.0

    def __call__(self) -> float:
        return self.secs


def metered(passed: float, spent: float) -> Meter:
    clock, cost = Clock(), Clock()
    meter = Meter(clock, cost)
    with meter:
        cost.secs += spent
    clock.secs += passed
    return meter


def test_the_share_is_counted_time_by_passed_time() -> None:
    meter = metered(100.0, 0.05)
    assert meter.share() == 0.0005 and meter.share(0.05) == 0.001
    assert meter.sentence("x", 0.05) == "x took 100.0 ms of 100.0 s in the training, 0.1000%"
    assert Meter(Clock(), Clock()).share() == 0.0


def test_a_training_of_a_moment_is_not_judged() -> None:
    meter = metered(0.1, 0.02)
    assert meter.sentence("x") == "x took 20.0 ms of 0.1 s in the training"
    assert meter.alarm("x") == ""


def test_the_alarm_comes_once_and_only_above_the_limit() -> None:
    assert metered(100.0, 0.1).alarm("x") == ""
    meter = metered(100.0, 0.2)
    assert meter.alarm("x") == ("x took 200.0 ms of 100.0 s in the training, 0.2000%, more than 0.1%; draw less often")
    assert meter.alarm("x") == ""
