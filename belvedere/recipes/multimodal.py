"""Learn pictures and their captions from one latent, recorded with Belvedere.

    python -m belvedere.recipes.multimodal                     # 1,617 digits with captions, half a minute on one core
    python -m belvedere.recipes.multimodal --preset engravings --images DIR --captions FILE.json      # for a GPU
    python -m belvedere.recipes.multimodal --help
    torchrun --standalone --nproc_per_node=2 -m belvedere.recipes.multimodal -- --run=NAME

image → encoder → latent → decoder → image; latent → causal transformer → caption; latent ↔ caption by InfoNCE.
Reads from top to bottom: main, the six steps, the loop, what is logged. One update is `captioning/training.py`.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import torch
from torch import Tensor

import belvedere as bv
from belvedere.recipes.captioning.arguments import RECIPE, Order, order_of, parser
from belvedere.recipes.captioning.examination import (
    MEMORY_MAX,
    Numbers,
    caption_numbers,
    latent_numbers,
    latents_of,
    seen_by,
    validated,
)
from belvedere.recipes.captioning.exhibits import log_attention, log_latents, log_predictions, samples
from belvedere.recipes.captioning.gradients import PAIRS
from belvedere.recipes.captioning.lines import Lines
from belvedere.recipes.captioning.measures import caption_measures, latent_measures, picture_measures
from belvedere.recipes.captioning.settings import PRESETS, Settings
from belvedere.recipes.captioning.training import Training, Update
from belvedere.recipes.checkpoint import Checkpoint, path_of, save
from belvedere.recipes.command import WATCH_BUDGET, carried_out
from belvedere.recipes.corpora.captions import CaptionedPictures, Vocabulary, counted_words, split_of, vocabulary_of
from belvedere.recipes.corpora.digit_captions import captioned_digits
from belvedere.recipes.corpora.picture_folder import captioned_folder
from belvedere.recipes.models.image_caption import PARTS
from belvedere.recipes.ranks import Ranks, meet, part, ranks_of_environment, wait
from belvedere.recipes.stopping import asked_to_stop

__all__ = ["PRESETS", "Outcome", "main", "parser", "train"]

KNOBS = "--batch or --convolutions"  # what needs less memory
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Outcome:
    """What a training leaves: the loss of each step, the last numbers of held-out pictures, the checkpoint."""

    losses: tuple[float, ...]
    last: Numbers  # empty on all ranks but the first
    checkpoint: Path | None
    step: int
    is_stopped: bool


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, 130 after Ctrl-C, or 2 with one sentence when the recipe cannot run as asked."""
    ranks = ranks_of_environment()
    return carried_out(RECIPE, lambda: train(order_of(words, ranks), ranks).is_stopped, knobs=KNOBS)


# ---------------------------------------------------------------------------------------------------------------------
# The six steps


def train(order: Order, ranks: Ranks) -> Outcome:
    """Dataset, tokenizer, loaders, model, recording, training."""
    settings, lines = order.settings, Lines(is_heard=ranks.is_first)
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)

    lines.title("STEP 1: the dataset")
    corpus = corpus_of(settings)
    split = split_of(corpus, train_max=settings.train)
    lines.dataset(corpus)

    lines.title("STEP 2: the tokenizer")
    counts = counted_words([corpus.captions[row] for row in split.train])
    vocabulary = vocabulary_of(counts, count_min=settings.word_count_min)
    refuse_other_vocabulary(order.resumed, vocabulary)
    lines.tokenizer(corpus, split, vocabulary, counts, length=settings.caption_length)

    lines.title("STEP 3: the loaders")
    if settings.batch > len(split.train):
        raise bv.UsageError(f"a batch of {settings.batch} is more than the {len(split.train)} captions to learn from; "
                            f"pass --batch {len(split.train)} or less")  # fmt: skip
    lines.loaders(split, settings)

    lines.title("STEP 4: the model")
    training = Training(settings, ranks, corpus, split, vocabulary)
    if order.resumed:
        training.go_on(order.resumed)
    lines.model(training.model, settings)

    lines.title("STEP 5: the recording")
    meet(ranks, training.device)
    with start_run(order, training) as run:
        lines.recording(run)
        lines.title("STEP 6: the training")
        lines.budget(settings, training.step)
        losses, is_stopped = loop(order, training, run, lines)
        last, path = conclude(order, training, run, lines, is_stopped=is_stopped) if ranks.is_first else ({}, None)
        if is_stopped:
            run.finish(state="stopped")
    part(ranks)
    return Outcome(tuple(torch.stack(losses).tolist()) if losses else (), last, path, training.step, is_stopped)


