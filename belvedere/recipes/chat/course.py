"""A stage from its first step to its checkpoint: clock, examinations, what is recorded, how it stops and goes on."""

import copy
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import belvedere as bv
from belvedere.recipes.chat.arguments import Order
from belvedere.recipes.chat.clock import Clock
from belvedere.recipes.chat.examination import Examiner, predictions_table, samples_table
from belvedere.recipes.chat.learner import Learner, Meter
from belvedere.recipes.chat.lessons import lessons_of
from belvedere.recipes.chat.lineage import lineage_again, lineage_of, remembered, tokens_of
from belvedere.recipes.chat.pictures import log_pictures
from belvedere.recipes.chat.tasks import tasks_of
from belvedere.recipes.checkpoint import Checkpoint, path_of, restore, save
from belvedere.recipes.command import WATCH_BUDGET
from belvedere.recipes.optim import rate_multiplier, whole_memories
from belvedere.recipes.ranks import Ranks, agreed, meet, part, wait
from belvedere.recipes.stopping import asked_to_stop

PRINT_EVERY = 20  # steps
WARMUP_STEPS = 20  # of a stage that begins with fresh optimizers

Row = dict[str, object]


@dataclass(frozen=True)
class Taken:
    """What one step leaves: its value to follow (a loss or a reward), and what is logged of it."""

    value: Tensor  # ()
    row: Row
    tokens: int  # that were read or written, over all ranks
    vectors: dict[str, dict[str, float]] = field(default_factory=dict)
    completions: Callable[[], bv.Table] | None = None  # made only when it is logged


@dataclass(frozen=True)
class Outcome:
    """What a stage leaves: the value of each step, the last examination, the checkpoint."""

    losses: tuple[float, ...]
    last: dict[str, float]
    checkpoint: Path | None  # None on all ranks but the first
    step: int
    is_stopped: bool


Advance = Callable[["Course", float, Meter], Taken]


