"""Train a GPT-2 on historical texts, or on whatever text there is, recorded with Belvedere.

    python -m belvedere.recipes.london                     # 110 s of one core, on Python's own source code
    python -m belvedere.recipes.london --data TEXTS        # a file or folder of your own
    torchrun --standalone --nproc_per_node=2 -m belvedere.recipes.london -- --preset slm --data TEXTS --run=NAME
    belvedere sync http://SERVER:7007                      # afterwards, or never: nothing leaves this machine before

Five panels tell how it goes: train/loss, train/mfu, train/lr, train/iter, train/dt_ms; and at every evaluation
eval/train_loss, eval/val_loss, eval/val_ppl, eval/iter. Red flags are raised live (red_flags.py).
Reads from top to bottom: main, the training, one step, what is recorded.
"""

import math
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.optim import AdamW

import belvedere as bv
from belvedere.recipes.checkpoint import Checkpoint, path_of, restore, save
from belvedere.recipes.command import WATCH_BUDGET, carried_out
from belvedere.recipes.corpora.batches import windows
from belvedere.recipes.corpora.text_stream import described
from belvedere.recipes.corpora.token_file import TokenFile, token_file
from belvedere.recipes.historical.arguments import RECIPE, Order, order_of, parser, used_fraction
from belvedere.recipes.historical.examination import Examination, Losses
from belvedere.recipes.historical.machine import hardware, memory_held, memory_limit
from belvedere.recipes.historical.panels import History, point
from belvedere.recipes.historical.phases import PHASES, expected_losses, is_comparable, judged, phase_at
from belvedere.recipes.historical.settings import BETAS, CLIP, FLOOR, PRESETS, Settings
from belvedere.recipes.historical.telling import line, opening, peak
from belvedere.recipes.models.gpt2 import GPT2
from belvedere.recipes.ranks import Ranks, agreed, average_gradients, meet, part, ranks_of_environment, wait
from belvedere.recipes.stopping import asked_to_stop

__all__ = ["PRESETS", "main", "parser", "train"]
NEVER = sys.maxsize  # the meter is cut by hand, at the points of the panels


@dataclass(frozen=True)
class Outcome:
    """What a training leaves: the loss of each step (nats per token), the last evaluation, the checkpoint."""

    losses: tuple[float, ...]
    evaluated: Losses | None  # None on all ranks but the first
    checkpoint: Path | None
    step: int
    is_stopped: bool
    told: tuple[str, ...]  # red flags


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, 130 after Ctrl-C, or 2 with one sentence when the recipe cannot run as asked."""
    ranks = ranks_of_environment()
    return carried_out(
        RECIPE, lambda: train(order_of(words, ranks), ranks).is_stopped, knobs="--micro-batch, --context or --width"
    )


# ---------------------------------------------------------------------------------------------------------------------
# The training


def train(order: Order, ranks: Ranks) -> Outcome:
    """Text → token file → model → steps until the plan is done → checkpoint."""
    settings, device = order.settings, torch.device(order.settings.device)
    torch.set_num_threads(settings.threads)
    torch.set_float32_matmul_precision("high")  # TF32 on GPUs that have it; a CPU computes as before
    text = token_file(order.token_dir, settings.data, settings.tokenizer_wanted, ranks)  # made once per machine
    meet(ranks, device)
    training = Training(settings, ranks, text)
    if order.resumed:
        training.go_on(order.resumed)
    if ranks.is_first:
        print(opening(settings, training.config()), flush=True)
    with start_run(order, training) as run:
        meter = run.throughput(
            tokens_per_step=settings.tokens_per_step, flops_per_token=training.model.flops_per_token(),
            has_measured_peak=order.recording.is_recorded, every=NEVER, warmup_steps=1,
        )  # fmt: skip
        if ranks.is_first:
            print(peak(run.summary), flush=True)
        losses, is_stopped = loop(order, training, run, meter)
        evaluated, path = conclude(order, training, run) if ranks.is_first else (None, None)
        if is_stopped:
            run.finish(state="stopped")
    part(ranks)
    told = tuple(training.history.told)
    return Outcome(tuple(loss.item() for loss in losses), evaluated, path, training.step, is_stopped, told)


def loop(order: Order, training: "Training", run: bv.Run, meter: "Meter") -> tuple[list[Tensor], bool]:
    """Steps until the plan is done or somebody presses Ctrl-C; the losses, and whether it was Ctrl-C."""
    settings, ranks, losses = training.settings, training.ranks, list[Tensor]()
    training.start_clock()
    with asked_to_stop() as asked:
        while True:
            fraction, is_stopped = training.progress(bool(asked))
            if fraction >= 1 or is_stopped:
                return losses, is_stopped
            if training.step % settings.eval_every == 0:
                with meter.phase("evaluation"):
                    if ranks.is_first:
                        log_evaluation(training, run)
                    wait(ranks)  # else the others would count the pause as a slow step
            training.enter_phase(fraction, run)
            is_point = training.step % settings.log_every == 0
            loss, lr = training.advance(fraction, meter)
            losses.append(loss)
            training.recent.append(loss)
            meter.step()
            if is_point:
                log_point(training, run, meter, loss, lr, fraction)
            run.log({})  # every update is a step of the run, also one without a point
            if ranks.is_first and training.step % settings.save_every == 0:
                with meter.phase("checkpoint"):
                    keep_checkpoint(order, training, run)


class Meter(Protocol):
    """What the loop uses of `run.throughput()`."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Time a part of a step; "evaluation" and "checkpoint" are no part of it."""

    def step(self) -> None:
        """One optimizer step is over."""

    def cut(self) -> Mapping[str, float]:
        """The row of the steps since the last cut."""


