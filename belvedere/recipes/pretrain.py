"""Pretrain a GPT on Python's own standard library or on any text, recorded with Belvedere.

    python -m belvedere.recipes.pretrain                        # about two minutes on two cores
    python -m belvedere.recipes.pretrain --resume               # go on after Ctrl-C, or after a crash
    torchrun --standalone --nproc_per_node=8 -m belvedere.recipes.pretrain -- --preset d20 --data TEXTS --run=NAME

Reads from top to bottom: main, the training, one step, what is logged. Everything that is recorded goes through `bv`.
"""

import math
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

import belvedere as bv
from belvedere.recipes.arguments import RECIPE, Order, order_of, parser, used_fraction
from belvedere.recipes.checkpoint import Checkpoint, path_of, restore, save
from belvedere.recipes.command import WATCH_BUDGET, carried_out
from belvedere.recipes.corpora.batches import evaluation_batches, training_batch
from belvedere.recipes.corpora.bpe import BPETokenizer, Pair
from belvedere.recipes.corpora.text_stream import described
from belvedere.recipes.corpora.token_file import TokenFile, token_file
from belvedere.recipes.corpora.vocabulary_file import read_merges
from belvedere.recipes.evaluation import HeldOut, continued, evaluated
from belvedere.recipes.models.gpt import GPT
from belvedere.recipes.optim import optimizers_for, rate_multiplier, set_rates, whole_memories
from belvedere.recipes.pictures import Pictures
from belvedere.recipes.ranks import Ranks, agreed, average_gradients, meet, part, ranks_of_environment, wait
from belvedere.recipes.settings import PRESETS, Settings
from belvedere.recipes.stopping import asked_to_stop

__all__ = ["PRESETS", "main", "parser", "train"]
PROMPTS = ("\ndef", "\nclass", "\nimport")  # no blank at the end: it belongs to the next word's token
PRINT_EVERY = 10  # steps
ALL_HELD_OUT_TOKENS = 4_000_000  # of a large held-out text so many are enough, spread over its whole length
EVALUATED_TOKENS = 2048  # at once, at least: a tiny model spends its time between the operations
KNOBS = "--micro-batch, --context or --width"  # what needs less memory


@dataclass(frozen=True)
class Outcome:
    """What a training leaves: the loss of each step (nats per token, mean over all ranks), the last validation, the
    checkpoint."""

    losses: tuple[float, ...]
    held_out: HeldOut | None  # None on all ranks but the first
    checkpoint: Path
    step: int
    is_stopped: bool


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, 130 after Ctrl-C, or 2 with one sentence when the recipe cannot run as asked."""
    ranks = ranks_of_environment()
    return carried_out(RECIPE, lambda: train(order_of(words, ranks), ranks).is_stopped, knobs=KNOBS)


# ---------------------------------------------------------------------------------------------------------------------
# The training


def train(order: Order, ranks: Ranks) -> Outcome:
    """Text → tokens → model → steps until the budget is used → checkpoint."""
    settings = order.settings
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    text = text_of(order, ranks)
    meet(ranks, torch.device(settings.device))
    training = Training(settings, ranks, text, is_recorded=order.recording.is_recorded)
    if order.resumed:
        restore(order.resumed, training.model, training.optimizers)
        training.step, training.elapsed_before = order.resumed.step, order.resumed.elapsed
    if ranks.is_first:
        print(training.described(), flush=True)
    with start_run(order, training) as run:
        meter = run.throughput(
            tokens_per_step=settings.tokens_per_step,
            flops_per_token=training.model.flops_per_token(),
            has_measured_peak=order.recording.is_recorded,
        )
        losses, is_stopped = loop(order, training, run, meter)
        path = keep_checkpoint(order, training, run)
        held_out = conclude(training, run, path, is_stopped) if ranks.is_first else None
        if is_stopped:
            run.finish(state="stopped")
    part(ranks)
    return Outcome(tuple(loss.item() for loss in losses), held_out, path, training.step, is_stopped)


def loop(order: Order, training: "Training", run: bv.Run, meter: "Meter") -> tuple[list[Tensor], bool]:
    """Steps until the budget is used or somebody presses Ctrl-C; the losses, and whether it was Ctrl-C."""
    settings, ranks, losses = training.settings, training.ranks, list[Tensor]()
    training.start_clock()
    with asked_to_stop() as asked:
        while True:
            fraction, is_stopped = training.progress(bool(asked))
            if fraction >= 1 or is_stopped:
                return losses, is_stopped
            is_evaluated = training.step % settings.eval_every == 0
            is_sampled = training.step % settings.sample_every == 0
            is_probed = settings.probe_every is not None and training.step % settings.probe_every == 0
            if is_evaluated or is_sampled or is_probed:
                with meter.phase("evaluation"):
                    if ranks.is_first and is_evaluated:
                        log_validation(training, run)
                    if ranks.is_first and is_sampled:
                        log_samples(training, run)
                    if training.pictures and ranks.is_first and is_evaluated:
                        training.pictures.evaluation(run, training.model)
                    if training.pictures and is_probed:
                        training.pictures.probe(run, training.model, list(training.optimizers))
                    wait(ranks)  # else the others would count the pause as a slow step
            loss, gradient_norm = training.advance(fraction, meter)
            losses.append(loss)
            meter.step()
            log_step(training, run, loss, gradient_norm)
            if ranks.is_first and training.step % PRINT_EVERY == 0:
                print(training.line(fraction, loss.item()), flush=True)
            if training.step % settings.save_every == 0:
                with meter.phase("checkpoint"):
                    keep_checkpoint(order, training, run)
                    wait(ranks)


class Meter(Protocol):
    """What the loop uses of `run.throughput()`."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Time a part of a step; "evaluation" and "checkpoint" are no part of it."""

    def step(self) -> None:
        """One optimizer step is over."""


