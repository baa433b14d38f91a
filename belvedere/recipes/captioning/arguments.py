"""The command line of `python -m belvedere.recipes.multimodal`: what each option means, with its unit."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import belvedere as bv
from belvedere.recipes.captioning.settings import PRESETS, Settings, refuse_impossible
from belvedere.recipes.checkpoint import Checkpoint, refuse_changes, resumed, settings_kept
from belvedere.recipes.command import (
    Parser,
    Recording,
    add_place,
    add_recording,
    given_words,
    place_of,
    recording_of,
    seed_number,
    split_over,
)
from belvedere.recipes.models.image_caption import ALIGNMENTS
from belvedere.recipes.ranks import Ranks

PROJECT = RECIPE = "multimodal"
# What a resumed run may not change: another model or other pictures would not be the same run any more.
FIXED = ("images", "captions", "side", "channels", "train", "word_count_min", "caption_length", "convolutions",
         "latent", "embedding", "heads", "layers", "alignment", "batch", "seed")  # fmt: skip
BUDGETS = ("epochs", "steps", "seconds")
ABOUT = """\
Learn pictures and their captions from one latent, and record everything.

  python -m belvedere.recipes.multimodal                        1,617 digits with captions, 30 s of processor time
  python -m belvedere.recipes.multimodal --preset digits-quick  12 s, to see that it works
  python -m belvedere.recipes.multimodal --preset overfit       200 digits: train and held-out loss part
  python -m belvedere.recipes.multimodal --alignment norm       the alignment that measures nothing, to compare
  python -m belvedere.recipes.multimodal --preset engravings --images DIR --captions FILE.json
  torchrun --standalone --nproc_per_node=2 -m belvedere.recipes.multimodal -- --run=NAME"""
NOTES = """\
presets (what is said beside one wins; numbers in brackets above are those of digits):
  digits        8 x 8 grey pixels, latent 32, 30 s of processor time on one thread
  digits-quick  the same for 12 s
  overfit       200 digits to learn from, no weight decay, 60 s
  engravings    512 x 512 coloured pixels, latent 1024, 4 layers x 512 wide, captions of up to 100 tokens, batch 16,
                100 epochs: for a GPU

The captions file is {"file": "caption", ...} or a list of {"file": ..., "caption": ..., "label": a word, if known}.
The loss is the weighted sum of the image's squared error (pixels in 0 ... 1), the caption's nats per word and the
alignment. The learning rate falls along half a cosine over the budget. Ctrl-C ends after the current step, saves a
checkpoint and marks the run stopped. Watch it live with `belvedere serve`."""


@dataclass(frozen=True)
class Order:
    """What the command line asks for: the settings, where things are kept, and the checkpoint to go on from."""

    settings: Settings
    recording: Recording
    resumed: Checkpoint | None = None


def parser() -> argparse.ArgumentParser:
    """Options without a default here take the preset's."""
    it = Parser(
        prog="python -m belvedere.recipes.multimodal", usage="%(prog)s [options]", description=ABOUT, epilog=NOTES
    )
    _budget(it.add_argument_group("how long (one of the three)"))
    _pictures(it.add_argument_group("what is learned from"))
    _model(it.add_argument_group("the model"))
    _loss(it.add_argument_group("the loss and its minimisation"))
    add_place(it)
    _record(it)
    return it


