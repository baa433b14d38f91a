"""The recipes one after the other, each recorded: what `belvedere demo` shows.

    python -m belvedere.recipes.pipeline            # about four minutes on two cores
    python -m belvedere.recipes.pipeline --quick    # one at most; less is learned

pretrain (a GPT on Python's own source) → mid → sft → rl (a small model on sums; their runs are one group) → multimodal
(pictures and captions from one latent) → sweep (sixteen settings of an autoencoder) → ranks (a GPT on two processes)
"""

import argparse
import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

PROJECT = "demo"
STAGES = "pipeline"  # the group of pretraining and what follows it: one way, from stage to stage
STOPPED = 130
PARTING_SECONDS = 20.0  # for two processes to finish in order, and again to end at once


@dataclass(frozen=True)
class Part:
    """A recipe with its words; `quick` are said besides where it has to be short, None leaves the part out there.

    `planned` and `planned_quick` are seconds on two idle cores, examinations, pictures and start included: what the
    words ask for and what was seen to come on top of it. They are the plan of the demo's four minutes, or one."""

    name: str
    module: str  # of belvedere.recipes
    group: str
    words: tuple[str, ...]
    planned: float
    quick: tuple[str, ...] | None = None
    planned_quick: float = 0.0
    needs: str = ""  # a package that may be missing

    def main(self, words: Sequence[str]) -> int:
        """Carry it out; the exit code."""
        return int(importlib.import_module(f"belvedere.recipes.{self.module}").main(words))


@dataclass(frozen=True)
class OnTwoRanks(Part):
    """The same on two processes, which record one run; Ctrl-C is handed on to them."""

    def main(self, words: Sequence[str]) -> int:
        """Wait for both."""
        launch = [sys.executable, "-m", "belvedere.recipes.torchrun", "--standalone", "--nproc_per_node=2"]
        both = subprocess.Popen(
            [*launch, "-m", f"belvedere.recipes.{self.module}", "--", *words],
            env=os.environ | {"OMP_NUM_THREADS": "1"},  # else torchrun says that it chose so
        )
        try:
            return both.wait()
        except KeyboardInterrupt:
            both.send_signal(signal.SIGINT)
            return STOPPED
        finally:
            end(both)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a process that was told to end; one that does not is told once more, and then killed."""
    for tell in (process.terminate, process.kill):
        try:
            process.wait(PARTING_SECONDS)
            return
        except subprocess.TimeoutExpired:
            tell()
    process.wait()


FEWER = ("--eval-questions", "64")  # an examination of all 256 takes as long as thirty steps
PARTS: tuple[Part, ...] = (
    Part(
        "pretrain", "pretrain", STAGES, ("--run", "pretrain", "--seconds", "42"), planned=80,
        quick=("--preset", "tiny", "--seconds", "4", "--eval-every", "50", "--landscape", "7"), planned_quick=15,
    ),
    Part("mid", "midtrain", STAGES, ("--run", "mid", "--seconds", "20"), planned=26,
         quick=("--seconds", "10", *FEWER), planned_quick=12),
    Part("sft", "chat_sft", STAGES, ("--run", "sft", "--seconds", "15"), planned=31,
         quick=("--seconds", "6", *FEWER), planned_quick=8),
    Part("rl", "chat_rl", STAGES, ("--run", "rl", "--seconds", "30"), planned=47,
         quick=("--seconds", "6", *FEWER), planned_quick=9),
    Part("multimodal", "multimodal", "multimodal", ("--run", "multimodal", "--seconds", "30"), planned=33,
         quick=("--seconds", "5"), planned_quick=9, needs="sklearn"),
    Part("sweep", "digits", "sweep", ("--sweep", "--epochs", "6"), planned=8, needs="sklearn"),
    OnTwoRanks("ranks", "pretrain", "ranks",
               ("--preset", "tiny", "--run", "two-ranks", "--seconds", "3", "--no-pictures"), planned=14),
)  # fmt: skip


def main(words: Sequence[str] | None = None) -> int:
    """The exit code of the first part that does not end with 0, else 0."""
    given = parser().parse_args(words)
    where = ["--project", given.project, *(["--dir", given.dir] if given.dir else [])]
    parts = [part for part in PARTS if part.name in given.only and not (given.quick and part.quick is None)]
    planned = sum(part.planned_quick if given.quick else part.planned for part in parts)
    print(f"{len(parts)} parts, about {planned:.0f} s on two idle cores: {', '.join(part.name for part in parts)}")
    for part in parts:
        print(f"\n--- {part.name}", flush=True)
        if part.needs and find_spec(part.needs) is None:
            print("left out: the digits come with scikit-learn; pip install 'belvedere[analysis]'", flush=True)
            continue
        checkpoints = ["--out-dir", given.out_dir] if part.module != "digits" else []
        more = (part.quick or ()) if given.quick else ()
        code = timed(part, [*part.words, *more, "--group", part.group, *where, *checkpoints])
        if code:
            return code
    return 0


def timed(part: Part, words: Sequence[str], *, clock: Callable[[], float] = time.monotonic) -> int:
    """The exit code of a part, and a line that says how long it took."""
    started = clock()
    try:
        code = part.main(words)
    except KeyboardInterrupt:  # between two parts, or while one begins
        code = STOPPED
    print(f"--- {part.name}: {clock() - started:.0f} s" + (f", exit code {code}" if code else ""), flush=True)
    return code


def parser() -> argparse.ArgumentParser:
    """The options of the whole row."""
    it = argparse.ArgumentParser(prog="python -m belvedere.recipes.pipeline", description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    names = [part.name for part in PARTS]
    it.add_argument("--quick", action="store_true", help="a quarter of the time; less is learned")
    it.add_argument("--only", nargs="+", choices=names, default=names, metavar="PART", help="of " + ", ".join(names))
    it.add_argument("--project", default=PROJECT, metavar="NAME", help="folder of the runs (%(default)s)")
    it.add_argument("--dir", metavar="DIR", help="where runs are recorded (BELVEDERE_DIR, else ./belvedere-runs)")
    it.add_argument(
        "--out-dir", default="belvedere-checkpoints", metavar="DIR", help="where checkpoints go (%(default)s)"
    )
    return it


if __name__ == "__main__":
    sys.exit(main())