class Training:
    """One rank's model, optimizers and text, and how far it has come."""

    def __init__(self, settings: Settings, ranks: Ranks, text: TokenFile, *, is_recorded: bool) -> None:
        self.settings, self.ranks, self.text, self.tokenizer = settings, ranks, text, text.tokenizer
        self.device = torch.device(settings.device)
        fewest = min(len(text.train), len(text.held_out))
        if fewest <= settings.context:
            raise bv.UsageError(
                f"the text has {len(text.train)} tokens to train on and {len(text.held_out)} held out, a sequence is "
                f"{settings.context} long; pass a smaller --context or more text with --data"
            )
        self.eval_batches = evaluation_batches(
            text.held_out, count=settings.eval_batches, batch=settings.micro_batch, context=settings.context
        )
        self.model = GPT(settings.shape_of(self.tokenizer.vocab)).to(self.device)
        self.optimizers = optimizers_for(self.model, ranks)
        self._loss = torch.compile(self.model.loss) if settings.is_compiled else self.model.loss
        self.pictures: Pictures | None = None
        if settings.has_pictures and is_recorded:
            self.pictures = Pictures(settings, self.tokenizer, text.train, text.held_out, ranks)
        self.step = 0
        self.elapsed_before = 0.0  # seconds of the attempts before this one
        self._started = time.perf_counter()

    # --- one optimizer step ---

    def advance(self, fraction: float, meter: "Meter") -> tuple[Tensor, Tensor]:
        """One update. Mean loss of the whole batch in nats per token, and the gradient's norm over all weights; both
        stay on the device, so that nothing waits for it."""
        settings, ranks = self.settings, self.ranks
        set_rates(self.optimizers, rate_multiplier(self.step, fraction))
        with meter.phase("data"):
            inputs, targets = training_batch(
                self.text.train, seed=settings.seed, step=self.step, batch=settings.batch, context=settings.context
            )  # (B, T), (B, T): the same on all ranks
        share = settings.batch // ranks.world  # sequences of this rank
        self.model.zero_grad()
        loss = torch.zeros((), device=self.device)
        for first in range(ranks.rank * share, (ranks.rank + 1) * share, settings.micro_batch):
            rows = slice(first, min(first + settings.micro_batch, (ranks.rank + 1) * share))
            loss += self._backward(inputs[rows], targets[rows], meter, weight=(rows.stop - rows.start) / share)
        with meter.phase("average"):
            loss = average_gradients(self.model.parameters(), ranks, loss[None])[0]
        gradients = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
        gradient_norm = torch.stack(torch._foreach_norm(gradients)).norm()
        with meter.phase("optimizer"):
            for optimizer in self.optimizers:
                optimizer.step()
        self.step += 1
        return loss, gradient_norm

    def _backward(self, inputs: Tensor, targets: Tensor, meter: "Meter", *, weight: float) -> Tensor:
        """Forward and backward of (b, T) sequences whose loss counts `weight` of the whole."""
        with meter.phase("data"):
            inputs, targets = self._on_device(inputs), self._on_device(targets)
        is_short = self.settings.dtype == "bfloat16"
        with meter.phase("forward"), torch.autocast(self.device.type, torch.bfloat16, enabled=is_short):
            loss = self._loss(inputs, targets) * weight
        with meter.phase("backward"):
            loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _on_device(self, tokens: Tensor) -> Tensor:
        """From pinned memory a GPU fetches them while it still computes."""
        return tokens.pin_memory().to(self.device, non_blocking=True) if self.device.type == "cuda" else tokens

    # --- the clock ---

    def start_clock(self) -> None:
        """The budget's seconds run from here."""
        self._started = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds of training, evaluations included, over all attempts."""
        return self.elapsed_before + time.perf_counter() - self._started

    def progress(self, is_asked_to_stop: bool) -> tuple[float, bool]:
        """The fraction of the budget that is used, and whether to stop; the same on all ranks."""
        return agreed(used_fraction(self.settings, self.step, self.elapsed), is_asked_to_stop, self.ranks)

    def checkpoint(self, *, project: str, run_id: str) -> Checkpoint:
        """Everything that going on needs. Every rank must call; the first one's is complete."""
        merges = self.tokenizer.merges if isinstance(self.tokenizer, BPETokenizer) else []
        more = {"merges": merges, "text": self.text.about.digest}
        weights, memories = dict(self.model.state_dict()), whole_memories(self.optimizers)
        return Checkpoint(
            RECIPE, asdict(self.settings), self.step, self.elapsed, project, run_id, weights, memories, more
        )

    # --- in words ---

    def config(self) -> dict[str, object]:
        """All hyper-parameters, and what follows from them."""
        groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        names = [f"muon/{index}" for index in range(len(self.optimizers[0].param_groups))] + ["embed", "head"]
        return asdict(self.settings) | {
            "vocab": self.tokenizer.vocab,
            "parameters": self.model.parameter_count(),
            "flops_per_token": self.model.flops_per_token(),
            "tokens_per_step": self.settings.tokens_per_step,
            "train_tokens": len(self.text.train),
            "text": self.text.about.digest[:12],
            "world_size": self.ranks.world,
            "start_lr": {name: group["start_lr"] for name, group in zip(names, groups, strict=True)},
        }

    def described(self) -> str:
        """The numbers, computed aloud."""
        settings, vocab, about = self.settings, self.tokenizer.vocab, self.text.about
        tokens = about.train_tokens + about.held_out_tokens
        budget = f"{settings.steps:,} steps" if settings.steps is not None else f"{settings.seconds:g} s"
        return (
            f"text       {described(settings.data)}\n"
            f"           {about.train_tokens:,} tokens to train on, {about.held_out_tokens:,} held out, of "
            f"{about.text_bytes / tokens:.2f} bytes each\n"
            f"model      {settings.layers} layers x {settings.width} wide, {settings.heads} heads, V = {vocab:,}: "
            f"{self.model.parameter_count():,} parameters; first loss will be ln {vocab:,} = {math.log(vocab):.3f}\n"
            f"step       {settings.batch} sequences x {settings.context} tokens = {settings.tokens_per_step:,} tokens, "
            f"{settings.tokens_per_step * self.model.flops_per_token() / 1e9:,.1f} GFLOP\n"
            f"budget     {budget} on {settings.device} in {settings.dtype}, "
            f"{self.ranks.world} x {settings.threads} CPU threads"
            + (f"\ngoing on   at step {self.step:,}, after {self.elapsed_before:,.0f} s" if self.step else "")
        )

    def line(self, fraction: float, loss: float) -> str:
        """One line of progress."""
        rate = self.optimizers[0].param_groups[0]["lr"]
        return f"step {self.step:5d}  {fraction:4.0%}  loss {loss:.3f}  lr {rate:.4f}  {self.elapsed:5.0f} s"