class Training:
    """One rank's model, optimizer and text, and how far it has come."""

    def __init__(self, settings: Settings, ranks: Ranks, text: TokenFile) -> None:
        self.settings, self.ranks, self.text = settings, ranks, text
        self.device = torch.device(settings.device)
        if min(len(text.train), len(text.held_out)) <= settings.context:
            raise bv.UsageError(
                f"there are {len(text.train)} tokens to train on and {len(text.held_out)} held out, and a sequence has "
                f"{settings.context}; give more text with --data, or a smaller --context"
            )
        torch.manual_seed(settings.seed)
        self.model = GPT2(settings.shape_of(text.tokenizer.vocab)).to(self.device)
        self.optimizer = AdamW(
            [{"params": self.model.decayed(), "weight_decay": settings.weight_decay},
             {"params": self.model.undecayed(), "weight_decay": 0.0}],
            lr=settings.lr, betas=BETAS, fused=True,
        )  # fmt: skip
        self.loss = torch.compile(self.model.loss) if settings.is_compiled else self.model.loss
        self.examination = Examination(settings, text)
        self.history = History()
        self.recent: list[Tensor] = []  # losses since the last point
        self.gradient_norm = torch.zeros(())  # of the newest step, before clipping: `watch` sees what is left of it
        self.phase = ""
        self.step = 0
        self.elapsed_before = 0.0  # seconds of the attempts before this one
        self._started = time.perf_counter()

    # --- one optimizer step ---

    def advance(self, fraction: float, meter: Meter) -> tuple[Tensor, float]:
        """One update. Mean loss of the whole batch in nats per token, and the learning rate."""
        settings = self.settings
        lr = learning_rate(settings, self.step, fraction)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        # The same places on all ranks: they depend on (seed, step) alone.
        dice = np.random.default_rng((settings.seed, self.step))
        starts = dice.integers(0, len(self.text.train) - settings.context, size=settings.sequences)  # (B,)
        share = settings.sequences // self.ranks.world  # sequences of this rank
        begin, end = self.ranks.rank * share, (self.ranks.rank + 1) * share
        self.optimizer.zero_grad()
        loss = torch.zeros((), device=self.device)
        for first in range(begin, end, settings.micro_batch):
            rows = slice(first, min(first + settings.micro_batch, end))
            loss += self._backward(starts[rows], first, meter, weight=(rows.stop - rows.start) / share)
        with meter.phase("average"):
            loss = average_gradients(self.model.parameters(), self.ranks, loss[None])[0]
        with meter.phase("optimizer"):
            self.gradient_norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
            self.optimizer.step()
        self.step += 1
        return loss, lr

    def _backward(self, starts: npt.NDArray[np.int64], first: int, meter: Meter, *, weight: float) -> Tensor:
        """Forward and backward of the windows at `starts` (b,), whose loss counts `weight` of the whole."""
        with meter.phase("data"):
            inputs, targets = (self._sent(half) for half in windows(self.text.train, starts, self.settings.context))
        # Dropout of a forward pass depends on (seed, step, its first sequence), as its text does: so a resumed run, and
        # one on other ranks, drops the same numbers.
        torch.manual_seed(int(np.random.SeedSequence((self.settings.seed, self.step, first)).generate_state(1)[0]))
        is_short = self.settings.dtype == "bfloat16"
        with meter.phase("forward"), torch.autocast(self.device.type, torch.bfloat16, enabled=is_short):
            loss = self.loss(inputs, targets) * weight
        with meter.phase("backward"):
            loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _sent(self, tokens: Tensor) -> Tensor:
        """To the device; from pinned memory, so that the copy runs beside the computation."""
        return tokens.pin_memory().to(self.device, non_blocking=True) if self.device.type == "cuda" else tokens

    # --- the plan ---

    def start_clock(self) -> None:
        """The time of this attempt runs from here."""
        self._started = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds of training, evaluations included, over all attempts."""
        return self.elapsed_before + time.perf_counter() - self._started

    def progress(self, is_asked_to_stop: bool) -> tuple[float, bool]:
        """The fraction of the plan that is done, and whether to stop; the same on all ranks."""
        return agreed(used_fraction(self.settings, self.step, self.elapsed), is_asked_to_stop, self.ranks)

    def planned_steps(self, fraction: float) -> float:
        """How many steps the plan has; an estimate where it is in seconds."""
        return self.settings.steps or (self.step / fraction if fraction else math.inf)

    def enter_phase(self, fraction: float, run: bv.Run) -> None:
        """Mark where a phase begins, and say how the one before ended."""
        phase = phase_at(fraction)
        if phase.name == self.phase:
            return
        self.judge_phase(fraction)
        self.phase = phase.name
        run.stage(phase.name)

    def judge_phase(self, fraction: float) -> None:
        """Hold the loss against the band of the phase that is over, where the plan is long enough for it."""
        ended = next((one for one in PHASES if one.name == self.phase), None)
        planned_tokens = self.planned_steps(fraction) * self.settings.tokens_per_step
        if ended and self.history.losses and self.ranks.is_first and is_comparable(planned_tokens):
            print(judged(ended, self.history.losses[-1], self.text.tokenizer.vocab), flush=True)

    # --- checkpoints ---

    def checkpoint(self, *, project: str, run_id: str) -> Checkpoint:
        """Everything that going on needs. No random state: all dice depend on (seed, step)."""
        more = {"digest": self.text.about.digest, "history": asdict(self.history), "phase": self.phase}
        return Checkpoint(RECIPE, asdict(self.settings), self.step, self.elapsed, project, run_id,
                          dict(self.model.state_dict()), [self.optimizer.state_dict()], more)  # fmt: skip

    def go_on(self, before: Checkpoint) -> None:
        """Back to where a checkpoint stood; UsageError when the text is another."""
        if before.more["digest"] != self.text.about.digest:
            raise bv.UsageError("the text or its vocabulary is not that of the checkpoint: files have changed since; "
                                "put them back, or train anew")  # fmt: skip
        restore(before, self.model, [self.optimizer])
        self.step, self.elapsed_before = before.step, before.elapsed
        self.history, self.phase = History(**before.more["history"]), before.more["phase"]
        self.history.begin_attempt()

    def config(self) -> dict[str, object]:
        """All hyper-parameters, what follows from them, the text and the machine."""
        model, about = self.model, self.text.about
        return asdict(replace(self.settings, special_tokens=())) | hardware(self.settings, self.ranks) | {
            "special_tokens": len(self.settings.special_tokens),
            "vocab": self.text.tokenizer.vocab,
            "text": described(self.settings.data),
            "historical_period": self.settings.period if self.settings.data else None,
            "texts": about.texts,
            "train_tokens": about.train_tokens,
            "held_out_tokens": about.held_out_tokens,
            "parameters": model.parameter_count(),
            "decayed_tensors": len(model.decayed()),
            "decayed_parameters": sum(weight.numel() for weight in model.decayed()),
            "undecayed_tensors": len(model.undecayed()),
            "undecayed_parameters": sum(weight.numel() for weight in model.undecayed()),
            "flops_per_token": model.flops_per_token(),
            "tokens_per_step": self.settings.tokens_per_step,
            "forward_passes": -(-self.settings.sequences // (self.settings.micro_batch * self.ranks.world)),
            "expected_first_loss": model.shape.expected_first_loss,
            "expected_loss": expected_losses(self.text.tokenizer.vocab),
        }  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# What is recorded


def start_run(order: Order, training: Training) -> bv.Run:
    """One run for all ranks: they find its id without talking. A resumed run goes on at the checkpoint's step."""
    resumed = order.resumed if order.resumed and order.resumed.run_id else None
    started, _ = agreed(time.time(), False, training.ranks)  # the same name on all ranks
    name = f"london-{order.settings.preset}-{time.strftime('%Y%m%d-%H%M%S', time.localtime(started))}"
    run = bv.init(
        project=order.recording.project, id=resumed.run_id if resumed else None,
        name=order.recording.run_name or (None if resumed else name), group=order.recording.group,
        tags=order.tags, dir=order.recording.dir, mode=order.recording.mode, config=training.config(),
        resume="allow" if resumed else None, resume_from=resumed.step if resumed else None,
    )  # fmt: skip
    run.define("train/mfu", unit="%")
    run.define("train/dt_ms", unit="ms")
    run.define("train/loss", unit="nats per token", goal="minimize")
    run.define("eval/val_loss", unit="nats per token", goal="minimize")
    run.watch(training.model, training.optimizer, budget=WATCH_BUDGET)
    return run


