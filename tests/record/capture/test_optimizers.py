import gc
import weakref

import pytest
import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from belvedere.core.errors import UsageError
from belvedere.record.capture.optimizers import StepHooks


class Diary:
    """Hooks on a model of two layers, and what they called."""

    def __init__(self, *, is_given: bool) -> None:
        self.model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        self.first = SGD(self.model[0].parameters(), lr=0.1)
        self.second = AdamW(self.model[1].parameters(), lr=0.1)
        self.entries: list[str] = []
        given: list[Optimizer] = [self.first, self.second] if is_given else []
        self.hooks = StepHooks(
            self.model.parameters(), given,
            begin=lambda optimizer: self.entries.append("begin"), end=lambda: self.entries.append("end"),
        )  # fmt: skip

    def step(self, optimizer: Optimizer, name: str) -> None:
        optimizer.step()
        self.entries.append(name)


@pytest.mark.parametrize("is_given", [True, False])
def test_two_optimizers_make_one_step(is_given: bool) -> None:
    diary = Diary(is_given=is_given)
    for _ in range(2):
        diary.step(diary.first, "first")
        diary.step(diary.second, "second")
    diary.hooks.remove()
    assert diary.entries == ["begin", "first", "end", "second"] * 2


def test_an_optimizer_that_rests_does_not_hold_the_step_open() -> None:
    diary = Diary(is_given=True)
    for name in ("a", "b"):
        diary.step(diary.first, name)
    diary.step(diary.second, "second")
    diary.hooks.remove()
    assert diary.entries == ["begin", "a", "end", "begin", "b", "end", "second"]


def test_an_optimizer_that_was_not_given_is_known_once_it_steps() -> None:
    diary = Diary(is_given=False)
    for name in ("a", "b"):
        diary.step(diary.first, name)  # after the second time it is known to step alone
    for _ in range(2):
        diary.step(diary.second, "second")
        diary.step(diary.first, "first")
    diary.hooks.remove()
    alone, both = ["begin", "a", "end", "begin", "end", "b"], ["begin", "second", "end", "first"]
    assert diary.entries == alone + both + both


def test_optimizers_of_other_models_do_not_count() -> None:
    diary = Diary(is_given=False)
    SGD(nn.Linear(2, 2).parameters(), lr=0.1).step()
    diary.hooks.remove()
    assert diary.entries == []


def test_removed_hooks_call_nothing_and_hold_nothing() -> None:
    diary = Diary(is_given=False)
    diary.hooks.remove()
    diary.first.step()
    assert diary.entries == []
    model = weakref.ref(diary.model)
    del diary
    gc.collect()
    assert model() is None


def test_what_has_no_step_hooks_is_refused() -> None:
    model = nn.Linear(2, 2)
    with pytest.raises(UsageError, match="str has no step hooks"):
        StepHooks(model.parameters(), ["adam"], begin=print, end=print)  # type: ignore[list-item]


def test_an_optimizer_of_another_model_is_refused() -> None:
    other = SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    with pytest.raises(UsageError, match="holds no parameter of the watched model"):
        StepHooks(nn.Linear(2, 2).parameters(), [other], begin=print, end=print)


def test_a_step_after_the_optimizer_was_replaced_is_whole() -> None:
    diary = Diary(is_given=False)
    both = SGD(diary.model.parameters(), lr=0.1)
    both.step()
    both.zero_grad()
    torch.manual_seed(0)
    del both
    gc.collect()
    AdamW(diary.model.parameters(), lr=0.1).step()
    diary.hooks.remove()
    assert diary.entries == ["begin", "end", "begin", "end"]
