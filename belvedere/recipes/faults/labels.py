"""The ground truth beside the runs: `labels.json` in the project's folder, keyed by run id. No run holds any of it."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import belvedere as bv
from belvedere.recipes.faults.catalogue import SCENARIOS
from belvedere.recipes.faults.scenario import Label

NAME = "labels.json"


@dataclass(frozen=True)
class Truth:
    """What one run is. `label` is None for a run in which nothing is wrong: a twin, or a healthy habit. A twin belongs
    to all of `scenarios`, because their healthy settings are the same; any other run to one."""

    run_id: str
    scenarios: tuple[str, ...]
    is_twin: bool
    seed: int
    steps: int
    label: str | None = None
    severity: str | None = None
    accept: tuple[str, ...] = field(default=())
    tolerated: tuple[str, ...] = field(default=())
    onset: int | None = None
    where: str | None = None

    @property
    def key(self) -> tuple[str, bool, int, int]:
        """What is not run twice."""
        return (self.scenarios[0], self.is_twin, self.seed, self.steps)


def truth_of(run_id: str, scenarios: tuple[str, ...], *, is_twin: bool, seed: int, steps: int) -> Truth:
    """With the scenario's label for its broken run, without for all others."""
    label: Label | None = None if is_twin else SCENARIOS[scenarios[0]].label
    if label is None:
        return Truth(run_id, scenarios, is_twin, seed, steps)
    return Truth(run_id, scenarios, is_twin, seed, steps, label.pathology, label.severity, label.accept,
                 label.tolerated, label.onset, label.where)  # fmt: skip


def path_of(folder: Path, project: str) -> Path:
    """Where the labels of a project lie."""
    return folder / project / NAME


def read(path: Path) -> list[Truth]:
    """In the order in which they were run; empty when there is no file yet. UsageError when it is none of ours."""
    if not path.exists():
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = [_truth(run_id, one) for run_id, one in content.items()]
    except (ValueError, TypeError, AttributeError) as fault:
        raise bv.UsageError(f"{path} is no file of labels ({fault}); move it away") from fault
    return [one for one in found if set(one.scenarios) <= SCENARIOS.keys()]


def _truth(run_id: str, content: dict[str, object]) -> Truth:
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in content.items()}
    return Truth(run_id, **fields)  # type: ignore[arg-type]


def add(path: Path, truth: Truth) -> None:
    """Written beside and renamed, so that Ctrl-C leaves the last good file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {one.run_id: asdict(one) for one in [*read(path), truth]}
    for one in content.values():
        del one["run_id"]
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    beside.write_text(json.dumps(content, indent=1), encoding="utf-8")
    os.replace(beside, path)
