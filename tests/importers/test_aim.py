"""Runs of Aim, as Aim gives them, become runs; without Aim one sentence says what to do."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from belvedere.core.errors import UsageError
from belvedere.importers.aim import AimData, AimSequence, AimSource
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import RunFolder
from tests.importers.brought import bring, points, runs


@dataclass
class Series:
    """A metric as Aim hands it out: columns by step."""

    name: str
    told: dict[str, object]
    steps: list[int]
    values: list[float]
    times: list[float]

    @property
    def data(self) -> AimData:
        return self

    @property
    def context(self) -> "Series":
        return self

    def to_dict(self) -> Mapping[str, object]:
        return self.told

    def view(self, columns: list[str]) -> "Series":
        assert columns == ["val", "time"]
        return self

    def numpy(self) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]:
        return np.array(self.steps), [np.array(self.values), np.array(self.times)]

    def items_list(self) -> tuple[list[int], list[list[object]]]:
        return self.steps, [list(self.values), list(self.times)]


@dataclass
class Trained:
    """A run as Aim hands it out."""

    series: list[Series]
    end_time: float | None = None
    hash: str = "0be49f910ed24cf3a138efa0"
    name: str | None = "net"
    experiment: str | None = "vision"
    description: str | None = None
    tags: list[str] = field(default_factory=lambda: ["good"])
    creation_time: float = 1000.0

    def metrics(self) -> Iterable[AimSequence]:
        return self.series

    def collect_sequence_info(self, sequence_types: tuple[str, ...]) -> Mapping[str, list[Mapping[str, object]]]:
        listed = [
            {"name": one.name, "context": one.told, "values": {"last_step": one.steps[-1]}} for one in self.series
        ]
        return {kind: listed if kind == "metric" else [] for kind in sequence_types}


def land(trained: Trained, root: Path) -> bool:
    source = AimSource(root / "x", trained, {"lr": 0.1}, pytest.fail)
    landing = Landing(RunFolder(root, "vision", trained.hash), source.started)
    is_over = source.bring(landing)
    assert not source.is_news(landing.position)
    landing.close()
    return is_over


def test_the_context_stands_in_front_of_the_name_and_later_points_are_added(tmp_path: Path) -> None:
    loss = Series("loss", {"subset": "val"}, [0, 10], [2.0, 1.0], [1001.0, 1002.0])
    cpu = Series("__system__cpu", {}, [0], [7.0], [1001.5])
    assert not land(Trained([loss, cpu]), tmp_path)
    assert not land(Trained([loss, cpu]), tmp_path)
    more = Series("loss", {"subset": "val"}, [0, 5, 10], [2.0, 1.5, 1.0], [1001.0, 1003.0, 1002.0])
    assert land(Trained([more, cpu], end_time=1010.0), tmp_path)
    run = runs(tmp_path)["net"]
    assert points(run, "val/loss") == [(0, 1001.0, 2.0), (5, 1003.0, 1.5), (10, 1002.0, 1.0)]
    assert points(run, "system/cpu") == [(0, 1001.5, 7.0)]
    assert (run.state, run.config, run.tags, run.created) == ("finished", {"lr": 0.1}, ("good",), 1000.0)


def test_without_aim_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".aim" / "meta").mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "aim", None)
    with pytest.raises(UsageError, match="Aim's database is read by Aim itself, which is missing; pip install aim: "):
        bring(tmp_path, tmp_path / "ours")
