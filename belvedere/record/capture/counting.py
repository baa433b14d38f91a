"""Which step the user will log the next optimizer step as."""

from typing import Protocol


class Counted(Protocol):
    """A run whose steps are counted, by itself or by its user."""

    has_explicit_steps: bool

    @property
    def step(self) -> int:
        """The step that the next `log` without `step=` belongs to."""
        ...


class StepCount:
    """A run that counts by itself knows its step. A user who passes `step=`, perhaps at every tenth step only, has said
    it for the last logged one: it goes on from there.
    """

    def __init__(self, run: Counted) -> None:
        self._run = run
        self._last_said = (False, -1)  # whether the user counts, and the run's step, at the last change of either
        self._place_said = 0

    def at(self, place: int) -> int:
        """The step of optimizer step number `place`; asked at every place, because it notices what was said since."""
        said = (self._run.has_explicit_steps, self._run.step)
        if said != self._last_said:
            self._last_said, self._place_said = said, place
        return said[1] + 1 + place - self._place_said if said[0] else said[1]