def corpus_of(settings: Settings) -> CaptionedPictures:
    """The digits, or the folder that was named."""
    if settings.images is None or settings.captions is None:
        return captioned_digits()
    return captioned_folder(
        Path(settings.images), Path(settings.captions), side=settings.side, channels=settings.channels
    )


def refuse_other_vocabulary(before: Checkpoint | None, vocabulary: Vocabulary) -> None:
    """A checkpoint's words have its numbers; with other captions a number would mean another word."""
    if before is None or tuple(before.more["vocabulary"]) == vocabulary.words:
        return
    known = tuple(before.more["vocabulary"])
    place = next((at for at, (one, other) in enumerate(zip(known, vocabulary.words)) if one != other),
                 min(len(known), len(vocabulary)))  # fmt: skip
    old, new = ((*words, "nothing")[place] if place <= len(words) else "nothing" for words in (known, vocabulary.words))
    raise bv.UsageError(f"the captions are not those of the checkpoint: its {len(known)} tokens have {old!r} where now "
                        f"{len(vocabulary)} have {new!r}; give the captions it was trained on")  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# The loop


def loop(order: Order, training: Training, run: bv.Run, lines: Lines) -> tuple[list[Tensor], bool]:
    """Steps until the budget is used or somebody presses Ctrl-C; the losses, and whether it was Ctrl-C."""
    settings, ranks, losses = training.settings, training.ranks, list[Tensor]()
    meter = run.throughput(samples_per_step=settings.batch)
    batches = training.batches()
    training.start_clock()
    with asked_to_stop() as asked:
        while True:
            fraction, is_stopped = training.progress(bool(asked))
            if fraction >= 1 or is_stopped:
                return losses, is_stopped
            is_epoch = training.step % training.steps_per_epoch == 0
            is_examined = training.step % settings.media_every == 0
            if is_epoch or is_examined:
                with meter.phase("evaluation"):
                    if ranks.is_first and is_examined and not run.disabled:
                        examine(training, run)
                    if ranks.is_first and is_epoch:
                        end_epoch(order, training, run, lines)
                    wait(ranks)  # else the others would count the pause as a slow step
            is_shared = settings.tracks_gradients and not run.disabled and training.step % settings.share_every == 0
            update = training.advance(fraction, batches, meter, is_shared=is_shared)
            losses.append(update.loss)
            meter.step()
            log_update(training, run, update)


def end_epoch(order: Order, training: Training, run: bv.Run, lines: Lines) -> Numbers:
    """Validation, the line about it, and the checkpoints that are due. Before the first step: where it starts from."""
    found = validate(training, run)
    lines.epoch(training, found["loss"])
    training.of_epoch.clear()
    training.epoch_started = training.clock()
    if found["loss"] < training.best and training.step:
        training.best = found["loss"]
        keep_checkpoint(order, training, run, best_path(order, run))
    if training.step and training.step // training.steps_per_epoch % training.settings.save_epochs == 0:
        keep_checkpoint(order, training, run, path_of(order.recording.out_dir, RECIPE, run.id))
    return found


def conclude(order: Order, training: Training, run: bv.Run, lines: Lines, *,
             is_stopped: bool) -> tuple[Numbers, Path]:  # fmt: skip
    """The last validation and checkpoint; the last examination unless somebody waits after Ctrl-C."""
    last = {f"val/{name}": value for name, value in end_epoch(order, training, run, lines).items()}
    path = path_of(order.recording.out_dir, RECIPE, run.id)
    keep_checkpoint(order, training, run, path)
    if not is_stopped:
        last |= examine(training, run)
        lines.result(last, training)
    if training.settings.keeps_model and best_path(order, run).exists():
        run.save(best_path(order, run), base_path=order.recording.out_dir)
    lines.end(path, best_path(order, run), training)
    return last, path


def best_path(order: Order, run: bv.Run) -> Path:
    """Beside the newest one, under a name that --resume without FILE does not take for it."""
    return order.recording.out_dir / f"best-{RECIPE}-{run.id}.pt"


def keep_checkpoint(order: Order, training: Training, run: bv.Run, path: Path) -> None:
    """Written beside and renamed: whoever interrupts it keeps the one before."""
    save(path, training.checkpoint(project=order.recording.project, run_id="" if run.disabled else run.id))


# ---------------------------------------------------------------------------------------------------------------------
# What is recorded


