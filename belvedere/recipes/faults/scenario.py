"""A scenario: a training, the one switch that breaks it, what a diagnosis should say, and how to see that it broke."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

from belvedere.recipes.faults.pathologies import PATHOLOGIES, SEVERITIES
from belvedere.recipes.faults.trace import Trace
from belvedere.recipes.faults.trainings.course import Settings

Shows = Callable[[Trace], bool]


@dataclass(frozen=True)
class Label:
    """The ground truth of a broken run: `pathology` is what a diagnosis should say. `accept` is right as well (another
    name of the same root, or its direct cause), `tolerated` is a true consequence: no false alarm, no hit. `onset` is
    the step from which it is broken, None when it is so from the first step or the data decide. `where` is a block as
    `run.watch` names it, or "rank 1"."""

    pathology: str
    severity: str  # the worst that a diagnosis should say: critical, warning or info
    accept: tuple[str, ...] = ()
    tolerated: tuple[str, ...] = ()
    onset: int | None = None
    where: str | None = None

    def __post_init__(self) -> None:
        unknown = [name for name in (self.pathology, *self.accept, *self.tolerated) if name not in PATHOLOGIES]
        assert not unknown, f"{unknown} are no pathologies of the catalogue"
        assert self.severity in SEVERITIES, f"there is no severity {self.severity!r}"


@dataclass(frozen=True)
class Scenario:
    """`healthy` with `switch` is what the scenario shows; `healthy` as it stands is its twin. Without a label it is a
    healthy habit that looks alarming, and nothing may be said against either of the two."""

    id: str
    about: str  # one sentence: what is done, and what is seen
    healthy: Settings
    switch: Mapping[str, object]
    shows: Shows  # holds for the recorded run with the switch, and not for its twin
    label: Label | None = None

    def __post_init__(self) -> None:
        known = {one.name for one in fields(self.healthy)}  # type: ignore[arg-type]
        assert self.switch.keys() <= known, f"{self.id}: {type(self.healthy).__name__} has no {dict(self.switch)}"

    def settings(self, *, is_twin: bool, steps: int | None = None) -> Settings:
        """Of the run with the switch or of its twin; `steps` instead of the training's own."""
        switch = {} if is_twin else dict(self.switch)
        if steps is not None:
            switch["steps"] = steps
        return replace(self.healthy, **switch)  # type: ignore[type-var]

    @property
    def training(self) -> str:
        """The name of the training, which runs may carry."""
        return type(self.healthy).__name__.lower()
