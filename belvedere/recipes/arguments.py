"""The command line of `python -m belvedere.recipes.pretrain`: what each option means, with its unit."""

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
)
from belvedere.recipes.corpora.vocabulary_file import BYTES, read_merges
from belvedere.recipes.ranks import Ranks
from belvedere.recipes.settings import PRESETS, Settings, refuse_impossible

PROJECT = RECIPE = "pretrain"
# What a resumed run may not change: another model or other text would not be the same run any more.
FIXED = ("preset", "tokenizer", "vocab", "layers", "heads", "kv_heads", "width", "context", "batch", "seed", "data")
ABOUT = """\
Train a GPT on the source code of Python's own standard library, and record everything.

  python -m belvedere.recipes.pretrain                          the demo: 90 s of training, 1 M parameters
  python -m belvedere.recipes.pretrain --preset tiny            five seconds, to see that it works
  python -m belvedere.recipes.pretrain --resume --seconds 300   go on with the newest checkpoint
  torchrun --standalone --nproc_per_node=2 -m belvedere.recipes.pretrain -- --run=NAME
                                                                two processes, one run, half of the batch each"""
NOTES = """\
presets (what is said beside one wins; numbers in brackets above are those of cpu):
  tiny         bytes, 2 layers x 32 wide, T = 64, 5 s: 39 thousand parameters
  cpu          byte pairs, 4 layers x 128 wide, T = 256, 90 s: 1.05 million parameters
and for GPUs, with half a million tokens a step (the standard library is little text for them: pass --data):
  gpt2-124m    GPT-2 small's blocks, V = 25 600, T = 1024, 19 000 steps
  d8 d12 d16   8, 12, 16 layers x 64 per layer wide, heads 128 wide, V = 32 768, T = 2048: 58.7, 135, 268 million
  d20 d26      likewise, V = 65 536: 561 million and 1.08 billion parameters; all for 20 tokens per parameter

The text is cut into tokens once and kept as a memory-mapped file in --token-dir; later runs and other ranks open it.
Learning a vocabulary of 65 536 takes about 3 minutes, encoding 1 GB some 6 minutes of one core (all cores help).
The learning rate rises for 20 steps, stays, and falls from 60 % of the budget (steps or seconds) on to 2 %.
The first loss is ln V exactly (V = vocabulary): the head starts at zero. Ctrl-C ends after the current step, saves a
checkpoint and marks the run stopped. Watch it live with `belvedere serve`."""


@dataclass(frozen=True)
class Order:
    """What the command line asks for: the settings, where things are kept, and the checkpoint to go on from."""

    settings: Settings
    recording: Recording
    token_dir: Path
    resumed: Checkpoint | None = None


def parser() -> argparse.ArgumentParser:
    """Options without a default here take the preset's."""
    it = Parser(
        prog="python -m belvedere.recipes.pretrain", usage="%(prog)s [options]", description=ABOUT, epilog=NOTES
    )
    _budget(it.add_argument_group("how long (one of the two)"))
    _model(it.add_argument_group("what is trained"))
    add_place(it)
    _record(it)
    return it


