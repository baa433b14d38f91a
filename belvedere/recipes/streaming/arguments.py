"""The command line of `python -m belvedere.recipes.slimpajama`: what each option means, with its unit."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

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
from belvedere.recipes.ranks import Ranks
from belvedere.recipes.streaming.settings import PRESETS, Settings, refuse_impossible

PROJECT = RECIPE = "slimpajama"
# What a resumed run may not change: another model or other text would not be the same run any more.
FIXED = (
    "data tokenizer vocab layers heads kv_heads width max_seq_length tokens_per_chunk batch seed lr warmup preset"
).split()
ABOUT = """\
Train a GPT on a stream of text, chunk by chunk, with a PNG dashboard beside the training.

  python -m belvedere.recipes.slimpajama --test                 5 small chunks in seconds, a dashboard every 2
  python -m belvedere.recipes.slimpajama --max-chunks 100       Python's own standard library, about a minute
  python -m belvedere.recipes.slimpajama --data texts/          *.txt, *.md, *.py, *.jsonl, each also .gz and .zst
  python -m belvedere.recipes.slimpajama --data owner/name      a Hugging Face data set, streamed
  python -m belvedere.recipes.slimpajama --resume --max-chunks 200
                                                                go on with the newest checkpoint
  torchrun --standalone --nproc_per_node=2 -m belvedere.recipes.slimpajama
                                                                two processes, one run, half of each batch for each"""
NOTES = """\
presets (what is said beside one wins; numbers in brackets above are those of cpu):
  tiny         what --test runs: bytes, 2 layers x 64 wide, T = 64, 5 chunks of 1 024 tokens: 131 thousand parameters
  cpu          bytes, 4 layers x 128 wide, T = 256, 100 chunks of 4 096 tokens: 0.85 million parameters
  gpt2-124m    V = 25 600, 12 layers x 768 wide, T = 1024, 19 000 chunks of 491 520 tokens of SlimPajama: for GPUs
  d12          V = 32 768, 12 layers x 768 wide, T = 2048, 5 000 chunks of 524 288 tokens of SlimPajama: for GPUs

Every text is trained on once, so each loss is one on text that the model had not seen. The rate rises for some
updates; with --max-chunks or --seconds it falls from 60 % of the way on to 2 %, else it stays. Ctrl-C ends after the
current chunk, saves a checkpoint and marks the run stopped. Watch it live with `belvedere serve`."""


@dataclass(frozen=True)
class Order:
    """What the command line asks for: the settings, where things are kept, and the checkpoint to go on from."""

    settings: Settings
    recording: Recording
    resumed: Checkpoint | None = None


def parser() -> argparse.ArgumentParser:
    """Options without a default here take the preset's."""
    it = Parser(
        prog="python -m belvedere.recipes.slimpajama", usage="%(prog)s [options]", description=ABOUT, epilog=NOTES
    )
    _stream(it.add_argument_group("the stream"))
    _model(it.add_argument_group("what is trained"))
    add_place(it)
    it.add_argument("--gpu", nargs="?", type=int, const=0, metavar="N", help="the same as --device cuda:N (0)")
    _dashboard(it.add_argument_group("the dashboard"))
    _checkpoints(add_recording(it, project=PROJECT))
    return it


