"""Red flags of a language model's training: what a person would notice in its curves, told while it still runs.

Pure: a rule gets the points logged so far and says at most one thing about the newest of them. All scales are robust:

    noise s     1.4826 · median |d - median d| / √2 of the differences d between neighbouring points
    m(…)        median; "thirds" are the first, middle and last third of a stretch

not_finite      the loss is NaN or infinite
spike           a loss > m(20 points before) + max(6 s, 10 %); not in the first 10 points
rising          m(5 last) > lowest m(5) so far + max(3 s, 10 %); not in the warm-up
plateau         over the last half of all steps m(third) fell by less than 4 % per e-fold of steps, two standard errors
                included (healthy language models: 10 to 15 %); from 20 points on; not in the warm-up, and not in the
                last tenth of the plan, where the learning rate has gone
mfu_drop        m(5 last step times) > 1.25 · m(first ones) + 6 s, and it came at once
dt_drift        the same, and it came slowly
memory_growth   memory climbs through all thirds of the last 80 % of points, by > 10 %: no cache that fills and stops
memory_full     over 95 % of the device's memory, where that is known

Everything but not_finite, spike and memory_full has to hold at three points in a row.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

HELD = 3  # points in a row
SHORT = 5  # points whose median is "now"
BEFORE = 20  # points that a spike stands out from
SPIKE_MIN = 10  # points before the first can be one
CLIMB = 0.10  # what counts as higher: a tenth
SLOWER = 1.25
FLAT = 0.04  # of the loss, for each time that the number of steps grows e-fold
PLATEAU_MIN = 20  # points
TAIL = 0.9  # of the plan
TIMES_MIN = 12  # intervals before step times are judged
REFERENCE_MAX = 20  # first intervals that tell what is usual
MEMORY_MIN = 15
MEMORY_FULL = 0.95
GRADUAL = 0.25  # of the whole climb lies in each half of it, else it is a jump
GIB = 2**30


@dataclass(frozen=True)
class Flag:
    """One finding: `text` holds the numbers and what to do; `first_step` is where it began."""

    id: str
    title: str
    text: str
    level: str  # warning or critical
    first_step: int


@dataclass(frozen=True)
class Observed:
    """What was measured so far, oldest first. `steps`, `losses`, `dt_ms`, `memory_bytes` are (n,); NaN where nothing
    was: the step of compilation has no dt_ms. Losses are best the means of all steps since the point before."""

    steps: npt.NDArray[np.int64]
    losses: Values
    dt_ms: Values
    memory_bytes: Values
    warmup_steps: int
    planned_steps: float
    memory_limit_bytes: float | None = None

    def without_newest(self, points: int) -> "Observed":
        """As it stood so many points ago."""
        keep = slice(0, len(self.steps) - points)
        return replace(self, steps=self.steps[keep], losses=self.losses[keep], dt_ms=self.dt_ms[keep],
                       memory_bytes=self.memory_bytes[keep])  # fmt: skip


Rule = Callable[[Observed], Flag | None]


def red_flags(seen: Observed) -> list[Flag]:
    """What the newest points say, at most one flag a rule."""
    at_once = [rule(seen) for rule in (not_finite, spike, memory_full)]
    lasting = [held(rule, seen) for rule in (rising, plateau, slower, memory_growth)]
    return [flag for flag in (*at_once, *lasting) if flag is not None]


def held(rule: Rule, seen: Observed) -> Flag | None:
    """The newest flag, when the rule said the same at each of the last three points."""
    if len(seen.steps) <= HELD:
        return None
    said = [rule(seen.without_newest(points)) for points in reversed(range(HELD))]
    return said[-1] if all(said) and len({flag.id for flag in said if flag}) == 1 else None


# ---------------------------------------------------------------------------------------------------------------------
# The loss


def not_finite(seen: Observed) -> Flag | None:
    """A loss that is NaN or infinite."""
    wrong = np.flatnonzero(~np.isfinite(seen.losses))
    if not len(wrong):
        return None
    step = int(seen.steps[wrong[0]])
    return Flag("not_finite", "Loss is not a number", f"loss {seen.losses[wrong[0]]} at step {step}; go back to the "
                "checkpoint before it, with a lower learning rate or in float32", "critical", step)  # fmt: skip


def spike(seen: Observed) -> Flag | None:
    """A single loss far above those before it."""
    losses = seen.losses
    if len(losses) <= SPIKE_MIN or not np.isfinite(losses[-BEFORE - 1 :]).all():
        return None
    before, newest, step = losses[-BEFORE - 1 : -1], losses[-1], int(seen.steps[-1])
    usual = float(np.median(before))
    if newest - usual <= max(6 * noise(before), CLIMB * usual):
        return None
    return Flag("spike", "Loss spike", f"loss {newest:.3f} at step {step} after {usual:.3f} (median of {len(before)} "
                "points before); look at its batch, and at the gradient norm", "warning", step)  # fmt: skip


def rising(seen: Observed) -> Flag | None:
    """The loss stands clearly above its own best."""
    is_after = (seen.steps >= seen.warmup_steps) & np.isfinite(seen.losses)
    steps, losses = seen.steps[is_after], seen.losses[is_after]
    if len(losses) < 2 * SHORT:
        return None
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(losses, SHORT), axis=1)  # (n - 4,)
    best = int(np.argmin(smooth))
    climb = smooth[-1] - smooth[best]
    if climb <= max(3 * noise(losses[-4 * SHORT :]), CLIMB * smooth[best]):
        return None
    step = int(steps[best + SHORT - 1])
    return Flag("rising", "Loss is rising", f"loss {smooth[-1]:.3f}, {climb / smooth[best]:.0%} above its best of "
                f"{smooth[best]:.3f} at step {step} (medians of {SHORT} points); go back to a checkpoint before it and "
                "lower the learning rate", "critical", step)  # fmt: skip


def plateau(seen: Observed) -> Flag | None:
    """The loss no longer falls, although the learning rate is still there."""
    if not len(seen.steps) or seen.steps[-1] > TAIL * seen.planned_steps:
        return None
    is_in = (seen.steps >= max(seen.warmup_steps, seen.steps[-1] / 2)) & np.isfinite(seen.losses)
    steps, losses = seen.steps[is_in], seen.losses[is_in]
    if len(losses) < PLATEAU_MIN:
        return None
    (first, _, last), (early, _, late) = thirds(losses), thirds(steps.astype(np.float64))
    standard_error = 1.2533 * noise(losses) * (2 / (len(losses) // 3)) ** 0.5  # of the difference of two medians
    if first - last + 2 * standard_error >= FLAT * first * np.log(late / early):
        return None
    return Flag("plateau", "Loss stands still", f"loss {first:.3f} to {last:.3f} (+-{standard_error:.3f}) from step "
                f"{steps[0]} to {steps[-1]}, medians of the first and last third; try another learning rate, or more "
                "and other text", "warning", int(steps[0]))  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# The machine


def slower(seen: Observed) -> Flag | None:
    """Steps take longer than at the beginning: at once, or more and more."""
    is_timed = np.isfinite(seen.dt_ms)
    steps, times = seen.steps[is_timed], seen.dt_ms[is_timed]
    if len(times) < TIMES_MIN:
        return None
    reference = times[: min(REFERENCE_MAX, len(times) // 2)]
    usual, now = float(np.median(reference)), float(np.median(times[-SHORT:]))
    if now <= SLOWER * usual + 6 * noise(reference):
        return None
    fast = np.flatnonzero(times < (usual + now) / 2)
    onset = int(steps[min(fast[-1] + 1, len(steps) - 1)])  # the newest itself may be a fast one again
    numbers = f"{usual:.0f} ms a step at first, {now:.0f} ms now ({now / usual:.2f} times)"
    if is_gradual(times):
        return Flag("dt_drift", "Steps take longer and longer", f"{numbers}, half of it by step {onset}; something "
                    "grows with the run: look for a leak, a list of tensors, a file that is read again", "warning",
                    onset)  # fmt: skip
    return Flag("mfu_drop", "MFU dropped", f"{numbers} since step {onset}, so the hardware is used "
                f"{1 - usual / now:.0%} less; look at temperature and clock, at other programs on the machine, and at "
                "the time the data take", "warning", onset)  # fmt: skip


def memory_growth(seen: Observed) -> Flag | None:
    """Memory climbs without an end."""
    is_known = np.isfinite(seen.memory_bytes)
    steps, memory = seen.steps[is_known], seen.memory_bytes[is_known]
    if len(memory) < MEMORY_MIN:
        return None
    steps, memory = steps[len(steps) // 5 :], memory[len(memory) // 5 :]
    first, _, last = thirds(memory)
    if last <= (1 + CLIMB) * first or not is_gradual(memory):
        return None
    return Flag("memory_growth", "Memory grows", f"{first / GIB:.2f} GiB to {last / GIB:.2f} GiB from step {steps[0]} "
                f"to {steps[-1]}; something keeps tensors: look for losses that are collected without detach()",
                "warning", int(steps[0]))  # fmt: skip


def memory_full(seen: Observed) -> Flag | None:
    """The device's memory is nearly used up."""
    limit, newest = seen.memory_limit_bytes, seen.memory_bytes[-1:]
    if limit is None or not len(newest) or not newest[0] > MEMORY_FULL * limit:
        return None
    step = int(seen.steps[-1])
    return Flag("memory_full", "Memory is nearly full", f"{newest[0] / GIB:.2f} of {limit / GIB:.2f} GiB at step {step}"
                "; pass a smaller --micro-batch before it runs out", "warning", step)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# Statistics


def noise(values: Values) -> float:
    """Standard deviation of one point around a slow curve; outliers do not move it."""
    differences = np.diff(values)
    if not len(differences):
        return 0.0
    return float(1.4826 * np.median(np.abs(differences - np.median(differences))) / 2**0.5)


def thirds(values: Values) -> tuple[float, float, float]:
    """Medians of the first, middle and last third."""
    first, middle, last = np.array_split(values, 3)
    return float(np.median(first)), float(np.median(middle)), float(np.median(last))


def is_gradual(values: Values) -> bool:
    """Whether a climb goes through all thirds: in a jump, one of its halves holds nearly all of it."""
    first, middle, last = thirds(values)
    return min(middle - first, last - middle) >= GRADUAL * (last - first) > 0