class Course:
    """One rank's learner with its lessons, and how far it has come."""

    def __init__(self, order: Order, ranks: Ranks) -> None:
        self.order, self.settings, self.ranks = order, order.settings, ranks
        torch.set_num_threads(order.settings.threads)
        kin = order.resumed or order.parent
        tokens = tokens_of(self.settings.tokens, kin)
        self.lessons = lessons_of(self.settings, tokens)
        self.learner = Learner(self.settings, ranks, tokens, self.settings.shape(tokens.vocab))
        self.lineage, self.step = lineage_of(order.parent), 0
        self.tokens = 0
        self.last: dict[str, float] = {}
        if order.parent:
            self.learner.take_over(order.parent)
        if order.resumed:
            restore(order.resumed, self.learner.model, self.learner.optimizers)
            self.lineage, self.step = lineage_again(order.resumed), order.resumed.step
            self.tokens = int(order.resumed.more["tokens_read"])
        group = order.recording.group or self.lineage.group or _new_group()
        self.lineage = replace(self.lineage, group=group)
        tasks, self.tasks_said = tasks_of(self.settings, tokens)
        self.examiner = Examiner(self.learner, self.lessons, tasks)
        self.reference = copy.deepcopy(self.learner.model).requires_grad_(False)  # where the stage began
        if order.resumed:
            self.reference.load_state_dict(order.resumed.more["reference"])
        self.clock = Clock(self.learner.device, before=order.resumed.elapsed if order.resumed else 0.0)

    # --- from the first step to the last ---

    def carried_through(self, advance: Advance) -> Outcome:
        """Steps until the budget is used or somebody presses Ctrl-C."""
        if self.ranks.is_first:
            print(self.described(), flush=True)
        meet(self.ranks, self.learner.device)
        with self.start_run() as run:
            values, is_stopped = self._followed(advance, run)
            path = self._concluded(run)
            if is_stopped:
                run.finish(state="stopped")
        part(self.ranks)
        return Outcome(tuple(value.item() for value in values), self.last, path, self.step, is_stopped)

    def _followed(self, advance: Advance, run: bv.Run) -> tuple[list[Tensor], bool]:
        """The value of each step, and whether it was Ctrl-C."""
        settings, values = self.settings, list[Tensor]()
        meter = run.throughput(
            tokens_per_step=self.tokens_per_step, flops_per_token=self.learner.model.flops_per_token(),
            has_measured_peak=not run.disabled,
        )  # fmt: skip
        self.clock = Clock(self.learner.device, before=self.clock.before)
        with asked_to_stop() as asked:
            while True:
                used = settings.fraction(self.step, self.clock.seconds)
                fraction, is_stopped = agreed(used, bool(asked), self.ranks)
                if fraction >= 1 or is_stopped:
                    return values, is_stopped
                is_due = self.step % settings.eval_every == 0
                if is_due:
                    with meter.phase("evaluation"), self.clock.paused():
                        self.examine(run)
                        wait(self.ranks)  # else the others would count the pause as a slow step
                taken = advance(self, fraction, meter)
                meter.step()
                self._log(run, taken, is_whole=is_due)
                values.append(taken.value)
                self.step += 1
                if self.ranks.is_first and self.step % PRINT_EVERY == 0:
                    print(self.line(fraction, taken), flush=True)
                if self.step % settings.save_every == 0:
                    with meter.phase("checkpoint"), self.clock.paused():
                        self.keep(run)

    def _concluded(self, run: bv.Run) -> Path | None:
        """The checkpoint, then the last examination."""
        path = self.keep(run)
        with self.clock.paused():
            self.examine(run)
        if self.ranks.is_first:
            print(f"checkpoint {path}; go on with --resume", flush=True)
        return path

    def rate(self, fraction: float, *, is_linear: bool) -> float:
        """What multiplies pretraining's learning rates: the stage's share, after a warm-up. Linear: down to 0 from the
        beginning; else constant at first and down at the end, as in pretraining."""
        if not is_linear:
            return self.settings.rate * rate_multiplier(self.step, fraction)
        return self.settings.rate * (1 - fraction) * min(1.0, (self.step + 1) / WARMUP_STEPS)

    # --- what is recorded ---

    def start_run(self) -> bv.Run:
        """One run for all ranks: they find its id without talking. A resumed run goes on at the checkpoint's step."""
        resumed = self.order.resumed if self.order.resumed and self.order.resumed.run_id else None
        recording, stage = self.order.recording, self.order.recipe.stage
        run = bv.init(
            project=recording.project, id=resumed.run_id if resumed else None, name=recording.run_name,
            group=self.lineage.group, job_type=stage, dir=recording.dir, mode=recording.mode, config=self.config(),
            resume="allow" if resumed else None, resume_from=resumed.step if resumed else None,
        )  # fmt: skip
        run.stage(stage)
        run.watch(self.learner.model, list(self.learner.optimizers), budget=WATCH_BUDGET)
        if self.settings.figures_every and not run.disabled:
            bv.figures_every(self.settings.figures_every)
        return run

    def config(self) -> dict[str, object]:
        """All hyper-parameters, and what follows from them."""
        return asdict(self.settings) | {
            "stage": self.order.recipe.stage, "parent": self.lineage.parent or None,
            "steps_before": self.lineage.steps_before, "data_said": self.lessons.said, "world_size": self.ranks.world,
            "vocab": self.learner.tokens.vocab, "parameters": self.learner.model.parameter_count(),
            "flops_per_token": self.learner.model.flops_per_token(), "tokens_per_step": self.tokens_per_step,
        }  # fmt: skip

    def _log(self, run: bv.Run, taken: Taken, *, is_whole: bool) -> None:
        """One row, which ends the run's step; `is_whole` adds the answers that the step learned from."""
        self.tokens += taken.tokens
        for name, shares in taken.vectors.items():
            run.log_vector(name, list(shares.values()), list(shares))
        if is_whole and taken.completions is not None and self.ranks.is_first:
            run.log({"completions": taken.completions()}, commit=False)
        run.log(taken.row | {"lr": self.learner.rate, "train/tokens": self.tokens})

    def examine(self, run: bv.Run) -> None:
        """What the model can do at this step, in numbers, text and pictures."""
        found = self.examiner.examined(is_practice=self.order.recipe.stage == "mid")
        self.last = found.scalars
        if not self.ranks.is_first:
            return
        run.log(found.scalars, commit=False)
        if not run.disabled:
            samples = samples_table(self.learner, found.greedy, self.step)
            run.log({"samples": samples, "evaluation/predictions": predictions_table(found.greedy)}, commit=False)
            if self.settings.has_pictures:
                log_pictures(run, self.learner, self.lessons)
        names = {"val/loss": "loss", "evaluation/lookup": "look-up", "evaluation/practice": "practice",
                 "val/accuracy": "greedy", "pass@1": "sampled"}  # fmt: skip
        said = "  ".join(f"{word} {self.last[key]:.3f}" for key, word in names.items() if key in self.last)
        if "pass@1" in self.last:
            said += f" [{self.last['pass@1/low']:.3f}, {self.last['pass@1/high']:.3f}]"
        print(f"step {self.step:5d}        held out: {said}", flush=True)

    # --- checkpoints ---

    def keep(self, run: bv.Run) -> Path | None:
        """One file per run: the newest checkpoint replaces the one before. All ranks together, each has a part of the
        optimizers' memory; the first one writes."""
        memories = whole_memories(self.learner.optimizers)
        if not self.ranks.is_first:
            return None
        path = path_of(self.order.recording.out_dir, self.order.recipe.name, run.id)
        run_id = run.id if self.order.recording.is_recorded else ""
        save(path, self._checkpoint(run_id, memories))
        return path

    def _checkpoint(self, run_id: str, memories: list[dict[str, Any]]) -> Checkpoint:
        """Everything that going on, or the next stage, needs."""
        more = remembered(self.learner.tokens, self.lineage) | {"tokens_read": self.tokens}
        more["reference"] = dict(self.reference.state_dict())
        return Checkpoint(self.order.recipe.name, asdict(self.settings), self.step, self.clock.seconds,
                          self.order.recording.project, run_id, dict(self.learner.model.state_dict()), memories,
                          more)  # fmt: skip

    # --- in words ---

    @property
    def tokens_per_step(self) -> int:
        """About how many tokens a step reads, over all ranks: exact where all sequences are of one length."""
        settings = self.settings
        if self.order.recipe.stage == "mid":
            return int(self.lessons.practice(0).batch.sequences.numel())
        if self.order.recipe.stage == "sft":
            return int(self.lessons.answers(0).sequences.numel())
        prompts = [len(self.learner.tokens.prompt(row)) for row in self.lessons.questions(0)]
        return (sum(prompts) + len(prompts) * settings.new_tokens) * settings.samples

    def described(self) -> str:
        """The numbers, computed aloud."""
        settings, model = self.settings, self.learner.model
        budget = f"{settings.steps:,} steps" if settings.steps is not None else f"{settings.seconds:g} s of training"
        begins = f"the weights of {self.lineage.parent or 'an unrecorded run'}" if self.lineage.steps_before else (
            "new weights")  # fmt: skip
        return (
            f"lessons    {self.lessons.said}\n"
            f"tasks      {self.tasks_said}\n"
            f"model      {settings.layers} layers x {settings.width} wide, {settings.heads} heads, "
            f"V = {self.learner.tokens.vocab:,}: {model.parameter_count():,} parameters; begins with {begins}\n"
            f"step       {self.tokens_per_step:,} tokens; examined every {settings.eval_every} on "
            f"{len(self.lessons.held_out)} held-out questions\n"
            f"budget     {budget} on {settings.device} in {settings.dtype}, "
            f"{self.ranks.world} x {settings.threads} CPU threads; group {self.lineage.group}"
        )

    def line(self, fraction: float, taken: Taken) -> str:
        """One line of progress."""
        what = "reward" if self.order.recipe.stage == "rl" else "loss"
        return (f"step {self.step:5d}  {fraction:4.0%}  {what} {taken.value.item():.3f}  lr {self.learner.rate:.4f}  "
                f"{self.clock.seconds:5.1f} s")  # fmt: skip


def _new_group() -> str:
    """What a first stage calls itself and its descendants; the same on all ranks."""
    together = os.environ.get("TORCHELASTIC_RUN_ID", "")
    return f"chat-{together[:8]}" if together not in ("", "none") else time.strftime("chat-%m%d-%H%M%S")
