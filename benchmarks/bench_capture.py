"""What the captures cost, as ratios to what the model does anyway: a forward pass, a training step.

    python -m benchmarks.bench_capture [--rounds 9] [--threads 1]

The GPT of the recipes with 4 layers, 4 heads, width 128 and T = 512 on this machine's CPU (or its GPU with --device
cuda). Captures and what they are held against run in turns, so that a machine that slows down slows both; medians.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

import belvedere as bv
from belvedere.recipes.models.gpt import GPT, GPTShape
from belvedere.store.store import open_store

SHAPE = GPTShape(vocab=256, layers=4, heads=4, kv_heads=4, width=128, context=512)
BATCH = 4
ATTENTION_LIMIT = 3.0  # forward passes for one head at T = 512


@dataclass
class Timed:
    """Something done once a round, what it is held against, and the seconds it took."""

    name: str
    do: Callable[[], object]
    against: str
    secs: list[float] = field(default_factory=list)


class Bench:
    """A model in training and everything that is timed."""

    def __init__(self, device: str) -> None:
        torch.manual_seed(0)
        self.device = device
        self.model = GPT(SHAPE).to(device)
        for parameter in self.model.parameters():  # the head starts at zero: let everything compute something
            torch.nn.init.normal_(parameter, std=0.05)
        self.tokens = torch.randint(SHAPE.vocab, (BATCH, SHAPE.context), device=device)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4)
        self.latent = torch.randn(BATCH * SHAPE.context, SHAPE.width, device=device)

    def timed(self) -> list[Timed]:
        """What is compared, in the order in which it runs."""
        return [
            Timed("forward, 1 × 512 tokens", self.forward, ""),
            Timed("attention, one head", lambda: bv.capture_attention(
                self.model, self.tokens, layers=[2], heads=[1]), "forward, 1 × 512 tokens"),
            Timed("attention, all 16 heads", lambda: bv.capture_attention(
                self.model, self.tokens), "forward, 1 × 512 tokens"),
            Timed("embeddings of a part", lambda: bv.capture_embeddings(
                self.model, self.tokens[:1], name="h2", module="h.2"), "forward, 1 × 512 tokens"),
            Timed("training step, 4 × 512", self.step, ""),
            Timed("step, activations not due", self.watched(every=10**9), "training step, 4 × 512"),
            Timed("step, activations measured", self.watched(every=1), "training step, 4 × 512"),
            Timed("histograms of weights", lambda: bv.log_histograms(self.model), "training step, 4 × 512"),
            Timed("latent health, 2048 × 128", lambda: bv.log_latent_health(self.latent), "training step, 4 × 512"),
            Timed("probe, five multiples", lambda: bv.probe_learning_rates(
                self.model, self.optimizer, self.loss), "training step, 4 × 512"),
        ]  # fmt: skip

    @torch.no_grad()
    def forward(self) -> None:
        self.model(self.tokens[:1])

    def loss(self) -> torch.Tensor:
        return self.model.loss(self.tokens, self.tokens)

    def step(self) -> None:
        self.loss().backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.optimizer.zero_grad()

    def watched(self, every: int) -> Callable[[], None]:
        """A step during which activations are watched; hooks come and go with it, outside of other measurements."""

        def watched_step() -> None:
            watch = bv.watch_activations(self.model, every=every, budget=None)
            watch._place = 1 if every > 1 else 0
            self.step()
            watch.detach()

        return watched_step

    def wait(self) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()


def run_rounds(bench: Bench, timed: list[Timed], rounds: int) -> None:
    """One warm-up round, then the measured ones."""
    for number in range(rounds + 1):
        for one in timed:
            bench.wait()
            started = time.perf_counter()
            one.do()
            bench.wait()
            if number:
                one.secs.append(time.perf_counter() - started)


def report(timed: list[Timed]) -> None:
    median = {one.name: statistics.median(one.secs) for one in timed}
    print(f"{'':<30}{'median ms':>10}{'ratio':>8}   to")
    for one in timed:
        ratio = f"{median[one.name] / median[one.against]:8.2f}   {one.against}" if one.against else ""
        print(f"{one.name:<30}{median[one.name] * 1e3:10.2f}{ratio}")
    reached = median["attention, one head"] / median["forward, 1 × 512 tokens"]
    verdict = "ok" if reached <= ATTENTION_LIMIT else "MISSED"
    print(f"to reach: one head within {ATTENTION_LIMIT:g} forward passes: {reached:.2f}, {verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as root:
        run = bv.init(project="bench", dir=root, console=False, hardware=False)
        bench = Bench(args.device)
        timed = bench.timed()
        run_rounds(bench, timed, args.rounds)
        run.finish()
        costs_ms = open_store(Path(root)).run(run.id).series("watch/activations_cost_ms").values
    where = torch.cuda.get_device_name() if args.device == "cuda" else f"CPU, {args.threads} threads"
    print(f"GPT, {bench.model.parameter_count() / 1e6:.2f} M parameters, {where}, {args.rounds} rounds")
    report(timed)
    step_ms = 1e3 * statistics.median(next(one.secs for one in timed if one.name.startswith("training step")))
    cost_ms = statistics.median(costs_ms)
    print(f"activations, as recorded: {cost_ms:.2f} ms, {cost_ms / step_ms:.3f} of a step")


if __name__ == "__main__":
    main()
