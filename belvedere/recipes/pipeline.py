"""All recipes one after the other, each recorded: what `belvedere demo` shows.

    python -m belvedere.recipes.pipeline            # about four minutes on two cores
    python -m belvedere.recipes.pipeline --quick    # about one

pretrain (a GPT on Python's own source) → chat (mid, sft and rl of a small model on sums) → digits (pictures and names
from one latent) → sweep (sixteen settings of it) → ranks (a GPT on two processes)
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from belvedere.recipes import digits, pretrain
from belvedere.recipes.chat import __main__ as chat

PROJECT = "demo"
STOPPED = 130
PARTING_SECONDS = 20.0  # for the two processes to finish in order


@dataclass(frozen=True)
class Part:
    """One recipe with its words on the command line; they differ where it has to be quick."""

    name: str
    main: Callable[[Sequence[str] | None], int]
    words: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()


def two_ranks(words: Sequence[str] | None) -> int:
    """The tiny preset on two processes, one run; Ctrl-C is handed on to them."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    threads = {"OMP_NUM_THREADS": "1"}  # else torchrun says that it chose so
    both = subprocess.Popen([*launch, "-m", "belvedere.recipes.pretrain", *(words or ())], env=os.environ | threads)
    try:
        return both.wait()
    except KeyboardInterrupt:
        both.send_signal(signal.SIGINT)
        both.wait(PARTING_SECONDS)
        return STOPPED
    finally:
        if both.poll() is None:
            both.kill()
            both.wait()


PARTS = (
    Part("pretrain", pretrain.main, ("--run", "pretrain"),
         ("--seconds", "16", "--eval-every", "10", "--probe-every", "20", "--sample-tokens", "32", "--landscape", "7")),
    Part("chat", chat.main, (), ("--quick",)),
    Part("digits", digits.main, (), ("--seconds", "4")),
    Part("sweep", digits.main, ("--sweep",), ("--epochs", "6")),
    Part("ranks", two_ranks, ("--preset", "tiny", "--run-name", "two-ranks", "--no-pictures")),
)  # fmt: skip


def main(words: Sequence[str] | None = None) -> int:
    """The exit code of the first part that does not end with 0, else 0."""
    it = argparse.ArgumentParser(prog="python -m belvedere.recipes.pipeline", description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    names = [part.name for part in PARTS]
    it.add_argument("--quick", action="store_true", help="a quarter of the time; less is learned")
    it.add_argument("--only", nargs="+", choices=names, default=names, metavar="PART", help="of " + ", ".join(names))
    it.add_argument("--project", default=PROJECT, metavar="NAME", help="folder of the runs (%(default)s)")
    it.add_argument("--dir", metavar="DIR", help="where runs are recorded (BELVEDERE_DIR, else ./belvedere-runs)")
    given = it.parse_args(words)
    where = ["--project", given.project, *(["--dir", given.dir] if given.dir else [])]
    for part in PARTS:
        if part.name not in given.only:
            continue
        print(f"\n--- {part.name}", flush=True)
        if part.main is digits.main and find_spec("sklearn") is None:
            print("left out: the digits come with scikit-learn; pip install 'belvedere[analysis]'", flush=True)
            continue
        more = part.quick if given.quick else ()
        try:
            code = part.main([*part.words, *more, "--group", part.name, *where])
        except KeyboardInterrupt:  # between two parts, or while one begins
            code = STOPPED
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