def start_run(order: Order, training: Training) -> bv.Run:
    """One run for all ranks: they find its id without talking. A resumed run goes on at the checkpoint's step."""
    resumed = order.resumed if order.resumed and order.resumed.run_id else None
    settings, recording = training.settings, order.recording
    run = bv.init(
        project=recording.project, id=resumed.run_id if resumed else None, name=recording.run_name,
        group=recording.group, dir=recording.dir, mode=recording.mode, config=asdict(settings) | training.follows(),
        resume="allow" if resumed else None, resume_from=resumed.step if resumed else None,
        hardware=settings.tracks_hardware,
    )  # fmt: skip
    run.stage("multimodal")
    run.define("val/loss", summary="min", goal="minimize")
    for key in ("retrieval/*@1", "retrieval/*@5", "caption/*accuracy", "latent/probe_accuracy"):
        run.define(key, goal="maximize")
    if settings.tracks_gradients:
        run.watch(training.model, training.optimizer, budget=WATCH_BUDGET)
    return run


def log_update(training: Training, run: bv.Run, update: Update) -> None:
    """One row, which ends the run's step: row s is about update s. Tensors go as they are: no waiting for a GPU. The
    weighted parts under loss/ add up to train/loss."""
    weighted = update.parts * training.weights
    row: dict[str, object] = {
        "train/loss": update.loss, "train/grad_norm": update.gradient["grad_norm"], "lr": update.lr
    }  # fmt: skip
    row |= {f"loss/{name}": weighted[place] for place, name in enumerate(PARTS)}
    if update.shares is not None:
        run.log_vector("grad_share", update.shares.shares, PARTS)
        run.log_vector("grad_cosine", update.shares.cosines, PAIRS)
        row |= {f"grad_share/{name}": update.shares.shares[place] for place, name in enumerate(PARTS)}
    training.recent.append(update.parts)
    training.of_epoch.append(update.loss)
    if training.step % training.settings.log_every == 0:
        row |= recent_row(training, update)
        training.recent.clear()
    run.log(row)


def recent_row(training: Training, update: Update) -> dict[str, object]:
    """Every `log_every` steps, under names without a section: means of the unweighted losses since the last such row,
    what the last batch looks like, its gradient before clipping, and the machine."""
    settings, outputs, batch = training.settings, update.outputs, update.batch
    means = torch.stack(training.recent).mean(dim=0)  # (3,)
    row: dict[str, object] = {"loss_total": means @ training.weights}
    row |= {f"loss_{name}": means[place] for place, name in enumerate(PARTS)}
    row |= picture_measures(outputs.pictures.detach(), batch.images)
    if settings.tracks_latents:
        row |= latent_measures(outputs.latents.detach())
    if settings.tracks_captions:
        row |= caption_measures(outputs.logits.detach(), batch.ids[:, 1:])
    if settings.tracks_gradients:
        row |= update.gradient
    if settings.tracks_hardware:
        row |= hardware_row(training.device)
    epoch, place = divmod(training.step - 1, training.steps_per_epoch)
    return row | {"learning_rate": update.lr, "epoch": epoch + 1, "batch": place + 1}


def hardware_row(device: torch.device) -> dict[str, object]:
    """Load of the processor since the last call, which does not sleep; and what is taken of the GPU's memory."""
    row: dict[str, object] = {"cpu_percent": psutil.cpu_percent(interval=None)}
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        row |= {"gpu_memory_percent": 100 * (total - free) / total, "gpu_memory_used": (total - free) / MEBIBYTE}
    return row


def validate(training: Training, run: bv.Run) -> Numbers:
    """All held-out captions, at the step whose update comes next: val/loss, and names of `recent_row` under val/."""
    batches = training.loaded(training.split.held_out)
    found = validated(training.model, batches, training.settings.weights, training.short)
    run.log({f"val/{name}": value for name, value in found.items()}, commit=False)
    return found


def examine(training: Training, run: bv.Run) -> Numbers:
    """What the model makes of held-out pictures by itself: captions, retrieval, latents; in numbers and to look at."""
    settings, model, corpus, vocabulary = training.settings, training.model, training.corpus, training.vocabulary
    seen = seen_by(model, training.loaded(training.split.held_out), vocabulary, training.short)
    first = next(training.loaded(seen.rows[: settings.batch]))
    found: Numbers = {}
    if settings.tracks_latents:
        rows = training.split.train[:MEMORY_MAX]
        found |= latent_numbers(seen, corpus, lambda: (latents_of(model, training.loaded(rows), training.short), rows))
        found |= {f"val/{name}": value.item() for name, value in latent_measures(seen.latents).items()}
        log_latents(run, seen, corpus)
    if settings.tracks_captions:
        found |= caption_numbers(seen, corpus)
        log_predictions(run, seen, corpus, vocabulary)
        log_attention(run, model, first, vocabulary)
    if settings.tracks_gradients:
        bv.log_histograms(model, run=run)
    run.log({**found, **samples(model, first, seen, corpus, step=training.step)}, commit=False)
    return found


if __name__ == "__main__":
    sys.exit(main())