def _budget(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--seconds", type=float, metavar="S", help="train for S seconds, evaluations included (90)")
    group.add_argument("--steps", type=int, metavar="N", help="train for N optimizer steps")


def _model(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--preset", choices=sorted(PRESETS), default=None, help="a set of all numbers below (cpu)")
    group.add_argument("--tokenizer", choices=("byte", "bpe"), help="byte: V = 256; bpe: learned byte pairs")
    group.add_argument("--vocab", type=int, metavar="V", help="size of the bpe vocabulary, in tokens (1024)")
    group.add_argument("--layers", type=int, metavar="L", help="number of blocks (4)")
    group.add_argument("--heads", type=int, metavar="H", help="query heads per block (4)")
    group.add_argument("--kv-heads", type=int, metavar="K", help="key/value heads; 1 is multi-query (= heads)")
    group.add_argument("--width", type=int, metavar="D", help="numbers per token in the residual stream (128)")
    group.add_argument("--context", type=int, metavar="T", help="length of a sequence, in tokens (256)")
    group.add_argument("--batch", type=int, metavar="B", help="sequences per optimizer step, over all processes (8)")
    group.add_argument("--micro-batch", type=int, metavar="B", help="sequences per forward pass; bounds memory (8)")
    group.add_argument("--seed", type=seed_number, metavar="N", help="start weights and order of the text (0)")
    group.add_argument("--data", metavar="PATH", help="train on this text instead: a file or folder of *.txt, *.md, "
                       "*.py, *.jsonl, each also .gz or .zst, or the name of a Hugging Face data set")  # fmt: skip
    group.add_argument("--tokenizer-file", metavar="FILE",
                       help="use this vocabulary instead of learning one: about.json of a token folder")  # fmt: skip
    group.add_argument("--compile", dest="is_compiled", action=argparse.BooleanOptionalAction, default=None,
                       help="torch.compile: minutes at the start, faster steps (large presets, on a GPU)")  # fmt: skip


def _record(it: argparse.ArgumentParser) -> None:
    group = add_recording(it, project=PROJECT)
    group.add_argument("--no-pictures", dest="has_pictures", action="store_false", default=None,
                       help="no attention, embeddings, continuations, histograms, probes, landscape")  # fmt: skip
    group.add_argument("--probe-every", type=int, metavar="N",
                       help="steps between two probes of learning rate and curvature (50)")  # fmt: skip
    group.add_argument("--landscape", type=int, metavar="N",
                       help="cells along each side of the final loss landscape; 0 for none (11)")  # fmt: skip
    group.add_argument("--save-every", type=int, metavar="N", help="steps between two checkpoints (75)")
    group.add_argument("--token-dir", type=Path, metavar="DIR", help="where the encoded text is kept (--out-dir)")
    group.add_argument("--eval-every", type=int, metavar="N", help="steps between two validations (25)")
    group.add_argument("--eval-batches", type=int, metavar="N", help="held-out batches per validation (6)")
    group.add_argument("--sample-every", type=int, metavar="N", help="steps between two text samples (100)")
    group.add_argument("--sample-tokens", type=int, metavar="N", help="length of a text sample, in tokens (96)")


def order_of(words: Sequence[str] | None, ranks: Ranks) -> Order:
    """Parse; preset < checkpoint < what was said; bv.UsageError names what does not go together."""
    given = vars(parser().parse_args(given_words(words)))
    said = {name: given[name] for name in asdict(Settings()) if given.get(name) is not None}
    recording = recording_of(given, project=PROJECT)
    before = resumed(recording.resume, recording.out_dir, RECIPE)
    settings = settings_again(before, said) if before else preset_settings(said)
    place = place_of(given, ranks)
    settings = replace(with_budget(settings, said), device=place.device, dtype=place.dtype, threads=place.threads)
    if place.device == "cpu" and "is_compiled" not in said:
        settings = replace(settings, is_compiled=False)
    refuse_impossible(settings, ranks)
    if before and used_fraction(settings, before.step, before.elapsed) >= 1:
        raise bv.UsageError(f"the checkpoint has used its budget ({before.step} steps, {before.elapsed:.0f} s); "
                            f"pass a larger --{'seconds' if settings.seconds else 'steps'}")  # fmt: skip
    if before and given["project"] is None:
        recording = replace(recording, project=before.project)
    return Order(settings, recording, given["token_dir"] or recording.out_dir, before)


def used_fraction(settings: Settings, step: int, elapsed: float) -> float:
    """How much of the budget is used, 0 … 1 and beyond."""
    return step / settings.steps if settings.steps is not None else elapsed / (settings.seconds or 1.0)


def preset_settings(said: dict[str, object]) -> Settings:
    """The preset, and over it what was said."""
    chosen = {**PRESETS[str(said.get("preset", "cpu"))], **said}
    if "tokenizer_file" in said:
        chosen |= {"tokenizer": "bpe", "vocab": _vocab_of(said)}
    if "heads" in said and "kv_heads" not in said:
        chosen["kv_heads"] = said["heads"]
    if chosen.get("tokenizer") == "byte":
        chosen["vocab"] = 256
    elif chosen.get("vocab", 0) == 256 and "vocab" not in said:
        chosen["vocab"] = Settings().vocab  # bpe asked for over a preset of bytes
    return replace(Settings(), **chosen)  # type: ignore[arg-type]


def _vocab_of(said: dict[str, object]) -> int:
    """The size of the vocabulary in --tokenizer-file."""
    size = BYTES + len(read_merges(Path(str(said["tokenizer_file"]))))
    if said.get("vocab", size) != size or said.get("tokenizer", "bpe") != "bpe":
        raise bv.UsageError(f"--tokenizer-file {said['tokenizer_file']} is a bpe vocabulary of {size}; "
                            "leave --vocab and --tokenizer out")  # fmt: skip
    return size


def settings_again(before: Checkpoint, said: dict[str, object]) -> Settings:
    """The checkpoint's settings, and over them what may change."""
    known = settings_kept(before, Settings, more=("text", "merges"))
    if "tokenizer_file" in said:
        refuse_other_vocabulary(before, Path(str(said["tokenizer_file"])))
    refuse_changes(known, said, FIXED)
    return replace(known, **said)  # type: ignore[arg-type]


def refuse_other_vocabulary(before: Checkpoint, path: Path) -> None:
    """The ids in a checkpoint's embedding mean what its own vocabulary says."""
    merges = read_merges(path)
    known = [(left, right) for left, right in before.more["merges"]]
    if list(merges) != known:
        raise bv.UsageError(f"--tokenizer-file {path} holds {len(merges)} other merges than the {len(known)} that the "
                            "checkpoint was trained with; leave it out")  # fmt: skip


def with_budget(settings: Settings, said: dict[str, object]) -> Settings:
    """Steps said: no clock. Seconds said: no count."""
    if "steps" in said and "seconds" in said:
        raise bv.UsageError("--steps and --seconds are two ways to say how long; pass one of them")
    if "steps" in said:
        return replace(settings, seconds=None)
    return replace(settings, steps=None) if "seconds" in said else settings
