"""Train a GPT on a stream of text, chunk by chunk, with a PNG dashboard beside the training.

    python -m belvedere.recipes.slimpajama --test                 # 5 small chunks in seconds
    python -m belvedere.recipes.slimpajama --max-chunks 100       # Python's own standard library, about a minute
    python -m belvedere.recipes.slimpajama --data cerebras/SlimPajama-627B --preset gpt2-124m
    torchrun --standalone --nproc_per_node=8 -m belvedere.recipes.slimpajama --preset gpt2-124m

Reads from top to bottom: main, the training, one chunk, what is logged. Every text is trained on once, so the loss of a
chunk is measured on text that the model had not seen, over all its next-token predictions.
"""

import math
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

import belvedere as bv
from belvedere.recipes.checkpoint import Checkpoint, path_of, restore, save
from belvedere.recipes.command import WATCH_BUDGET, carried_out
from belvedere.recipes.corpora.bpe import BPETokenizer, Tokenizer
from belvedere.recipes.corpora.text_stream import described
from belvedere.recipes.models.gpt import GPT
from belvedere.recipes.optim import optimizers_for, rate_multiplier, set_rates, whole_memories
from belvedere.recipes.ranks import Ranks, agreed, average_gradients, meet, part, ranks_of_environment, wait
from belvedere.recipes.stopping import asked_to_stop
from belvedere.recipes.streaming.arguments import PROJECT, RECIPE, Order, order_of, parser, used_fraction
from belvedere.recipes.streaming.chunks import Chunk, State, packing_of, shared
from belvedere.recipes.streaming.kept import keep_copy
from belvedere.recipes.streaming.samples import Sample, sample_of
from belvedere.recipes.streaming.settings import PRESETS, Settings
from belvedere.recipes.streaming.telling import Console
from belvedere.recipes.streaming.vocabulary import tokenizer_of

__all__ = ["PRESETS", "PROJECT", "RECIPE", "Outcome", "main", "parser", "train"]
KNOBS = "--micro-batch or --max-seq-length"  # what needs less memory
CHECKPOINT_SECS = 30.0  # a kill costs so much at most, whatever the interval in chunks is
SAMPLE_COLUMNS = ["step", "input", "output", "target", "accuracy"]


@dataclass(frozen=True)
class Outcome:
    """What a training leaves: loss (nats per token) and accuracy of each chunk, the checkpoint, and how far it came."""

    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    checkpoint: Path | None
    step: int
    is_stopped: bool


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, 130 after Ctrl-C, or 2 with one sentence when the recipe cannot run as asked."""
    ranks = ranks_of_environment()
    return carried_out(RECIPE, lambda: train(order_of(words, ranks), ranks).is_stopped, knobs=KNOBS)


# ---------------------------------------------------------------------------------------------------------------------
# The training


def train(order: Order, ranks: Ranks) -> Outcome:
    """Stream → chunks of tokens → updates until the budget is used or the stream is over → checkpoint."""
    settings, device = order.settings, torch.device(order.settings.device)
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    stream = described(settings.data)  # refuses what is no stream, on all ranks
    tokenizer = tokenizer_of(settings, order.resumed)
    meet(ranks, device)
    with start_run(order) as run, dashboard_of(order, ranks, run) as dashboard:
        training = Training(settings, ranks, tokenizer, order.resumed)
        run.config.update(training.facts())
        run.watch(training.model, list(training.optimizers), budget=WATCH_BUDGET)
        if ranks.is_first:
            print(training.told_before(stream), flush=True)
        meter = run.throughput(
            tokens_per_step=settings.tokens_per_chunk,
            flops_per_token=training.model.flops_per_token(),
            has_measured_peak=order.recording.is_recorded,
            every=1,
            warmup_steps=1,
        )
        is_stopped = loop(order, training, run, meter, dashboard)
        path = keep_checkpoint(order, training, run) if settings.has_checkpoints else None
        if is_stopped:
            run.finish(state="stopped")
    if ranks.is_first:
        print(training.console.after(training.step, path, has_dashboard=dashboard is not None), flush=True)
    part(ranks)
    return Outcome(tuple(training.losses), tuple(training.accuracies), path, training.step, is_stopped)


def loop(
    order: Order, training: "Training", run: bv.Run, meter: "Meter", dashboard: bv.VisualizationManager | None
) -> bool:
    """Chunks until the budget is used, the stream is over or somebody presses Ctrl-C; whether it was Ctrl-C."""
    settings, ranks = training.settings, training.ranks
    training.start_clock()
    with asked_to_stop() as asked:
        while True:
            fraction, is_stopped = training.progress(bool(asked))
            if fraction >= 1 or is_stopped:
                return is_stopped
            with meter.phase("data"):
                chunk = training.next_chunk()
            if chunk is None:
                training.refuse_empty()
                return False
            result = training.train_on_chunk(chunk, fraction, meter)
            meter.step()
            log_chunk(training, run, result, dashboard)
            if ranks.is_first:
                print(training.told(result), flush=True)
            if settings.has_checkpoints and training.is_checkpoint_due():
                with meter.phase("checkpoint"):
                    keep_checkpoint(order, training, run)
                    wait(ranks)  # else the others would count the pause as a slow chunk


class Meter(Protocol):
    """What the loop uses of `run.throughput()`."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Time a part of a chunk; "evaluation" and "checkpoint" are no part of it."""

    def step(self) -> None:
        """One chunk is over."""


