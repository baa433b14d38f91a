"""Benchmarks are run by hand; what they import must still be there when somebody does."""

import importlib
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).parents[2] / "benchmarks").glob("bench_*.py"))


@pytest.mark.parametrize("name", [path.stem for path in BENCHMARKS])
def test_it_finds_what_it_imports(name: str) -> None:
    assert callable(importlib.import_module(f"benchmarks.{name}").main)