def _budget(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--preset", choices=sorted(PRESETS), help="a set of all numbers below (digits)")
    group.add_argument("--seconds", type=float, metavar="S", help="of processor time; on a GPU of the clock (30)")
    group.add_argument("--epochs", type=int, metavar="N", help="times that every caption is seen")
    group.add_argument("--steps", type=int, metavar="N", help="optimizer steps")


def _pictures(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--images", metavar="DIR", help="folder of pictures (scikit-learn's digits)")
    group.add_argument("--captions", metavar="FILE", help="JSON of files and captions")
    group.add_argument("--side", type=int, metavar="S", help="pictures are cut square and brought to S pixels (8)")
    group.add_argument("--channels", type=int, metavar="C", help="1: grey, 3: coloured (1)")
    group.add_argument("--train", type=int, metavar="N", help="captions to learn from at most (all but a tenth)")
    group.add_argument("--caption-length", type=int, metavar="T", help="tokens; longer captions are cut (16)")
    group.add_argument("--word-count-min", type=int, metavar="N", help="rarer words are <UNK> (1)")
    group.add_argument("--workers", type=int, metavar="N", help="processes that load pictures (0: this one)")


def _model(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--latent", type=int, metavar="Z", help="numbers in the latent (32)")
    group.add_argument("--convolutions", type=int, metavar="C", help="channels at full side (16)")
    group.add_argument("--embedding", type=int, metavar="D", help="numbers per word (64)")
    group.add_argument("--layers", type=int, metavar="L", help="blocks of the caption transformer (2)")
    group.add_argument("--heads", type=int, metavar="H", help="attention heads per block (4)")


def _loss(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--alignment", choices=ALIGNMENTS, help="infonce: match captions; norm: a length only (infonce)")
    group.add_argument("--image-weight", type=float, metavar="W", help="of the squared error (10)")
    group.add_argument("--caption-weight", type=float, metavar="W", help="of the nats per word (1)")
    group.add_argument("--alignment-weight", type=float, metavar="W", help="of the alignment (0.5)")
    group.add_argument("--batch", type=int, metavar="B", help="captions per optimizer step, over all processes (64)")
    group.add_argument("--lr", type=float, metavar="X", help="learning rate at the start (0.002)")
    group.add_argument("--weight-decay", type=float, metavar="X", help="of AdamW (0.0001)")
    group.add_argument("--clip", type=float, metavar="X", help="largest norm of a gradient (1)")
    group.add_argument("--seed", type=seed_number, metavar="N", help="start weights and order of the captions (0)")


def _record(it: argparse.ArgumentParser) -> None:
    group = add_recording(it, project=PROJECT)
    group.add_argument("--log-every", type=int, metavar="N", help="steps that a logged loss is the mean of (10)")
    group.add_argument("--share-every", type=int, metavar="N", help="steps between two gradients of each loss (50)")
    group.add_argument("--media-every", type=int, metavar="N", help="steps between two examinations (100)")
    group.add_argument("--save-epochs", type=int, metavar="N", help="epochs between two checkpoints (5)")
    for name, about in (("gradients", "norms by block, and each loss's share of the gradient"),
                        ("hardware", "processor, memory and GPU"), ("latents", "spread, rank and place of latents"),
                        ("captions", "written captions and their measures")):  # fmt: skip
        group.add_argument(f"--track-{name}", dest=f"tracks_{name}", action=argparse.BooleanOptionalAction, help=about)
    group.add_argument("--log-model", dest="keeps_model", action=argparse.BooleanOptionalAction,
                       help="keep a copy of the best checkpoint with the run")  # fmt: skip


def order_of(words: Sequence[str] | None, ranks: Ranks) -> Order:
    """Parse; preset < checkpoint < what was said; bv.UsageError names what does not go together."""
    given = vars(parser().parse_args(given_words(words)))
    names = {one.name for one in fields(Settings)} - {"device", "dtype", "threads"}
    said = {name: value for name, value in given.items() if name in names and value is not None}
    recording = recording_of(given, project=PROJECT)
    before = resumed(recording.resume, recording.out_dir, RECIPE)
    settings = settings_again(before, said) if before else preset_settings(said)
    place = place_of(given, ranks, threads=1 if settings.images is None else None)
    settings = replace(with_budget(settings, said), device=place.device, dtype=place.dtype, threads=place.threads)
    refuse_impossible(settings)
    split_over(settings.batch, ranks)
    if before and given["project"] is None:
        recording = replace(recording, project=before.project)
    return Order(settings, recording, before)


def preset_settings(said: dict[str, object]) -> Settings:
    """The preset, and over it what was said."""
    return replace(Settings(), **{**PRESETS[str(said.get("preset", "digits"))], **said})  # type: ignore[arg-type]


def settings_again(before: Checkpoint, said: dict[str, object]) -> Settings:
    """The checkpoint's settings, and over them what may change."""
    known = settings_kept(before, Settings, more=("vocabulary", "best"))
    preset = said.get("preset", known.preset)
    if preset != known.preset:
        raise bv.UsageError(f"the checkpoint is one of the preset {known.preset}, not of {preset}; leave --preset out")
    refuse_changes(known, said, FIXED)
    return replace(known, **said)  # type: ignore[arg-type]


def with_budget(settings: Settings, said: dict[str, object]) -> Settings:
    """Only what was said last counts: two ways to say how long are refused."""
    spoken = [name for name in BUDGETS if name in said]
    if len(spoken) > 1:
        raise bv.UsageError(f"{' and '.join('--' + name for name in spoken)} are two ways to say how long; pass one")
    if not spoken:
        return settings
    return replace(settings, **{name: None for name in BUDGETS if name != spoken[0]})  # type: ignore[arg-type]
