"""The command line of `python -m belvedere.recipes.london`: what each option means, with its unit."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import belvedere as bv
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
from belvedere.recipes.corpora.special_tokens import read_special_tokens
from belvedere.recipes.historical.settings import PRESETS, Settings, settled
from belvedere.recipes.ranks import Ranks

RECIPE = "london"
PROJECT = "london-historical-llm"
# What a resumed run may not change: another model or other text would not be the same run any more.
FIXED = ("tokenizer", "vocab", "special_tokens", "layers", "heads", "width", "context", "dropout", "has_bias", "batch",
         "seed", "data")  # fmt: skip
ABOUT = """\
Train a GPT-2 on historical texts (or whatever text there is), and record the five panels that such a run is read by:
train/loss, train/mfu, train/lr, train/iter, train/dt_ms.

  python -m belvedere.recipes.london                          110 s of one core, on Python's own source code
  python -m belvedere.recipes.london --data TEXTS             your own: a file or a folder of texts
  python -m belvedere.recipes.london --resume                 go on with the newest checkpoint
  torchrun --standalone --nproc_per_node=2 -m belvedere.recipes.london -- --preset slm --data TEXTS --run=NAME
                                                              GPUs: 108 M parameters, 60 000 iterations"""
NOTES = """\
presets (what is said beside one wins; numbers in brackets above are those of cpu):
  tiny      bytes, 2 layers x 32 wide, T = 64, 60 steps: five seconds
  cpu       byte pairs, V = 1,024, 4 layers x 128 wide, T = 256, 250 steps of 8 sequences
  slm       V = 30,000, 12 layers, 12 heads, 768 wide, T = 1024: 107,993,856 parameters, 20 sequences per GPU
  regular   V = 30,000, 24 layers, 16 heads, 1024 wide, T = 1024: 332,760,064 parameters, 12 sequences per GPU

AdamW, gradients clipped at 1. The learning rate rises for --warmup steps and falls along a cosine to a tenth.
Nothing leaves this machine: `belvedere sync URL` sends finished or broken runs to a server later.
Ctrl-C ends after the current step, saves a checkpoint and marks the run stopped. Watch it with `belvedere serve`."""


@dataclass(frozen=True)
class Order:
    """What the command line asks for: the settings, where things are kept, and the checkpoint to go on from."""

    settings: Settings
    recording: Recording
    tags: tuple[str, ...]
    token_dir: Path
    resumed: Checkpoint | None = None


def parser() -> argparse.ArgumentParser:
    """Options without a default here take the preset's."""
    it = Parser(prog=f"python -m belvedere.recipes.{RECIPE}", usage="%(prog)s [options]", description=ABOUT,
                epilog=NOTES)  # fmt: skip
    _budget(it.add_argument_group("how long (one of the two)"))
    _text(it.add_argument_group("which text"))
    _model(it.add_argument_group("what is trained"))
    add_place(it)
    it.add_argument("--compile", dest="is_compiled", action=argparse.BooleanOptionalAction, default=None,
                    help="compile the model; the first steps then take longer (slm and regular on a GPU)")  # fmt: skip
    _record(it)
    return it