# ---------------------------------------------------------------------------------------------------------------------
# What is recorded


def start_run(order: Order, training: Training) -> bv.Run:
    """One run for all ranks: they find its id without talking. A resumed run goes on at the checkpoint's step."""
    resumed = order.resumed if order.resumed and order.resumed.run_id else None
    run = bv.init(
        project=order.recording.project,
        id=resumed.run_id if resumed else None,
        name=order.recording.run_name,
        group=order.recording.group,
        dir=order.recording.dir,
        mode=order.recording.mode,
        config=training.config(),
        resume="allow" if resumed else None,
        resume_from=resumed.step if resumed else None,
    )
    run.stage("pretrain")
    run.watch(training.model, list(training.optimizers), budget=WATCH_BUDGET)
    if training.pictures and training.ranks.is_first:
        bv.watch_activations(training.model, run=run)
    return run


def log_step(training: Training, run: bv.Run, loss: Tensor, gradient_norm: Tensor) -> None:
    """One row, which ends the run's step: row s is about update s. Tensors go as they are: no waiting for a GPU."""
    muon, adamw = training.optimizers
    run.log(
        {
            "train/loss": loss,
            "train/grad_norm": gradient_norm,
            "train/tokens": training.step * training.settings.tokens_per_step,
            "lr": muon.param_groups[0]["lr"],
            "lr/embed": adamw.param_groups[0]["lr"],
            "lr/head": adamw.param_groups[1]["lr"],
        }
    )


