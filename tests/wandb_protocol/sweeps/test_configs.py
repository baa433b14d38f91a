"""Sweep configurations: plain YAML that makes sense, and nothing else."""

import pytest

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.sweeps.configs import Hyperband, Metric, sweep_config

PLAIN = "parameters: {lr: {min: 0.1, max: 1.0}}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefg", "bcdefgh")
)


def test_a_configuration_says_what_to_search_and_how() -> None:
    found = sweep_config(
        "name: n\nmethod: bayes\nprogram: train.py\nrun_cap: 20\nmetric: {name: val/acc, goal: maximize}\n"
        "early_terminate: {type: hyperband, min_iter: 3, eta: 2}\n" + PLAIN
    )
    assert (found.name, found.method, found.program, found.run_cap) == ("n", "bayes", "train.py", 20)
    assert (found.metric, found.hyperband) == (Metric("val/acc", True), Hyperband(2.0, 3))
    assert [one.name for one in found.parameters] == ["lr"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is a NoneType; write a mapping"),
        ("[1, 2]", "is a list; write a mapping"),
        ("{", "is no plain YAML"),
        ("!!python/object/apply:os.system ['true']", "is no plain YAML: could not determine a constructor"),
        ("method: grid", "the sweep has no parameters"),
        (PLAIN, "sweep method 'None' is not known; use grid, random, bayes"),
        ("method: annealing\n" + PLAIN, "sweep method 'annealing' is not known"),
        ("method: grid\n" + PLAIN, "a grid cannot list all values of 'lr'"),
        ("method: bayes\n" + PLAIN, "method: bayes needs a metric"),
        ("method: bayes\nmetric: {goal: minimize}\n" + PLAIN, "has no name"),
        ("method: bayes\nmetric: {name: a, goal: up}\n" + PLAIN, "use minimize or maximize"),
        ("method: random\nearly_terminate: {type: hyperband, min_iter: 3}\n" + PLAIN, "early_terminate needs a metric"),
        ("method: random\nmetric: {name: a}\nearly_terminate: {type: median}\n" + PLAIN, "use hyperband"),
        ("method: random\nmetric: {name: a}\nearly_terminate: {type: hyperband}\n" + PLAIN, "either min_iter, or"),
        ("method: random\nmetric: {name: a}\nearly_terminate: {type: hyperband, eta: 1}\n" + PLAIN, "eta is '1'"),
        ("method: random\nrun_cap: 0\n" + PLAIN, "run_cap is '0'"),
        ("method: random\nrun_cap: .inf\n" + PLAIN, "run_cap is 'inf'"),
        ("method: random\nrun_cap: .nan\n" + PLAIN, "run_cap is 'nan'"),
        ("x" * (256 * 1024 + 1), "262145 characters refused"),
        ("a: &a [*a]\nmethod: grid\n" + PLAIN, "contains itself"),
        (BOMB + "method: grid\n" + PLAIN, "stands for more than 200000 items"),
        ("[" * 50_000, "nested too deeply"),
    ],
)  # fmt: skip
def test_a_configuration_that_makes_no_sense_is_refused_in_a_sentence(text: str, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        sweep_config(text)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)
