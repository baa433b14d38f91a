"""Learn handwritten digits, their pictures and their names, from one latent; recorded with Belvedere.

python -m belvedere.recipes.digits            # twelve seconds on one core
python -m belvedere.recipes.digits --sweep    # sixteen short runs of one group: rate × depth × width × batch
"""

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import NoReturn

import torch
from torch import Tensor

import belvedere as bv
from belvedere.recipes.corpora.digits import SIDE, Digits, load_digits
from belvedere.recipes.models.autoencoder import IMAGE_WEIGHT, Autoencoder
from belvedere.recipes.stopping import asked_to_stop

CLASSES = 10
EXAMINATIONS = 20  # of a run, and one more at its end
SHOWN = 12  # digits whose pictures are logged
FLOOR = 0.01  # the learning rate ends at so much of its start
SWEEP_EPOCHS = 24
# A sweep tries four values of each; which with which is in `settings_of_sweep`.
RATES = (1e-3, 4e-3, 1.6e-2, 6.4e-2)
DEPTHS, WIDTHS, BATCH_SIZES = (1, 2, 3, 4), (16, 32, 64, 128), (16, 32, 64, 128)


@dataclass(frozen=True)
class Settings:
    """One run: `steps` or `epochs`, or where both are None `seconds` of processor time, examinations
    included: a busy machine takes longer and learns the same."""

    seconds: float = 12.0
    steps: int | None = None
    epochs: int | None = None
    lr: float = 2e-3  # of AdamW; falls along half a cosine
    batch_size: int = 64
    depth: int = 2  # hidden layers on the way in, and as many on the way out
    width: int = 96
    latent: int = 16
    train: int = 300  # of 1,617 digits to learn from: few, so that over-fitting shows
    seed: int = 0


@dataclass(frozen=True)
class Order:
    """What is asked for, and where it is kept. A detailed run holds pictures, predictions, latents and norms too."""

    settings: Settings
    project: str = "digits"
    group: str | None = None
    name: str | None = "digits"
    dir: str | Path | None = None
    is_recorded: bool = True
    is_detailed: bool = True


@dataclass
class Outcome:
    """Loss of each step, and the last scalars on held-out digits."""

    losses: list[float] = field(default_factory=list)
    last: dict[str, float] = field(default_factory=dict)
    is_stopped: bool = False


# ---------------------------------------------------------------------------------------------------------------------
# One run


def train(order: Order, asked: list[int]) -> Outcome:
    """Batch after batch until the budget is used or somebody presses Ctrl-C."""
    settings, digits = order.settings, load_digits(train=order.settings.train)
    torch.set_num_threads(1)  # matrices this small do not get faster with more
    torch.manual_seed(settings.seed)
    model = Autoencoder(
        pixels=SIDE * SIDE, latent=settings.latent, classes=CLASSES, depth=settings.depth, width=settings.width
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.lr)
    outcome = Outcome()
    with start_run(order, model, optimizer) as run:
        meter = run.throughput(samples_per_step=settings.batch_size, every=50)
        started, examined = time.process_time(), 0
        for step, rows in enumerate(shuffled_rows(settings)):
            fraction = used(settings, step, time.process_time() - started)
            if fraction >= 1 or asked:
                break
            if fraction >= (examined / EXAMINATIONS) ** 2:  # denser at first, where more changes
                with meter.phase("evaluation"):
                    outcome.last = examine(run, model, digits, is_detailed=order.is_detailed)
                examined += 1
            row, loss = advanced(model, optimizer, digits.train_images[rows], digits.train_labels[rows],
                                 rate=settings.lr * cosine(fraction))  # fmt: skip
            outcome.losses.append(loss)
            meter.step()
            run.log(row)
        outcome.last = examine(run, model, digits, is_detailed=order.is_detailed)
        outcome.is_stopped = bool(asked)
        if asked:
            run.finish(state="stopped")
    return outcome


def start_run(order: Order, model: Autoencoder, optimizer: torch.optim.Optimizer) -> bv.Run:
    """The run, watched."""
    run = bv.init(
        project=order.project, group=order.group, name=order.name, dir=order.dir,
        mode=None if order.is_recorded else "disabled", config=asdict(order.settings) | {"optimizer": "AdamW"},
    )  # fmt: skip
    run.summary["parameters"] = sum(weight.numel() for weight in model.parameters())
    run.define("val/accuracy", summary="max", goal="maximize")
    run.define("val/loss", summary="min", goal="minimize")
    if order.is_detailed:
        run.watch(model, optimizer)
        bv.watch_activations(model, run=run)
    return run


