"""One run or all of them: which are still missing, in which process each is made, and what is written about it."""

import hashlib
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

import belvedere as bv
from belvedere.recipes.faults import labels
from belvedere.recipes.faults.catalogue import FAMILIES, SCENARIOS
from belvedere.recipes.faults.scenario import Scenario
from belvedere.recipes.faults.trainings.course import Order, Outcome, Settings
from belvedere.recipes.faults.trainings.paced import Paced
from belvedere.recipes.faults.trainings.ranked import Ranked
from belvedere.recipes.stopping import asked_to_stop

TIMED = (Paced, Ranked)  # what they record is time and memory: each has a process of its own, and the machine alone
POLL_SECS = 0.2


@dataclass(frozen=True)
class Job:
    """One training to be run. A twin stands for every scenario that has the same healthy settings."""

    scenarios: tuple[str, ...]
    is_twin: bool
    seed: int
    steps: int | None = None  # instead of the training's own

    @property
    def settings(self) -> Settings:
        """What is trained."""
        return SCENARIOS[self.scenarios[0]].settings(is_twin=self.is_twin, steps=self.steps)

    @property
    def key(self) -> tuple[str, bool, int, int]:
        """What is not run twice."""
        return (self.scenarios[0], self.is_twin, self.seed, self.settings.steps)

    @property
    def run_name(self) -> str:
        """The training and four letters: a name must not tell what is wrong."""
        digest = hashlib.sha256(repr(self.key).encode()).hexdigest()[:4]
        return f"{SCENARIOS[self.scenarios[0]].training}-{digest}"

    @property
    def described(self) -> str:
        """For the console."""
        return f"{self.scenarios[0]}{' (twin)' if self.is_twin else ''}, seed {self.seed}"


def jobs_of(families: Iterable[str], seeds: Iterable[int], steps: int | None) -> list[Job]:
    """Every scenario and every twin with every seed; a twin that several scenarios have in common once."""
    chosen = [one for family in families for one in FAMILIES[family]]
    twins = dict.fromkeys(same_twin(one) for one in chosen)
    jobs: list[Job] = []
    for seed in seeds:
        jobs += [Job((one.id,), False, seed, steps) for one in chosen]
        jobs += [Job(names, True, seed, steps) for names in twins]
    return jobs


def same_twin(scenario: Scenario) -> tuple[str, ...]:
    """All scenarios of the catalogue that have these healthy settings, this one included."""
    return tuple(one.id for one in SCENARIOS.values() if one.healthy == scenario.healthy)


def missing(jobs: Iterable[Job], path: Path) -> list[Job]:
    """Those that no label is written about."""
    known = {truth.key for truth in labels.read(path)}
    return [job for job in jobs if job.key not in known]


def carried_out(job: Job, order: Order) -> Outcome:
    """Train; Ctrl-C ends it after its step."""
    with asked_to_stop() as asked:
        return job.settings.train(replace(order, seed=job.seed, name=job.run_name, asked=(asked,)))


def noted(job: Job, order: Order, outcome: Outcome) -> None:
    """The ground truth of a run that came to its end."""
    if order.is_recorded and not outcome.is_stopped:
        truth = labels.truth_of(outcome.run_id, job.scenarios, is_twin=job.is_twin, seed=job.seed,
                                steps=job.settings.steps)  # fmt: skip
        labels.add(labels.path_of(Path(outcome.folder), order.project), truth)


def all_carried_out(jobs: list[Job], order: Order, *, processes: int) -> Iterator[tuple[Job, Outcome]]:
    """Each as it ends; those that measure time last, one by one. Ctrl-C ends those under way and begins no more."""
    with asked_to_stop() as asked:
        yield from _together([job for job in jobs if not isinstance(job.settings, TIMED)], order, processes, asked)
        for job in jobs:
            if isinstance(job.settings, TIMED) and not asked:
                yield from _together([job], order, 1, asked)


def _together(jobs: list[Job], order: Order, processes: int, asked: list[int]) -> Iterator[tuple[Job, Outcome]]:
    """In so many processes of their own, which start afresh: a fork would copy torch's threads half."""
    if not jobs:
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        of: dict[Future[Outcome], Job] = {}
        waiting = list(reversed(jobs))
        while waiting or of:
            while waiting and len(of) < processes and not asked:
                job = waiting.pop()
                of[pool.submit(carried_out, job, order)] = job
            if not of:
                return
            for future in wait(of, timeout=POLL_SECS, return_when=FIRST_COMPLETED).done:
                job = of.pop(future)
                try:
                    outcome = future.result()
                except BrokenProcessPool:  # Ctrl-C before a process had begun to watch for it
                    if asked:
                        return
                    raise bv.UsageError(f"the process of {job.described} was killed; try a smaller --jobs") from None
                yield job, outcome