def log_validation(training: Training, run: bv.Run) -> HeldOut:
    """Loss and bits per byte on the same held-out windows every time, at the step whose update comes next."""
    held_out = evaluated(training.model, training.eval_batches, training.tokenizer, dtype=training.settings.dtype)
    run.log({"val/loss": held_out.loss, "val/bpb": held_out.bits_per_byte}, commit=False)
    print(f"step {training.step:5d}        validation: {held_out.loss:.3f} nats per token, "
          f"{held_out.bits_per_byte:.3f} bits per byte", flush=True)  # fmt: skip
    return held_out


def log_samples(training: Training, run: bv.Run) -> None:
    """What the model writes after each prompt; the same dice every time, so that samples of two steps compare."""
    length, seed = training.settings.sample_tokens, training.settings.seed
    texts = [
        continued(training.model, prompt.encode(), training.tokenizer, tokens=length, seed=seed) for prompt in PROMPTS
    ]
    samples = {f"samples/{prompt.strip()}": bv.Text(text) for prompt, text in zip(PROMPTS, texts, strict=True)}
    run.log(samples, commit=False)


def conclude(training: Training, run: bv.Run, path: Path, is_stopped: bool) -> HeldOut:
    """The last validation; samples and all held-out text unless somebody waits after Ctrl-C."""
    held_out = log_validation(training, run)
    if not is_stopped:
        log_samples(training, run)
        log_all_held_out(training, run)
        if training.pictures:
            training.pictures.evaluation(run, training.model)
            training.pictures.conclusion(run, training.model, training.step)
    if training.device.type == "cuda":
        print(f"memory     {torch.cuda.max_memory_allocated(training.device) / 2**30:.1f} GiB of the GPU at most")
    print(f"checkpoint {path}; go on with --resume")
    return held_out


def keep_checkpoint(order: Order, training: Training, run: bv.Run) -> Path:
    """One file per run: the newest checkpoint replaces the one before. Every rank must call; the first one writes."""
    path = path_of(order.recording.out_dir, RECIPE, run.id)
    run_id = run.id if order.recording.is_recorded else ""
    checkpoint = training.checkpoint(project=order.recording.project, run_id=run_id)
    if training.ranks.is_first:
        save(path, checkpoint)
    return path


def log_all_held_out(training: Training, run: bv.Run) -> None:
    """The number to compare runs by: the windows of `val/` are few, so that they cost little time."""
    settings, tokens = training.settings, training.text.held_out
    batch = max(settings.micro_batch, EVALUATED_TOKENS // settings.context)
    count = -(-min(len(tokens), ALL_HELD_OUT_TOKENS) // (batch * settings.context))
    batches = evaluation_batches(tokens, count=count, batch=batch, context=settings.context)
    held_out = evaluated(training.model, batches, training.tokenizer, dtype=settings.dtype)
    run.log({"val_all/loss": held_out.loss, "val_all/bpb": held_out.bits_per_byte}, commit=False)
    print(f"all held-out text: {held_out.loss:.3f} nats per token, {held_out.bits_per_byte:.3f} bits per byte")


# ---------------------------------------------------------------------------------------------------------------------
# Small parts


def text_of(order: Order, ranks: Ranks) -> TokenFile:
    """The text in tokens: that of the checkpoint when there is one, to the last token."""
    settings, before = order.settings, order.resumed
    merges: tuple[Pair, ...] = ()
    if settings.tokenizer_file and before:
        merges = tuple((left, right) for left, right in before.more["merges"])
    elif settings.tokenizer_file:
        merges = read_merges(Path(settings.tokenizer_file))
    text = token_file(order.token_dir, settings.data, settings.wanted(merges), ranks)
    if before and before.more["text"] != text.about.digest:
        raise bv.UsageError(f"the text of {settings.data or 'the standard library'} is not what it was when the "
                            "checkpoint was written; put it back, or train anew without --resume")  # fmt: skip
    return text


if __name__ == "__main__":
    sys.exit(main())