def log_point(training: Training, run: bv.Run, meter: Meter, loss: Tensor, lr: float, fraction: float) -> None:
    """One point of every panel that something was measured for, one line, and the red flags that are new."""
    settings, iteration = training.settings, training.step - 1  # of the update that is over
    at = point(iteration, loss.item(), lr, meter.cut())
    run.log({**at.series(), "grad/norm_unclipped": training.gradient_norm}, commit=False)
    mean_loss = torch.stack(training.recent).mean().item()
    training.recent.clear()
    if not training.ranks.is_first:
        return
    training.history.add(at, mean_loss=mean_loss, memory_bytes=memory_held(training.device))
    planned = training.planned_steps(fraction)
    print(line(at, training.phase, planned), flush=True)
    for flag in training.history.new_flags(
        warmup_steps=settings.warmup, planned_steps=planned, memory_limit=memory_limit(training.device)
    ):
        run.alert(flag.title, flag.text, flag.level)
        print(f"RED FLAG   {flag.title}: {flag.text}", flush=True)


def log_evaluation(training: Training, run: bv.Run) -> Losses:
    """Losses on the same windows of both texts every time, and what the model writes, at the step that comes next."""
    losses = training.examination.losses(training.model)
    run.log(
        {"eval/train_loss": losses.train, "eval/val_loss": losses.held_out, "eval/val_ppl": losses.perplexity,
         "eval/iter": training.step}, commit=False,
    )  # fmt: skip
    if training.settings.sample_tokens:
        run.log({"samples": training.examination.samples(training.model, training.step)}, commit=False)
    print(f"iter {training.step:6,d}  evaluation: loss {losses.train:.3f} on text trained on, {losses.held_out:.3f} "
          f"held out (perplexity {losses.perplexity:,.1f})", flush=True)  # fmt: skip
    return losses