class ChunkResult(NamedTuple):
    """What `train_on_chunk` answers. Loss in nats per token and accuracy as a share of 1, over every prediction of the
    chunk; the texts are None where nothing was written, and the output is what the model itself wrote."""

    avg_loss: float
    avg_accuracy: float
    sample_input: str | None
    sample_output: str | None
    sample: Sample | None  # the same, with the text's own continuation
    gradient_norm: float  # of the last update, over all weights
    secs: float  # reading included, the writing of a sample not


class Training:
    """One rank's model and optimizers, its place in the stream, and how far it has come."""

    def __init__(self, settings: Settings, ranks: Ranks, tokenizer: Tokenizer, resumed: Checkpoint | None) -> None:
        self.settings, self.ranks, self.tokenizer = settings, ranks, tokenizer
        self.device = torch.device(settings.device)
        self.model = GPT(settings.shape_of(tokenizer.vocab)).to(self.device)
        self.optimizers = optimizers_for(self.model, ranks)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["start_lr"] *= settings.lr / Settings.lr
        self.step = 0  # chunks
        self.place: State | None = None  # in the stream
        self.samples: deque[list[object]] = deque(maxlen=settings.display_samples)
        self.losses, self.accuracies = list[float](), list[float]()  # of this attempt
        self.elapsed_before = 0.0  # seconds of the attempts before this one
        if resumed:
            restore(resumed, self.model, self.optimizers)
            self.step, self.elapsed_before = resumed.step, resumed.elapsed
            self.place = resumed.more["place"]
            self.samples.extend(resumed.more["samples"])
        self._packing = None
        if ranks.is_first:
            self._packing = packing_of(settings.data, tokenizer, start=self.place, **settings.lanes)
        self.console = Console(settings)
        self._data_secs = 0.0  # that the chunk at hand was waited for
        self._started = self._saved = time.perf_counter()

    # --- one chunk ---

    def next_chunk(self) -> Chunk | None:
        """The next tokens of the stream, the same on all ranks; None when it is over."""
        began = time.perf_counter()
        chunk = shared(self._packing, self.ranks, **self.settings.lanes)
        self._data_secs = time.perf_counter() - began
        return chunk

    def train_on_chunk(self, chunk: Chunk, fraction: float, meter: Meter) -> ChunkResult:
        """One update for each batch of the chunk. Before that, now and then, the model writes on from its first text,
        which it has not seen yet."""
        settings = self.settings
        sample = self._sample(chunk, meter)
        began = time.perf_counter()
        facts = torch.zeros(2, device=self.device)  # nats per token, share of right predictions
        gradient_norm = torch.zeros((), device=self.device)
        for update in range(settings.updates):
            number = self.step * settings.updates + update
            set_rates(self.optimizers, rate_multiplier(number, fraction, warmup_steps=settings.warmup))
            inputs, targets = chunk.batch(update, settings.max_seq_length)  # (B, T) both
            of_update, gradient_norm = self._update(inputs, targets, meter)
            facts += of_update / settings.updates
        loss, accuracy = facts.tolist()  # waits for a GPU, once a chunk
        secs = self._data_secs + time.perf_counter() - began
        self.step, self.place = self.step + 1, chunk.after
        self.losses.append(loss)
        self.accuracies.append(accuracy)
        return ChunkResult(
            loss, accuracy, sample.input if sample else None, sample.output if sample else None, sample,
            gradient_norm.item(), secs,
        )  # fmt: skip

    def _update(self, inputs: Tensor, targets: Tensor, meter: Meter) -> tuple[Tensor, Tensor]:
        """One optimizer step on (B, T) tokens, of which this rank takes its share. Mean loss and accuracy (2,) of all
        ranks, and the gradient's norm."""
        it, own = self.settings, self.ranks.share_of(len(inputs))
        inputs, targets = inputs[own].to(self.device), targets[own].to(self.device)  # (share, T)
        self.model.zero_grad()
        facts = torch.zeros(2, device=self.device)
        for some, wanted in zip(torch.split(inputs, it.micro_batch), torch.split(targets, it.micro_batch), strict=True):
            facts += self._backward(some, wanted, meter, weight=len(some) / len(inputs))
        with meter.phase("average"):
            facts = average_gradients(self.model.parameters(), self.ranks, facts)
        gradients = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
        gradient_norm = torch.stack(torch._foreach_norm(gradients)).norm()
        with meter.phase("optimizer"):
            for optimizer in self.optimizers:
                optimizer.step()
        return facts, gradient_norm

    def _backward(self, inputs: Tensor, targets: Tensor, meter: Meter, *, weight: float) -> Tensor:
        """Forward and backward of (b, T) tokens that count `weight` of the whole: loss and accuracy (2,), weighted."""
        is_short = self.settings.dtype == "bfloat16"
        with meter.phase("forward"), torch.autocast(self.device.type, torch.bfloat16, enabled=is_short):
            logits = self.model(inputs).flatten(0, 1)  # (b·T, V)
            loss = F.cross_entropy(logits, targets.flatten()) * weight
        with meter.phase("backward"):
            loss.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            accuracy = (logits.argmax(dim=-1) == targets.flatten()).float().mean() * weight
            return torch.stack((loss, accuracy))

    def _sample(self, chunk: Chunk, meter: Meter) -> Sample | None:
        """Now and then, and before each dashboard, on the first rank."""
        number, it = self.step + 1, self.settings
        if number % it.sample_interval and number % it.viz_interval:
            return None
        with meter.phase("evaluation"):
            wait(self.ranks)  # else the others would count the pause as a slow chunk
            return sample_of(self.model, self.tokenizer, chunk.tokens[0]) if self.ranks.is_first else None

    # --- the clock ---

    def start_clock(self) -> None:
        """The budget's seconds run from here."""
        self._started = self._saved = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds of training, writing and checkpoints included, over all attempts."""
        return self.elapsed_before + time.perf_counter() - self._started

    def progress(self, is_asked_to_stop: bool) -> tuple[float, bool]:
        """The fraction of the budget that is used, and whether to stop; the same on all ranks."""
        return agreed(used_fraction(self.settings, self.step, self.elapsed), is_asked_to_stop, self.ranks)

    def is_checkpoint_due(self) -> bool:
        """At each interval, and when the last one is old; the same on all ranks."""
        is_old = time.perf_counter() - self._saved > CHECKPOINT_SECS
        is_due = agreed(0.0, is_old, self.ranks)[1] or self.step % self.settings.checkpoint_interval == 0
        if is_due:
            self._saved = time.perf_counter()
        return is_due

    def checkpoint(self, *, project: str, run_id: str) -> Checkpoint:
        """Everything that going on needs, the place in the stream too; whole on the first rank. All must call."""
        merges = self.tokenizer.merges if isinstance(self.tokenizer, BPETokenizer) else []
        memories = whole_memories(self.optimizers)
        more = {"merges": merges, "place": self.place, "samples": list(self.samples)}
        return Checkpoint(RECIPE, asdict(self.settings), self.step, self.elapsed, project, run_id,
                          dict(self.model.state_dict()), memories, more)  # fmt: skip

    # --- in words ---

    def facts(self) -> dict[str, object]:
        """What follows from the settings."""
        return {
            "vocab": self.tokenizer.vocab,
            "parameters": self.model.parameter_count(),
            "flops_per_token": self.model.flops_per_token(),
            "tokens_per_step": self.settings.tokens_per_chunk,
            "updates_per_chunk": self.settings.updates,
            "world_size": self.ranks.world,
        }

    def told_before(self, stream: str) -> str:
        """The numbers, computed aloud."""
        parameters, flops = self.model.parameter_count(), self.model.flops_per_token()
        return self.console.before(
            stream, step=self.step, vocab=self.tokenizer.vocab, parameters=parameters, flops_per_token=flops,
            world=self.ranks.world,
        )  # fmt: skip

    def told(self, result: ChunkResult) -> str:
        """One line of progress."""
        rate = self.optimizers[0].param_groups[0]["lr"]
        return self.console.chunk(
            self.step, loss=result.avg_loss, accuracy=result.avg_accuracy, secs=result.secs, rate=rate,
            elapsed=self.elapsed,
        )  # fmt: skip

    def refuse_empty(self) -> None:
        """A stream that is over may end a training, but not before it began."""
        if not self.step:
            raise bv.UsageError(f"the stream holds less than one chunk of {self.settings.tokens_per_chunk:,} tokens; "
                                "pass a smaller --tokens-per-chunk or more text with --data")  # fmt: skip
        if self.ranks.is_first:
            print(f"the stream is over after {self.step:,} chunks")


# ---------------------------------------------------------------------------------------------------------------------
# What is recorded


def start_run(order: Order) -> bv.Run:
    """One run for all ranks: they find its id without talking. A resumed run goes on at the checkpoint's step."""
    resumed = order.resumed if order.resumed and order.resumed.run_id else None
    run = bv.init(
        project=order.recording.project,
        id=resumed.run_id if resumed else None,
        name=order.recording.run_name,
        group=order.recording.group,
        dir=order.recording.dir,
        mode=order.recording.mode,
        config=asdict(order.settings),
        resume="allow" if resumed else None,
        resume_from=resumed.step if resumed else None,
    )
    run.stage("pretrain")
    return run


