"""Whether recorded runs show their fault and their twins do not, as a table."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from belvedere.recipes.faults import labels
from belvedere.recipes.faults.catalogue import FAMILIES, SCENARIOS
from belvedere.recipes.faults.trace import traced


@dataclass(frozen=True)
class Tally:
    """By seed: whether the run with the switch shows it, and whether its twin does."""

    scenario: str
    shown: dict[int, bool]
    twin_shown: dict[int, bool]

    @property
    def is_good(self) -> bool:
        """Shown on all seeds, and by no twin."""
        both = bool(self.shown) and bool(self.twin_shown)
        return both and all(self.shown.values()) and not any(self.twin_shown.values())

    def line(self) -> str:
        """One row of the table."""
        label = SCENARIOS[self.scenario].label
        said = "-" if label is None else label.pathology
        return (f"{'ok ' if self.is_good else 'NO '} {self.scenario:26} {said:26} {_counted(self.shown):>8} "
                f"{_counted(self.twin_shown):>8}")  # fmt: skip


def _counted(found: dict[int, bool]) -> str:
    return f"{sum(found.values())} of {len(found)}" if found else "not run"


def tallies(folder: Path, project: str) -> list[Tally]:
    """One for each scenario that has a run of full length, in the order of the catalogue."""
    shown: dict[str, dict[int, bool]] = defaultdict(dict)
    twin_shown: dict[str, dict[int, bool]] = defaultdict(dict)
    for truth in labels.read(labels.path_of(folder, project)):
        if truth.steps < SCENARIOS[truth.scenarios[0]].settings(is_twin=truth.is_twin).steps:
            continue  # cut short by --steps: the fault may lie behind its end
        trace = traced(str(folder), f"{project}/{truth.run_id}")
        for name in truth.scenarios:
            (twin_shown if truth.is_twin else shown)[name][truth.seed] = SCENARIOS[name].shows(trace)
    known = shown.keys() | twin_shown.keys()
    return [Tally(one.id, shown[one.id], twin_shown[one.id]) for family in FAMILIES.values() for one in family
            if one.id in known]  # fmt: skip


def table(found: list[Tally]) -> str:
    """All rows and the sum."""
    head = f"    {'scenario':26} {'label':26} {'shown':>8} {'by twin':>8}"
    good = sum(tally.is_good for tally in found)
    return "\n".join([head, *(tally.line() for tally in found), f"{good} of {len(found)} show what they should"])
