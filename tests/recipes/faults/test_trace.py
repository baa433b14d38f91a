"""The words in which predicates are said, on curves that the eye can check."""

import numpy as np

from belvedere.recipes.faults.families.generalisation import val_rises_while_train_falls
from belvedere.recipes.faults.families.optimisation import jumps_at, swings
from belvedere.recipes.faults.trace import Blocks, Curve, Trace


def curve(values: object, every: int = 1) -> Curve:
    numbers = np.asarray(values, dtype=np.float64)
    return Curve(np.arange(len(numbers), dtype=np.int64) * every, numbers)


def trace(**scalars: Curve) -> Trace:
    return Trace({name.replace("_", "/"): one for name, one in scalars.items()}, {}, {}, {})


def test_start_end_and_fall() -> None:
    one = curve([4.0, 3.0, 2.0, 1.0])
    assert (one.start(), one.end(), one.fall) == (4.0, 1.0, 0.75)
    assert (one.before(2).values.tolist(), one.since(2).values.tolist()) == ([4.0, 3.0], [2.0, 1.0])
    assert one.between(0.5, 1).tolist() == [2.0, 1.0]


def test_the_middle_of_blocks_leaves_out_what_is_not_known() -> None:
    blocks = Blocks(np.array([0, 1]), ("a", "b", "c"), np.array([[1.0, 2.0, np.nan], [3.0, 9.0, 4.0]]))
    assert blocks.middle.values.tolist() == [1.5, 4.0]
    assert blocks.of("b").values.tolist() == [2.0, 9.0]


def test_a_validation_that_turns_round_while_the_training_loss_falls() -> None:
    falling = curve(2.0 * 0.97 ** np.arange(100))
    assert val_rises_while_train_falls(trace(train_loss=falling, val_loss=curve([2, 1, 1.1, 1.2, 1.4], 20)))
    assert not val_rises_while_train_falls(trace(train_loss=falling, val_loss=curve([2, 1.5, 1.2, 1.1, 1.0], 20)))


def test_a_jump_is_higher_than_the_steps_before() -> None:
    assert jumps_at(5, by=1.0, steps=2)(trace(train_loss=curve([1, 1, 1, 1, 1, 3, 3, 1])))
    assert not jumps_at(5, by=1.0, steps=2)(trace(train_loss=curve([1, 1, 1, 1, 1, 3, 1, 1])))


def test_a_swing_has_its_period() -> None:
    steps = np.arange(200)
    assert swings(curve(2 + np.sin(2 * np.pi * steps / 25)), 25, share=0.5)
    assert not swings(curve(2 + np.sin(2 * np.pi * steps / 11)), 25, share=0.5)
