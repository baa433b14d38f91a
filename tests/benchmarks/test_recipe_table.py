"""The table of bench_recipes: bounds, verdicts, words; and the parts that need no training."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import bench_recipes
from benchmarks.recipes.table import Check, bounds, lines, rows_of
from benchmarks.recipes.workshop import TrainingFailed, Workshop

CHECKS = [
    Check("chat", "look-up", 0, 0.95, low=0.9),
    Check("chat", "sampled", 0, 0.6, low=0.55, high=0.75, note="n = 256"),
    Check("chat", "look-up", 1, 0.85, low=0.9),
]


def test_a_check_holds_within_its_bounds_and_never_for_nan() -> None:
    assert [check.ok for check in CHECKS] == [True, True, False]
    assert Check("x", "y", 0, 2.4, high=2.4).ok
    assert not Check("x", "y", 0, 2.41, high=2.4).ok
    assert not Check("x", "y", 0, math.nan, low=0.0).ok
    assert not Check("x", "y", 0, math.inf, low=0.0).ok


def test_bounds_are_said_as_one_writes_them() -> None:
    assert bounds(0.9, None) == "≥ 0.9"
    assert bounds(None, 2.4) == "≤ 2.4"
    assert bounds(0.55, 0.75) == "0.55 … 0.75"
    assert bounds(108_761_088, 108_761_088) == "= 108,761,088"


def test_seeds_of_a_check_share_a_row_and_one_that_misses_is_named() -> None:
    first, second = rows_of(CHECKS)
    assert (first.seeds, first.measured, first.missed, first.ok) == ((0, 1), (0.95, 0.85), (1,), False)
    assert (second.seeds, second.ok) == ((0,), True)
    assert lines([first, second]) == [
        "part  what     asked        measured, by seed  ok",
        "chat  look-up  ≥ 0.9        0.950  0.850       MISSED by seed 1",
        "chat  sampled  0.55 … 0.75  0.600 (n = 256)    ok",
    ]


def test_numbers_are_short_and_small_ones_keep_their_size() -> None:
    assert Check("x", "y", 0, 107_993_856, digits=0).shown == "107,993,856"
    assert Check("x", "y", 0, 3.1e-9, digits=7).shown == "3.1e-09"
    assert Check("x", "y", 0, 0.0, digits=7).shown == "0.0000000"


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Three parts that train nothing, and whose calls are kept."""
    pytest.importorskip("torch")
    asked: list[tuple[str, int]] = []

    def part(name: str, value: float) -> None:
        def checks(workshop: Workshop, seed: int) -> Iterator[Check]:
            asked.append((name, seed))
            yield Check(name, "number", seed, value + seed, high=2.0)

        monkeypatch.setitem(bench_recipes.PARTS, name, checks)

    part("pretrain", 0.0)
    part("london", 0.5)
    return asked


def test_every_seed_is_trained_and_what_depends_on_none_only_once(
    parts: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench_recipes.main(["--only", "pretrain", "london", "--seeds", "0", "3", "--json"]) == 1
    assert parts == [("pretrain", 0), ("pretrain", 3), ("london", 0)]
    said = capsys.readouterr()
    rows = json.loads(said.out)
    assert [(row["part"], row["measured"], row["missed"], row["ok"]) for row in rows] == [
        ("pretrain", [0.0, 3.0], [3], False), ("london", [0.5], [], True),
    ]  # fmt: skip
    assert "number: 3.000 (MISSED; asked ≤ 2)" in said.err


def test_a_training_that_fails_ends_the_table_with_its_own_words(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    with pytest.raises(TrainingFailed, match="ended with exit code 2:\npretrain: --steps is 0; give at least 1"):
        Workshop(tmp_path).trained("pretrain", "none", ["--steps", "0"])