def dashboard_of(order: Order, ranks: Ranks, run: bv.Run) -> AbstractContextManager[bv.VisualizationManager | None]:
    """The first rank draws, in a process of its own; after a resume the histories go on."""
    it = order.settings
    if not (ranks.is_first and order.recording.is_recorded):
        return nullcontext()
    return bv.VisualizationManager(
        it.viz_dir, viz_interval=it.viz_interval, display_samples=it.display_samples, name=run.name,
        is_recording=False, resume_from=order.resumed.step if order.resumed and order.resumed.run_id else None,
    )  # fmt: skip


def log_chunk(training: Training, run: bv.Run, result: ChunkResult, dashboard: bv.VisualizationManager | None) -> None:
    """One row, which ends the run's step: row s is about chunk s. The dashboard counts chunks from 1."""
    it, step = training.settings, training.step
    muon, adamw = training.optimizers
    values: dict[str, object] = {
        "train/loss": result.avg_loss,
        "train/accuracy": result.avg_accuracy,
        "train/grad_norm": result.gradient_norm,
        "train/tokens": step * it.tokens_per_chunk,
        "train/tok_per_sec": it.tokens_per_chunk / result.secs,
        "lr": muon.param_groups[0]["lr"],
        "lr/embed": adamw.param_groups[0]["lr"],
        "lr/head": adamw.param_groups[1]["lr"],
    }
    if result.sample:
        training.samples.append([step, *astuple(result.sample)])
        values["samples"] = bv.Table(columns=SAMPLE_COLUMNS, data=list(training.samples))
    run.log(values)
    if dashboard is None:
        return
    is_gpu = training.device.type == "cuda"
    metrics = bv.TrainingMetrics(
        step=step, loss=result.avg_loss, accuracy=result.avg_accuracy, tokens_per_sec=it.tokens_per_chunk / result.secs,
        gpu_memory_mb=torch.cuda.max_memory_allocated(training.device) / 1e6 if is_gpu else math.nan,
        learning_rate=muon.param_groups[0]["lr"], timestamp=time.time(),
    )  # fmt: skip
    dashboard.update(metrics, *(astuple(result.sample) if result.sample else ()))


def keep_checkpoint(order: Order, training: Training, run: bv.Run) -> Path:
    """One file per run, written by the first rank: the newest checkpoint replaces the one before. Every rank must
    call."""
    path = path_of(order.recording.out_dir, RECIPE, run.id)
    run_id = run.id if order.recording.is_recorded else ""
    checkpoint = training.checkpoint(project=order.recording.project, run_id=run_id)
    if training.ranks.is_first:
        save(path, checkpoint)
        if order.settings.keep_checkpoints and training.step % order.settings.checkpoint_interval == 0:
            keep_copy(path, training.step, count=order.settings.keep_checkpoints)
    return path


if __name__ == "__main__":
    sys.exit(main())
