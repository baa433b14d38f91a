"""One stage after the other, each a run of its own; the runs share a group, and each names its parent."""

import copy
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

import belvedere as bv
from belvedere.recipes.chat.examination import Examination, examined, samples_table
from belvedere.recipes.chat.learner import Learner, new_learner
from belvedere.recipes.chat.lessons import mid_batch, sft_batch
from belvedere.recipes.chat.pictures import log_pictures
from belvedere.recipes.chat.policy import completions_table
from belvedere.recipes.chat.settings import STAGES, Settings
from belvedere.recipes.chat.steps import Taken, lesson_step, policy_step
from belvedere.recipes.optim import rate_multiplier
from belvedere.recipes.stopping import asked_to_stop

SEQUENCE_TOKENS = 32  # a question and its answer
PRINT_EVERY = 25  # steps
WARMUP_STEPS = 20  # of a stage that begins with fresh optimizers


@dataclass(frozen=True)
class Order:
    """What is asked for, and where it is kept."""

    settings: Settings
    project: str = "chat"
    group: str | None = None
    dir: str | Path | None = None
    is_recorded: bool = True


@dataclass(frozen=True)
class Outcome:
    """`values` are those of each step of each stage: its loss, or the reward of the rl stage; `last` the last
    examination of each."""

    values: dict[str, tuple[float, ...]]
    last: dict[str, dict[str, float]]
    is_stopped: bool


def teach(order: Order) -> Outcome:
    """All stages with one model."""
    torch.set_num_threads(order.settings.threads)
    learner, group = new_learner(order.settings), order.group
    values: dict[str, tuple[float, ...]] = {}
    last: dict[str, dict[str, float]] = {}
    parent, steps_before = None, 0
    with asked_to_stop() as asked:
        for name in STAGES:
            learner = learner.for_next_stage()
            stage = Stage(name, learner, asked)
            with start_run(order, stage, group, parent, steps_before) as run:
                values[name] = tuple(stage.trained(run))
                if asked:
                    run.finish(state="stopped")
            last[name], parent, steps_before = stage.last, run.id, steps_before + stage.step
            if asked:
                break
    return Outcome(values, last, bool(asked))


def start_run(order: Order, stage: "Stage", group: str | None, parent: str | None, steps_before: int) -> bv.Run:
    """A run of the group; `parent` is the run whose weights it begins with, `steps_before` count those of all."""
    learner = stage.learner
    follows = {
        "stage": stage.name, "parent": parent, "steps_before": steps_before, "rate": stage.rate,
        "vocab": learner.tokens.vocab, "parameters": learner.model.parameter_count(), "chance": order.settings.chance,
    }  # fmt: skip
    run = bv.init(
        project=order.project, group=group, name=f"chat-{stage.name}", job_type=stage.name, dir=order.dir,
        mode=None if order.is_recorded else "disabled", config=asdict(order.settings) | follows,
    )  # fmt: skip
    run.stage(stage.name)
    run.watch(learner.model, list(learner.optimizers))
    return run


class Stage:
    """A budget of one kind of step, with examinations between."""

    def __init__(self, name: str, learner: Learner, asked: list[int]) -> None:
        self.name, self.learner, self.settings = name, learner, learner.settings
        self.rate = {"mid": 1.0, "sft": learner.settings.sft_rate, "rl": learner.settings.rl_rate}[name]
        self.step = 0
        self.last: dict[str, float] = {}
        self._asked = asked
        self._reference = copy.deepcopy(learner.model).requires_grad_(False)  # where the stage began

    def trained(self, run: bv.Run) -> Iterator[float]:
        """Step until the budget is used or somebody presses Ctrl-C; the value of each step."""
        sequences = self.settings.questions * self.settings.samples if self.name == "rl" else self.settings.batch
        meter = run.throughput(
            tokens_per_step=sequences * SEQUENCE_TOKENS, flops_per_token=self.learner.model.flops_per_token(),
            has_measured_peak=not run.disabled,
        )  # fmt: skip
        started, examined_at = time.process_time(), float("-inf")
        while (fraction := self._fraction(seconds := time.process_time() - started)) < 1 and not self._asked:
            is_due = self._is_due(seconds - examined_at)
            if is_due:
                with meter.phase("evaluation"):
                    self._examine(run)
                examined_at = time.process_time() - started
            taken = self._advance(fraction)
            meter.step()
            self._log(run, taken, is_whole=is_due)
            self.step += 1
            if self.step % PRINT_EVERY == 0:
                print(f"{self.name:4} step {self.step:4d}  {fraction:4.0%}  "
                      f"{'reward' if self.name == 'rl' else 'loss'} {taken.value.item():.3f}", flush=True)  # fmt: skip
            yield taken.value.item()
        self._examine(run)

    def _fraction(self, seconds: float) -> float:
        """How much of the budget is used."""
        if self.settings.steps is not None:
            return self.step / self.settings.steps
        return seconds / self.settings.seconds_of(self.name)

    def _is_due(self, seconds: float) -> bool:
        """Whether it is time for an examination, `seconds` after the last one."""
        every = self.settings.eval_every
        return seconds >= self.settings.eval_seconds if every is None else self.step % every == 0

    def _advance(self, fraction: float) -> Taken:
        """One update; the rate is the schedule's share of the stage's."""
        learner, settings = self.learner, self.settings
        if self.name == "mid":
            rate = rate_multiplier(self.step, fraction)
            return lesson_step(learner, mid_batch(learner.tokens, settings, self.step), rate)
        rate = self.rate * (1 - fraction) * min(1.0, (self.step + 1) / WARMUP_STEPS)
        if self.name == "sft":
            return lesson_step(learner, sft_batch(learner.tokens, settings, self.step), rate)
        return policy_step(learner, self._reference, self.step, rate)

    def _log(self, run: bv.Run, taken: Taken, *, is_whole: bool) -> None:
        """One row; `is_whole` adds the answers that the step learned from."""
        if taken.letters is not None:
            run.log_vector("rl/letters", list(taken.letters.values()), list(taken.letters))
        if is_whole and taken.answers is not None:
            run.log({"completions": completions_table(taken.answers, self.step)}, commit=False)
        run.log(taken.row)

    def _examine(self, run: bv.Run) -> None:
        """What the model can do at this step, in numbers, text and pictures."""
        found: Examination = examined(self.learner, is_practice=self.name == "mid")
        self.last = found.scalars
        run.log(found.scalars | {"samples": samples_table(found.greedy, self.step)}, commit=False)
        log_pictures(run, self.learner)
        scores = {"val/loss": "loss", "evaluation/practice": "practice", "val/accuracy": "greedy", "pass@1": "pass@1"}
        said = "  ".join(f"{word} {found.scalars[key]:.3f}" for key, word in scores.items() if key in found.scalars)
        print(f"{self.name:4} step {self.step:4d}        held out: {said}", flush=True)