def conclude(order: Order, training: Training, run: bv.Run) -> tuple[Losses, Path]:
    """The checkpoint, the last evaluation, and where everything lies."""
    path = keep_checkpoint(order, training, run)
    losses = log_evaluation(training, run)
    training.judge_phase(used_fraction(training.settings, training.step, training.elapsed))
    print(f"red flags: {', '.join(training.history.told) or 'none'}; {training.elapsed:,.0f} s of training")
    print(f"checkpoint {path}; go on with --resume")
    if order.recording.is_recorded:
        print(f"run        {run.dir}; look with `belvedere serve`, send it with `belvedere sync URL`")
    return losses, path


def keep_checkpoint(order: Order, training: Training, run: bv.Run) -> Path:
    """One file per run: the newest checkpoint replaces the one before."""
    path = path_of(order.recording.out_dir, RECIPE, run.id)
    run_id = run.id if order.recording.is_recorded else ""
    save(path, training.checkpoint(project=order.recording.project, run_id=run_id))
    return path


# ---------------------------------------------------------------------------------------------------------------------
# Small parts


def learning_rate(settings: Settings, step: int, fraction: float) -> float:
    """Rises linearly over the warm-up, then falls along half a cosine to a tenth at the end of the plan."""
    if step < settings.warmup:
        return settings.lr * (step + 1) / (settings.warmup + 1)
    warm = settings.warmup / settings.steps if settings.steps else 0.0
    done = (fraction - warm) / (1 - warm) if warm < 1 else 1.0
    return settings.lr * (FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * done)) / 2)


if __name__ == "__main__":
    sys.exit(main())
