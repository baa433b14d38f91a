"""Two processes name digits together, each with half of every batch; the second may be slow.

    python -m torch.distributed.run --standalone --nproc_per_node=2 -m belvedere.recipes.faults.trainings.ranked WORDS

is what `Ranked.train` starts; WORDS is one JSON text with the settings and the order. Fields behind `hidden` break it
without being a hyper-parameter.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import belvedere as bv
from belvedere.recipes.corpora.digits import load_digits
from belvedere.recipes.faults.trainings.course import (
    Order,
    Outcome,
    closed,
    gradient_norm,
    hidden,
    open_run,
    optimizer_of,
    watch,
)
from belvedere.recipes.models.autoencoder import layers
from belvedere.recipes.ranks import Ranks, agreed, average_gradients, meet, part, ranks_of_environment
from belvedere.recipes.stopping import asked_to_stop

CLASSES, PIXELS = 10, 64
WORLD = 2


@dataclass(frozen=True)
class Ranked:
    """`batch` is that of all ranks together."""

    steps: int = 160
    batch: int = 256
    depth: int = 2
    width: int = 192
    optimizer: str = "adam"
    lr: float = 1e-3
    late_rank: int | None = hidden(None)  # waits in every forward pass
    late_by: float = hidden(0.0)  # seconds
    jitter: float = hidden(0.0)  # seconds that in every step one rank waits, drawn by lot

    def train(self, order: Order) -> Outcome:
        """Train as ordered, in WORLD processes of their own."""
        return started(self, order)


def started(it: Ranked, order: Order) -> Outcome:
    """Start the processes, wait for them, read what the first one says."""
    order = replace(order, run_id=order.run_id or secrets.token_hex(4))
    words = json.dumps({"settings": asdict(it), "order": asdict(replace(order, asked=()))})
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={WORLD}", "-m",
               "belvedere.recipes.faults.trainings.ranked", words]  # fmt: skip
    ours = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    environment = {name: value for name, value in os.environ.items() if name not in ours} | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    said = [line for line in done.stdout.splitlines() if line.startswith('{"losses"')]
    if not said:
        raise bv.UsageError(f"the two processes ended with code {done.returncode} and no result; "
                            f"the last they said: {done.stderr.strip().splitlines()[-1:]}")  # fmt: skip
    answer = json.loads(said[-1])
    return Outcome(tuple(answer["losses"]), answer["run_id"], answer["folder"], answer["is_stopped"])


def main(words: Sequence[str] | None = None) -> int:
    """One of the processes."""
    given = json.loads((words or sys.argv[1:])[0])
    it, ranks = Ranked(**given["settings"]), ranks_of_environment()
    meet(ranks, torch.device("cpu"))
    with asked_to_stop() as asked:
        outcome = train(it, Order(**given["order"] | {"asked": (asked,)}), ranks)
    if ranks.is_first:
        print(json.dumps(asdict(outcome)), flush=True)
    part(ranks)
    return 0


# ---------------------------------------------------------------------------------------------------------------------
# The training


def train(it: Ranked, order: Order, ranks: Ranks) -> Outcome:
    """`it.steps` updates of this rank."""
    digits = load_digits()
    share = it.batch // ranks.world
    mine = slice(ranks.rank * share, (ranks.rank + 1) * share)
    losses: list[Tensor] = []
    with open_run(it, order, world_size=ranks.world) as run:
        model = layers(PIXELS, CLASSES, it.depth, it.width)
        optimizer = optimizer_of(it.optimizer, model.parameters(), lr=it.lr)
        watch(run, model, [optimizer], has_activations=False)
        meter = run.throughput(samples_per_step=it.batch, every=1)
        for step in range(it.steps):
            if agreed(0.0, order.is_asked_to_stop, ranks)[1]:
                break
            with meter.phase("data"):
                random = np.random.default_rng((order.seed, step))
                chosen = random.choice(len(digits.train_labels), it.batch)[mine]
                unlucky = int(random.integers(ranks.world))  # the same on all ranks
                images, labels = digits.train_images[chosen], digits.train_labels[chosen]
            with meter.phase("forward"):
                loss = F.cross_entropy(model(images), labels)
                if ranks.rank == it.late_rank:
                    time.sleep(it.late_by)  # FAULT: a processor that is too hot
                elif it.jitter and ranks.rank == unlucky:
                    time.sleep(it.jitter)
            with meter.phase("backward"):
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
            with meter.phase("average"):
                mean_loss = average_gradients(model.parameters(), ranks, loss.detach()[None])[0]
            with meter.phase("optimizer"):
                optimizer.step()
            meter.step()
            losses.append(mean_loss)
            run.log({"train/loss": mean_loss, "train/grad_norm": gradient_norm(model), "lr": it.lr})
        return closed(run, losses, order)


if __name__ == "__main__":
    sys.exit(main())
