"""What recording costs the pretraining, and whether it changes it: the same training with and without, by turns.

Both train in one process, in blocks of a few steps, now one first and now the other; the ratio is the median over the
pairs of blocks, so that a machine that slows down slows both. Recording is all that a step does unasked: its row,
`run.watch`, throughput, hardware and console. Pictures and examinations are no part of it.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

import belvedere as bv
from belvedere.recipes.arguments import Order, order_of
from belvedere.recipes.command import WATCH_BUDGET
from belvedere.recipes.pretrain import Training, log_step, text_of
from belvedere.recipes.ranks import Ranks
from belvedere.record.capture import watch
from belvedere.store.store import open_store
from benchmarks.recipes.table import Check
from benchmarks.recipes.workshop import Workshop

BLOCK_STEPS = 10
PAIRS = 30  # with and without: 600 steps of about 0.15 s
WARM_STEPS = 5
FRACTION = 0.3  # of the budget: where the rates stand still


@dataclass
class Side:
    """A training with its run. Its clock stands still while the other trains, as `watch` keeps to a share of it."""

    order: Order
    training: Training
    run: bv.Run
    losses: list[torch.Tensor] = field(default_factory=list)
    away: float = 0.0
    left: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        settings = self.training.settings
        self.meter = self.run.throughput(
            tokens_per_step=settings.tokens_per_step, flops_per_token=self.training.model.flops_per_token()
        )
        watch.attach(
            self.run, self.training.model, list(self.training.optimizers), budget=WATCH_BUDGET, clock=self.clock
        )

    def clock(self) -> float:
        """Seconds without those in which the other trained."""
        return time.perf_counter() - self.away

    def block(self, steps: int) -> tuple[float, float]:
        """Seconds of the clock and of the processor for so many steps."""
        self.away += time.perf_counter() - self.left
        started, used = time.perf_counter(), time.process_time()
        for _ in range(steps):
            loss, norm = self.training.advance(FRACTION, self.meter)
            self.losses.append(loss)
            self.meter.step()
            log_step(self.training, self.run, loss, norm)
        spent = time.perf_counter() - started, time.process_time() - used
        self.left = time.perf_counter()
        return spent


def checks(workshop: Workshop, seed: int) -> Iterator[Check]:
    """One thread: two on a busy machine tell more of the machine than of recording."""
    words = ["--preset", "cpu", "--device", "cpu", "--threads", "1", "--no-pictures", "--seed", str(seed),
             "--dir", str(workshop.runs)]  # fmt: skip
    with_it, without = side(words, f"recorded-{seed}"), side([*words, "--no-record"], f"unrecorded-{seed}")
    ratios: list[tuple[float, float]] = []
    for each in (with_it, without):
        each.block(WARM_STEPS)
    for pair in range(max(2, round(PAIRS * workshop.scale))):
        sides = (with_it, without) if pair % 2 else (without, with_it)
        spent = {id(one): one.block(BLOCK_STEPS) for one in sides}
        recorded, bare = spent[id(with_it)], spent[id(without)]
        ratios.append((recorded[0] / bare[0], recorded[1] / bare[1]))
    for each in (with_it, without):
        each.run.finish()
    losses, bare_losses = torch.stack(with_it.losses), torch.stack(without.losses)
    differing = int((losses != bare_losses).sum())
    yield Check("recording", "losses that differ", seed, differing, high=0, low=0, digits=0,
                note=f"of {len(losses)}")  # fmt: skip
    wall, processor = (statistics.median(column) for column in zip(*ratios, strict=True))
    quarters = statistics.quantiles([pair[0] for pair in ratios], n=4)
    yield Check("recording", "step with recording / without", seed, wall, high=1.01, digits=4,
                note=f"quartiles {quarters[0]:.3f}, {quarters[2]:.3f}; processor {processor:.4f}")  # fmt: skip
    kept = len(open_store(workshop.runs).run(with_it.run.id).series("train/loss").values)
    yield Check("recording", "steps that were recorded", seed, kept, low=len(losses), high=len(losses), digits=0)


def side(words: list[str], name: str) -> Side:
    """Training and run from the words of the recipe."""
    order = order_of(words, Ranks())
    torch.set_num_threads(order.settings.threads)
    torch.manual_seed(order.settings.seed)
    recorded = order.recording.is_recorded
    training = Training(order.settings, Ranks(), text_of(order, Ranks()), is_recorded=recorded)
    run = bv.init(project="recording", name=name, dir=order.recording.dir, mode=order.recording.mode,
                  config=training.config())  # fmt: skip
    run.stage("pretrain")
    return Side(order, training, run)
