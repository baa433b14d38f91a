"""What watching costs: a step of a 10-million-parameter MLP bare, watched within the budget, and at every step.

    python -m benchmarks.bench_watch [--seconds 20] [--threads 2]

The three train in turns, in short rounds, so that a machine that slows down slows all of them; each has a clock that
stands still while the others train. The floor is the bare step.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

import belvedere as bv
from belvedere.record.capture import watch
from belvedere.record.run import Run
from belvedere.store.store import open_store

WIDTH, LAYERS, BATCH = 912, 12, 64  # 12 · (912² + 912) = 10.0 M parameters in 24 tensors
ROUND_STEPS = 10
LIMIT_PERCENT = 1.0


@dataclass
class Training:
    """A model with its optimizer, the run that watches it, and the time of each of its steps."""

    name: str
    model: nn.Module
    optimizer: torch.optim.Optimizer
    batch: torch.Tensor
    run: Run | None = None
    secs: list[float] = field(default_factory=list)
    left: float = 0.0
    away_secs: float = 0.0

    def clock(self) -> float:
        """Seconds, without those in which the others trained."""
        return time.perf_counter() - self.away_secs

    def round(self) -> None:
        """Train some steps and time them; `log` is outside, the bare one has none."""
        self.away_secs += time.perf_counter() - self.left
        for _ in range(ROUND_STEPS):
            started = time.perf_counter()
            loss = self.model(self.batch).square().mean()
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.secs.append(time.perf_counter() - started)
            if self.run is not None:
                self.run.log({"loss": 1.0})
        self.left = time.perf_counter()


def training(name: str) -> Training:
    """The same model and data every time, warm: allocation is no part of what watching costs."""
    torch.manual_seed(0)
    layers = [part for _ in range(LAYERS) for part in (nn.Linear(WIDTH, WIDTH), nn.ReLU())]
    model = nn.Sequential(*layers)
    made = Training(name, model, torch.optim.AdamW(model.parameters(), lr=1e-4), torch.randn(BATCH, WIDTH))
    made.left = time.perf_counter()
    made.round()
    made.secs.clear()
    return made


def watched(name: str, run_id: str, root: Path, *, budget: float | None) -> Training:
    """A training with a run of its own that watches it."""
    made = training(name)
    made.run = bv.init(project="bench", id=run_id, dir=root, console=False, hardware=False)
    watch.attach(made.run, made.model, made.optimizer, budget=budget, clock=made.clock)
    return made


def report(root: Path, trainings: list[Training]) -> None:
    """One line for each, and the verdict."""
    bare = trainings[0]
    bare_ms = statistics.fmean(bare.secs) * 1e3
    parameters = sum(parameter.numel() for parameter in bare.model.parameters())
    print(f"MLP, {parameters / 1e6:.1f} M parameters, {torch.get_num_threads()} threads, {len(bare.secs)} steps each")
    print(f"{'':<24}{'mean ms':>9}{'median ms':>11}{'ratio':>8}{'measured':>10}{'cost ms':>9}{'recorded %':>12}")
    for trained in trainings:
        mean, median = statistics.fmean(trained.secs) * 1e3, statistics.median(trained.secs) * 1e3
        line = f"{trained.name:<24}{mean:9.2f}{median:11.2f}{mean / bare_ms:8.3f}"
        if trained.run is not None:
            costs = open_store(root).run(trained.run.id).series("watch/cost_ms").values
            share = 100 * costs.sum() / (sum(trained.secs) * 1e3)
            line += f"{len(costs):>10}{statistics.median(costs):9.2f}{share:12.2f}"
            if trained.name.startswith("within"):
                verdict = "ok" if share <= LIMIT_PERCENT * 1.1 else "MISSED"
        print(line)
    print(
        f"to reach: {LIMIT_PERCENT:g} % of the step within the budget, by the costs that the watch recorded: {verdict}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="of all three together")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as root:
        trainings = [
            training("not watched"),
            watched("within 1 %", "budget", Path(root), budget=0.01),
            watched("every step, no budget", "every", Path(root), budget=None),
        ]
        until = time.perf_counter() + args.seconds
        while time.perf_counter() < until:
            for trained in trainings:
                trained.round()
        for trained in trainings[1:]:
            if trained.run is not None:
                trained.run.finish()
        report(Path(root), trainings)


if __name__ == "__main__":
    main()
