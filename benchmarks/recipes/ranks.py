"""Two processes against one with the same batch, and a training that is killed and goes on."""

from collections.abc import Iterator

import numpy as np

from belvedere.core.errors import BelvedereError
from belvedere.store.run import Run
from benchmarks.recipes.table import Check
from benchmarks.recipes.workshop import TrainingFailed, Workshop

STEPS, SAVE_EVERY, KILL_AFTER = 400, 50, 120
STEPS_COMPARED = 60  # of one process and of two
TINY = ("--preset", "tiny", "--threads", "1", "--no-pictures", "--device", "cpu", "--sample-tokens", "8")


def checks(workshop: Workshop, seed: int) -> Iterator[Check]:
    """All on the smallest preset: what is compared are numbers, not what was learned."""
    words = [*TINY, "--seed", str(seed)]
    short = [*words, "--steps", str(STEPS_COMPARED)]
    one = workshop.trained("pretrain", f"one-rank-{seed}", short)
    two = workshop.trained("pretrain", f"two-ranks-{seed}", short, ranks=2)
    largest = float(np.abs(losses(one) - losses(two)).max())
    yield Check("ranks", "largest difference of losses, 2 ranks and 1", seed, largest, high=1e-4, digits=7,
                note=f"{STEPS_COMPARED} steps")  # fmt: skip
    steps = [len(two.series("throughput/step_ms", rank=rank).values) for rank in (0, 1)]
    yield Check("ranks", "ranks in one run", seed, sum(count > 0 for count in steps), low=2, high=2, digits=0)

    whole = workshop.trained("pretrain", f"whole-{seed}", [*words, "--steps", str(STEPS)])
    name = f"killed-{seed}"
    kept = [*words, "--steps", str(STEPS), "--save-every", str(SAVE_EVERY)]
    training = workshop.begun("pretrain", name, kept)
    workshop.killed_at(training, lambda: recorded(workshop, name) >= KILL_AFTER)
    at = recorded(workshop, name)
    workshop.trained("pretrain", name, ["--resume", "--seed", str(seed), "--threads", "1", "--device", "cpu"])
    again = workshop.run("pretrain", name)
    yield Check("ranks", "attempts after SIGKILL and --resume", seed, len(again.attempts), low=2, high=2, digits=0,
                note=f"killed after step {at}")  # fmt: skip
    same = losses(again).shape == losses(whole).shape
    largest = float(np.abs(losses(again) - losses(whole)).max()) if same else float("nan")
    yield Check("ranks", "largest difference of losses, killed and whole", seed, largest, high=0.0, digits=7,
                note=f"{len(losses(again))} of {STEPS} steps")  # fmt: skip


def losses(run: Run) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(steps,) as they stand in the charts."""
    return run.series("train/loss").values


def recorded(workshop: Workshop, name: str) -> int:
    """How many steps of the run can be read by now."""
    try:
        return len(losses(workshop.run("pretrain", name)))
    except (BelvedereError, TrainingFailed):
        return 0  # it has not begun