def _budget(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--steps", type=int, metavar="N", help="iterations planned (250)")
    group.add_argument("--seconds", type=float, metavar="S", help="train for S seconds, evaluations included")


def _text(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--data", metavar="PATH", help="a file or folder of texts (Python's standard library)")
    group.add_argument("--period", metavar="TEXT", help="where those are from; a tag and a setting (1500-1850)")
    group.add_argument("--tokenizer", choices=("byte", "bpe"), help="byte: V = 256; bpe: byte pairs learned from them")
    group.add_argument("--vocab", type=int, metavar="V", help="size of the vocabulary, special tokens included (1024)")
    group.add_argument("--special-tokens", metavar="FILE", help="words that are never cut, one a line: <|year|> …")
    group.add_argument("--token-dir", type=Path, metavar="DIR",
                       help="where the token files lie, for all ranks (the folder of checkpoints)")  # fmt: skip


def _model(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--preset", choices=sorted(PRESETS), default=None, help="a set of all numbers below (cpu)")
    group.add_argument("--layers", type=int, metavar="L", help="number of blocks (4)")
    group.add_argument("--heads", type=int, metavar="H", help="attention heads per block (4)")
    group.add_argument("--width", type=int, metavar="D", help="numbers per token in the residual stream (128)")
    group.add_argument("--context", type=int, metavar="T", help="length of a sequence, in tokens (256)")
    group.add_argument("--dropout", type=float, metavar="P", help="share of numbers set to zero in training (0)")
    group.add_argument("--bias", dest="has_bias", action="store_true", default=None, help="biases in maps and norms")
    group.add_argument("--batch", type=int, metavar="B",
                       help="sequences per step, over all processes; what does not fit adds up")  # fmt: skip
    group.add_argument("--micro-batch", type=int, metavar="B", help="sequences per forward pass; bounds memory (8)")
    group.add_argument("--lr", type=float, metavar="R", help="learning rate at its height (2e-3)")
    group.add_argument("--warmup", type=int, metavar="N", help="steps in which the learning rate rises (20)")
    group.add_argument("--weight-decay", type=float, metavar="R", help="of all tensors with two axes (0.1)")
    group.add_argument("--seed", type=seed_number, metavar="N", help="start weights, order of the text, dropout (0)")


def _record(it: argparse.ArgumentParser) -> None:
    group = add_recording(it, project=PROJECT)
    group.add_argument("--tags", metavar="A,B", help="instead of london, historical, llm, gpt2 and the period")
    group.add_argument("--log-every", type=int, metavar="N", help="steps between two points of the panels (5)")
    group.add_argument("--eval-every", type=int, metavar="N", help="steps between two evaluations (50)")
    group.add_argument("--eval-batches", type=int, metavar="N", help="batches per evaluation, of either text (4)")
    group.add_argument("--save-every", type=int, metavar="N", help="steps between two checkpoints (50)")
    group.add_argument("--sample-tokens", type=int, metavar="N",
                       help="length of the text written at each evaluation; 0 for none (48)")  # fmt: skip


def order_of(words: Sequence[str] | None, ranks: Ranks) -> Order:
    """Parse; preset < checkpoint < what was said; bv.UsageError names what does not go together."""
    given = vars(parser().parse_args(given_words(words)))
    if given["special_tokens"]:
        given["special_tokens"] = read_special_tokens(Path(given["special_tokens"]))
    said = {name: given[name] for name in asdict(Settings()) if given.get(name) is not None}
    recording = recording_of(given, project=PROJECT)
    before = resumed(recording.resume, recording.out_dir, RECIPE)
    settings = settings_again(before, said) if before else preset_settings(said)
    place = place_of(given, ranks)
    settings = replace(with_budget(settings, said), device=place.device, dtype=place.dtype, threads=place.threads)
    if place.device == "cpu" and "is_compiled" not in said:
        settings = replace(settings, is_compiled=False)  # it needs a C++ compiler there, and gains little
    settings = settled(settings, ranks)
    split_over(settings.sequences, ranks)
    if before and used_fraction(settings, before.step, before.elapsed) >= 1:
        raise bv.UsageError(f"the checkpoint has used its budget ({before.step} steps, {before.elapsed:.0f} s); "
                            f"pass a larger --{'seconds' if settings.seconds else 'steps'}")  # fmt: skip
    if before and given["project"] is None:
        recording = replace(recording, project=before.project)
    return Order(settings, recording, tags_of(given["tags"], settings), given["token_dir"] or recording.out_dir, before)


def used_fraction(settings: Settings, step: int, elapsed: float) -> float:
    """How much of the plan is done, 0 … 1 and beyond."""
    return step / settings.steps if settings.steps is not None else elapsed / (settings.seconds or 1.0)


def preset_settings(said: dict[str, object]) -> Settings:
    """The preset, and over it what was said."""
    chosen = {**PRESETS[str(said.get("preset", "cpu"))], **said}
    special = chosen.get("special_tokens", ())
    assert isinstance(special, tuple)
    if chosen.get("tokenizer") == "byte":
        chosen["vocab"] = 256 + len(special)
    elif chosen.get("vocab") == 256 and "vocab" not in said:
        chosen["vocab"] = Settings().vocab  # bpe asked for over a preset of bytes
    return replace(Settings(), **chosen)  # type: ignore[arg-type]


def settings_again(before: Checkpoint, said: dict[str, object]) -> Settings:
    """The checkpoint's settings, and over them what may change."""
    known = settings_kept(before, Settings, more=("digest", "history", "phase"))
    known = replace(known, special_tokens=tuple(known.special_tokens))
    preset = said.get("preset", known.preset)
    if preset != known.preset:
        raise bv.UsageError(f"the checkpoint is one of the preset {known.preset}, not of {preset}; leave --preset out")
    refuse_changes(known, said, FIXED, options={"has_bias": "bias"})
    return replace(known, **said)  # type: ignore[arg-type]


def with_budget(settings: Settings, said: dict[str, object]) -> Settings:
    """Steps said: no clock. Seconds said: no count."""
    if "steps" in said and "seconds" in said:
        raise bv.UsageError("--steps and --seconds are two ways to say how long; pass one of them")
    if "steps" in said:
        return replace(settings, seconds=None)
    return replace(settings, steps=None) if "seconds" in said else settings


def tags_of(given: object, settings: Settings) -> tuple[str, ...]:
    """What was said; else that the texts are historical, unless they are the standard library's."""
    if given is not None:
        return tuple(tag for tag in (word.strip() for word in str(given).split(",")) if tag)
    return ("london", "historical", "llm", "gpt2", settings.period) if settings.data else ("london", "llm", "gpt2")