def _stream(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--data", metavar="SOURCE", help="file, folder or Hugging Face data set (the standard library)")
    group.add_argument("--tokens-per-chunk", type=int, metavar="N", help="tokens of a chunk (4096)")
    group.add_argument("--max-chunks", "--steps", type=int, metavar="N",
                       help="train on N chunks (100), at most to the end of the stream; 0: to its end")  # fmt: skip
    group.add_argument("--seconds", type=float, metavar="S", help="train for S seconds instead")
    group.add_argument(
        "--test", action="store_true", help="5 chunks of 1,024 tokens, a dashboard every 2: --preset tiny"
    )


def _model(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--preset", choices=sorted(PRESETS), default=None, help="a set of all numbers below (cpu)")
    group.add_argument("--tokenizer", choices=("byte", "bpe"),
                       help="byte: V = 256 (default); bpe: byte pairs learned from the head of the stream")  # fmt: skip
    group.add_argument("--vocab", type=int, metavar="V", help="size of the bpe vocabulary, in tokens (1024)")
    group.add_argument("--layers", type=int, metavar="L", help="number of blocks (4)")
    group.add_argument("--heads", type=int, metavar="H", help="query heads per block (4)")
    group.add_argument("--kv-heads", type=int, metavar="K", help="key/value heads; 1 is multi-query (= heads)")
    group.add_argument("--width", type=int, metavar="D", help="numbers per token in the residual stream (128)")
    group.add_argument("--max-seq-length", type=int, metavar="T", help="length of a sequence, in tokens (256)")
    group.add_argument("--batch", type=int, metavar="B", help="sequences per update, over all processes (8)")
    group.add_argument("--micro-batch", type=int, metavar="B", help="sequences per forward pass; bounds memory (8)")
    group.add_argument("--lr", type=float, metavar="R", help="rate of Muon; those of AdamW in proportion (0.02)")
    group.add_argument("--warmup", type=int, metavar="N", help="updates until the rate is reached (20)")
    group.add_argument(
        "--seed", type=seed_number, metavar="N", help="start weights (0); the order of the text is its own"
    )


def _dashboard(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--viz-interval", type=int, metavar="N", help="chunks between two dashboards (50)")
    group.add_argument("--viz-dir", metavar="DIR", help="where dashboards and histories go (./training_viz)")
    group.add_argument("--display-samples", type=int, metavar="N", help="texts on a dashboard, 1 to 8 (5)")
    group.add_argument("--sample-interval", type=int, metavar="N", help="chunks between two texts written (10)")


def _checkpoints(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--checkpoint-interval", type=int, metavar="N",
                       help="chunks between two checkpoints (2000); beside that one every 30 s")  # fmt: skip
    group.add_argument("--keep-checkpoints", type=int, metavar="N",
                       help="how many of those of the interval to keep, named by their step (0)")  # fmt: skip
    group.add_argument("--no-checkpoint", dest="has_checkpoints", action="store_false", default=None,
                       help="keep none, not even at the end; nothing can be resumed")  # fmt: skip


def order_of(words: Sequence[str] | None, ranks: Ranks) -> Order:
    """Parse; preset < checkpoint < what was said; bv.UsageError names what does not go together."""
    given = vars(parser().parse_args(given_words(words)))
    if given["test"]:
        if given["preset"] not in (None, "tiny"):
            raise bv.UsageError(f"--test is --preset tiny, not {given['preset']}; leave one of them out")
        given["preset"] = "tiny"
    if given["gpu"] is not None:
        if given["device"] != "auto":
            raise bv.UsageError(f"--gpu and --device {given['device']} both name a device; leave one of them out")
        given["device"] = f"cuda:{given['gpu']}" if ranks.world == 1 else "cuda"
    said = {name: given[name] for name in asdict(Settings()) if given.get(name) is not None and name != "device"}
    recording = recording_of(given, project=PROJECT)
    before = resumed(recording.resume, recording.out_dir, RECIPE)
    settings = settings_again(before, said) if before else preset_settings(said)
    place = place_of(given, ranks, threads=1 if settings.preset == "tiny" else None)  # 64 x 64: two only wait
    settings = replace(with_budget(settings, said), device=place.device, dtype=place.dtype, threads=place.threads)
    refuse_impossible(settings, world=ranks.world)
    if before and used_fraction(settings, before.step, before.elapsed) >= 1:
        raise bv.UsageError(f"the checkpoint has used its budget ({before.step} chunks, {before.elapsed:.0f} s); "
                            f"pass a larger --{'seconds' if settings.seconds else 'max-chunks'}")  # fmt: skip
    if before and given["project"] is None:
        recording = replace(recording, project=before.project)
    return Order(settings, recording, before)


def used_fraction(settings: Settings, step: int, elapsed: float) -> float:
    """How much of the budget is used, 0 … 1 and beyond; 0 for ever when the end of the stream is the end."""
    if settings.max_chunks is not None:
        return step / settings.max_chunks
    return elapsed / settings.seconds if settings.seconds is not None else 0.0


def preset_settings(said: dict[str, object]) -> Settings:
    """The preset, and over it what was said; parts that follow from others follow unless they were said."""
    chosen = {**PRESETS[str(said.get("preset", "cpu"))], **said}
    if "heads" in said and "kv_heads" not in said:
        chosen["kv_heads"] = said["heads"]
    if chosen.get("tokenizer", "byte") == "byte":
        chosen["vocab"] = 256
    elif chosen.get("vocab", 256) == 256 and "vocab" not in said:
        chosen["vocab"] = 1024  # bpe asked for over a preset of bytes
    settings = replace(Settings(), **chosen)  # type: ignore[arg-type]
    if "batch" not in said and 0 < settings.sequences < settings.batch:
        settings = replace(settings, batch=settings.sequences)  # a chunk smaller than a batch is one
    return settings


def settings_again(before: Checkpoint, said: dict[str, object]) -> Settings:
    """The checkpoint's settings, and over them what may change."""
    known = settings_kept(before, Settings, more=("merges", "place", "samples"))
    refuse_changes(known, said, FIXED)
    return replace(known, **said)  # type: ignore[arg-type]


def with_budget(settings: Settings, said: dict[str, object]) -> Settings:
    """Chunks said: no clock. Seconds said: no count. 0 chunks: neither."""
    if "max_chunks" in said and "seconds" in said:
        raise bv.UsageError("--max-chunks and --seconds are two ways to say how far; pass one of them")
    if "max_chunks" in said:
        return replace(settings, seconds=None, max_chunks=settings.max_chunks or None)
    return replace(settings, max_chunks=None) if "seconds" in said else settings