def shuffled_rows(settings: Settings) -> Iterator[Tensor]:
    """(B,) rows of each batch: every digit once an epoch, in an order that (seed, epoch) fixes; whole batches only."""
    generator = torch.Generator().manual_seed(settings.seed)
    size = min(settings.batch_size, settings.train)
    while True:
        order = torch.randperm(settings.train, generator=generator)
        yield from order[: len(order) // size * size].view(-1, size)


def used(settings: Settings, step: int, seconds: float) -> float:
    """How much of the budget is used."""
    if settings.epochs is not None:
        return step / (settings.epochs * (settings.train // settings.batch_size))
    return step / settings.steps if settings.steps is not None else seconds / settings.seconds


def cosine(fraction: float) -> float:
    """From 1 down to FLOOR."""
    return FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * fraction)) / 2


def advanced(
    model: Autoencoder, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor, *, rate: float
) -> tuple[dict[str, object], float]:
    """One update: its row, and its loss. The parts of the loss are weighted, so that they add up to it."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    losses, logits = model.losses(images, labels)
    total = losses.total
    optimizer.zero_grad()
    total.backward()  # type: ignore[no-untyped-call]
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    norm = torch.stack(torch._foreach_norm(gradients)).norm()
    optimizer.step()
    row: dict[str, object] = {
        "train/loss": total.detach(),
        "loss/image": losses.image.detach(),
        "loss/label": losses.label.detach(),
        "loss/latent": losses.latent.detach(),
        "train/accuracy": (logits.argmax(dim=1) == labels).float().mean(),
        "train/grad_norm": norm,
        "lr": rate,
    }
    return row, total.item()


# ---------------------------------------------------------------------------------------------------------------------
# What is recorded at an examination


@torch.no_grad()
def examine(run: bv.Run, model: Autoencoder, digits: Digits, *, is_detailed: bool) -> dict[str, float]:
    """Losses and accuracy on the held-out digits; with detail, what each was taken for and where it lies."""
    images, labels = digits.held_out_images, digits.held_out_labels
    losses, logits = model.losses(images, labels)
    scalars = {
        "val/loss": losses.total.item(),
        "val/loss_image": losses.image.item(),
        "val/loss_label": losses.label.item(),
        "val/image_mse": losses.image.item() / IMAGE_WEIGHT,
        "val/accuracy": (logits.argmax(dim=1) == labels).float().mean().item(),
    }
    run.log(scalars, commit=False)
    if is_detailed and not run.disabled:
        latents, pictures, _ = model(images)
        bv.log_latent_health(latents, run=run)
        names = [f"{label} (number {place})" for place, label in enumerate(labels.tolist())]
        bv.log_embeddings("latent", latents, labels=names, classes=labels.tolist(), run=run)
        bv.log_histograms(model, run=run)
        table, image = (
            predictions(logits, labels),
            bv.Image(side_by_side(images, pictures), "drawn, rebuilt"),
        )
        run.log({"evaluation/predictions": table, "pictures": image}, commit=False)
    return scalars


def predictions(logits: Tensor, labels: Tensor) -> bv.Table:
    """One row per digit: what it is, what it was taken for, and the probability of each class."""
    scores = logits.softmax(dim=1)
    rows = [
        [label, guess, *(round(score, 6) for score in given)]
        for label, guess, given in zip(labels.tolist(), logits.argmax(dim=1).tolist(), scores.tolist(), strict=True)
    ]
    return bv.Table(columns=["label", "prediction", *(f"score:{name}" for name in range(CLASSES))], data=rows)


def side_by_side(images: Tensor, pictures: Tensor) -> Tensor:
    """(2 · 8, SHOWN · 8) grey values in 0 … 1, each pixel four times as wide and high."""

    def strip(flat: Tensor) -> Tensor:
        return flat[:SHOWN].view(-1, SIDE, SIDE).transpose(0, 1).flatten(1)

    both = 1 - torch.cat((strip(images), strip(pictures)))
    return both.repeat_interleave(4, dim=0).repeat_interleave(4, dim=1)


# ---------------------------------------------------------------------------------------------------------------------
# Many runs, and the command line


def sweep(order: Order, asked: list[int]) -> list[Outcome]:
    """Sixteen runs as many epochs long: every one sees each digit as often."""
    outcomes: list[Outcome] = []
    for settings in settings_of_sweep(order.settings):
        if asked:
            break
        name = f"lr {settings.lr:g}, {settings.depth} × {settings.width}, batch {settings.batch_size}"
        outcome = train(replace(order, settings=settings, name=name, is_detailed=False), asked)
        print(f"{name:32} val loss {outcome.last['val/loss']:.3f}  accuracy {outcome.last['val/accuracy']:.3f}",
              flush=True)  # fmt: skip
        outcomes.append(outcome)
    return outcomes


def settings_of_sweep(settings: Settings) -> list[Settings]:
    """An orthogonal array: each value of one hyper-parameter meets each value of every other exactly once.

    Row (a, b) takes columns a, b, a + b and a + 2b of the field with four elements (Rao 1947), in which addition is
    XOR and 2·2 = 3: sixteen runs then separate four influences that a full grid needs 256 for.
    """
    doubled = (0, 2, 3, 1)
    return [
        replace(settings, lr=RATES[a], depth=DEPTHS[b], width=WIDTHS[a ^ b], batch_size=BATCH_SIZES[a ^ doubled[b]],
                epochs=settings.epochs or SWEEP_EPOCHS)
        for a in range(4) for b in range(4)
    ]  # fmt: skip


class Parser(argparse.ArgumentParser):
    """Mistakes become a UsageError like all others, instead of an exit in the middle."""

    def error(self, message: str) -> NoReturn:
        """argparse calls this with its own sentence."""
        raise bv.UsageError(f"{message}; see --help")


def parser() -> argparse.ArgumentParser:
    """Options without a default here have the one in brackets."""
    it = Parser(prog="python -m belvedere.recipes.digits", description=__doc__,
                formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    it.add_argument("--sweep", action="store_true", help="sixteen short runs of one group instead of one")
    it.add_argument("--epochs", type=int, metavar="N", help=f"train for N epochs instead ({SWEEP_EPOCHS} in a sweep)")
    it.add_argument("--seconds", type=float, metavar="S", help="train for S seconds (12)")
    it.add_argument("--steps", type=int, metavar="N", help="train for N steps instead")
    it.add_argument("--lr", type=float, metavar="X", help="learning rate (0.002)")
    it.add_argument("--batch-size", type=int, metavar="B", help="digits of a step (64)")
    it.add_argument("--depth", type=int, metavar="L", help="hidden layers on the way in and on the way out (2)")
    it.add_argument("--width", type=int, metavar="D", help="numbers in each of them (96)")
    it.add_argument("--latent", type=int, metavar="Z", help="numbers in the latent (16)")
    it.add_argument("--train", type=int, metavar="N", help="digits to learn from, of 1617 (300)")
    it.add_argument("--seed", type=int, metavar="N", help="start weights and order of the digits (0)")
    it.add_argument("--project", default="digits", metavar="NAME", help="folder of the runs (%(default)s)")
    it.add_argument("--group", metavar="NAME", help="what the runs have in common (of a sweep: sweep)")
    it.add_argument("--dir", metavar="DIR", help="where runs are recorded (BELVEDERE_DIR, else ./belvedere-runs)")
    it.add_argument("--no-record", action="store_true", help="train without recording; the losses are the same")
    return it


def order_of(words: Sequence[str] | None) -> tuple[Order, bool]:
    """What is asked for, and whether it is a sweep; bv.UsageError names what cannot be."""
    given = vars(parser().parse_args(words))
    said = {name: given[name] for name in asdict(Settings()) if given.get(name) is not None}
    for name, value in said.items():
        if name != "seed" and not 0 < value < math.inf:
            raise bv.UsageError(f"--{name.replace('_', '-')} is {value}; give more than 0")
    group = given["group"] or ("sweep" if given["sweep"] else None)
    order = Order(Settings(**said), given["project"], group, dir=given["dir"], is_recorded=not given["no_record"])
    return order, given["sweep"]


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, 130 after Ctrl-C, or 2 with one sentence when the recipe cannot run as asked."""
    try:
        order, is_sweep = order_of(words)
        with asked_to_stop() as asked:
            if is_sweep:
                sweep(order, asked)
            else:
                last = train(order, asked).last
                print("held out: " + "  ".join(f"{name} {value:.4f}" for name, value in last.items()))
    except bv.BelvedereError as refused:
        print(f"digits: {refused}", file=sys.stderr)
        return 2
    return 130 if asked else 0


if __name__ == "__main__":
    sys.exit(main())
