"""What the command lines of all recipes have in common: how runs are named and kept, on which machine, how faults end.

Every recipe is a module with `PRESETS`, `parser()` and `main(words) -> exit code`.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import torch

import belvedere as bv
from belvedere.recipes.ranks import Ranks

DUMMY = "dummy"  # the run's name that records nothing
WATCH_BUDGET = 0.005  # of the step's time for run.watch: all of recording is to cost a hundredth
STOPPED = 130  # exit code after Ctrl-C or SIGTERM
THREADS_MAX = 8  # matrices this small do not get faster with more
SEED_MAX = 2**63 - 1
CPU_MEMORY = "DefaultCPUAllocator: can't allocate memory"  # torch has no class of its own for this fault


def seed_number(text: str) -> int:
    """For argparse; what torch's generator takes."""
    number = int(text)
    if number > SEED_MAX:
        raise argparse.ArgumentTypeError(f"{text} is too large; give at most {SEED_MAX}")
    return number


seed_number.__name__ = "int"  # argparse names it in its own sentence: invalid int value


class Parser(argparse.ArgumentParser):
    """Mistakes become a UsageError like all others, instead of an exit in the middle. Options have one full name:
    none can be cut short, so that a new one never changes what an old script means."""

    def __init__(self, **known: object) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **known)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """argparse calls this with its own sentence."""
        raise bv.UsageError(f"{message}; see --help")


def given_words(words: Sequence[str] | None) -> list[str]:
    """The words to parse; without a leading `--`, which torchrun needs before options such as --run and hands on."""
    said = list(sys.argv[1:] if words is None else words)
    return said[1:] if said[:1] == ["--"] else said


# ---------------------------------------------------------------------------------------------------------------------
# What is kept, and where


@dataclass(frozen=True)
class Recording:
    """How the run is named, where it lies, and where checkpoints go. `resume` is None, "" (the newest checkpoint of
    this recipe in `out_dir`) or the path of one."""

    project: str
    run_name: str | None = None
    group: str | None = None
    dir: str | None = None  # of the recorded runs
    is_recorded: bool = True
    out_dir: Path = Path("belvedere-checkpoints")
    resume: str | None = None

    @property
    def mode(self) -> str | None:
        """What `bv.init(mode=…)` takes."""
        return None if self.is_recorded else "disabled"


def add_recording(it: argparse.ArgumentParser, *, project: str) -> argparse._ArgumentGroup:
    """The options of Recording."""
    group = it.add_argument_group("what is kept")
    group.add_argument("--run", "--run-name", metavar="NAME",
                       help='name of the run; "dummy" records nothing (torchrun: -- --run)')  # fmt: skip
    group.add_argument("--group", metavar="NAME", help="what this run has in common with others")
    group.add_argument("--project", metavar="NAME", help=f"folder of runs ({project}, or that of the resumed run)")
    group.add_argument("--dir", metavar="DIR", help="where runs are recorded (BELVEDERE_DIR, else ./belvedere-runs)")
    group.add_argument("--out-dir", type=Path, default=Path("belvedere-checkpoints"), metavar="DIR",
                       help="where checkpoints go (./%(default)s)")  # fmt: skip
    group.add_argument("--resume", nargs="?", const="", metavar="FILE",
                       help="go on from a checkpoint, in the same run; without FILE the newest")  # fmt: skip
    group.add_argument("--no-record", action="store_true", help="train without recording; the losses are the same")
    return group


def recording_of(given: dict[str, object], *, project: str) -> Recording:
    """What the options of `add_recording` say; `project` unless one was said. UsageError for an --out-dir in which no
    file can be written: the first checkpoint would find out minutes later."""
    _refuse_unwritable(Path(str(given["out_dir"])))
    return Recording(
        project=str(given["project"] or project),
        run_name=_word(given["run"]), group=_word(given["group"]), dir=_word(given["dir"]),
        is_recorded=not (given["no_record"] or given["run"] == DUMMY),
        out_dir=Path(str(given["out_dir"])), resume=_word(given["resume"]),
    )  # fmt: skip


def _refuse_unwritable(folder: Path) -> None:
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        why = "no file can be written in it" if there.is_dir() else "it is a file"
        raise bv.UsageError(f"no checkpoint can be kept in {folder} ({there}: {why}); pass another --out-dir")


def _word(given: object) -> str | None:
    return None if given is None else str(given)


# ---------------------------------------------------------------------------------------------------------------------
# On which machine


@dataclass(frozen=True)
class Place:
    """`device` as torch names it, `dtype` of the matrix products, CPU threads of this process."""

    device: str
    dtype: str  # float32 or bfloat16
    threads: int


def add_place(it: argparse.ArgumentParser) -> None:
    """The options of Place."""
    group = it.add_argument_group("on which machine")
    group.add_argument("--device", default="auto", metavar="D", help="cpu, cuda, cuda:1 …; auto: a GPU if there is one")
    group.add_argument("--dtype", choices=("auto", "float32", "bfloat16"), default="auto",
                       help="of the matrix products; auto: bfloat16 on a GPU, float32 on a CPU")  # fmt: skip
    group.add_argument("--threads", type=int, metavar="N", help=f"CPU threads (all cores, at most {THREADS_MAX})")


def place_of(given: dict[str, object], ranks: Ranks, *, threads: int | None = None) -> Place:
    """Device, dtype and threads filled in for this machine; `threads` is what the recipe wants unless one was said."""
    device = str(given["device"])
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(device).type
    except RuntimeError as fault:
        raise bv.UsageError(f"--device {device!r} is unknown to torch; try cpu or cuda") from fault
    if kind not in ("cpu", "cuda"):
        raise bv.UsageError(f"--device {device}: the recipes train on cpu and on cuda; pass one of the two")
    if kind == "cuda" and not torch.cuda.is_available():
        raise bv.UsageError(f"--device {device}: torch {torch.__version__} sees no GPU; pass --device cpu")
    if kind == "cuda" and (torch.device(device).index or 0) >= torch.cuda.device_count():
        raise bv.UsageError(f"--device {device}: torch sees {torch.cuda.device_count()} GPUs, and counts from cuda:0")
    if device == "cuda":
        device = f"cuda:{ranks.local_rank}"
    dtype = given["dtype"] if given["dtype"] != "auto" else ("bfloat16" if kind == "cuda" else "float32")
    said = given["threads"] if given["threads"] is not None else threads
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = max(1, min(THREADS_MAX, cores // ranks.local_world)) if said is None else int(str(said))
    if wanted < 1:
        raise bv.UsageError(f"--threads is {wanted}; give at least 1")
    return Place(device, str(dtype), wanted)


def split_over(batch: int, ranks: Ranks, *, option: str = "--batch") -> int:
    """Sequences of one rank; UsageError names a batch that splits evenly."""
    if batch % ranks.world:
        raise bv.UsageError(f"a batch of {batch} does not split over {ranks.world} ranks; "
                            f"pass {option} {-(-batch // ranks.world) * ranks.world}")  # fmt: skip
    return batch // ranks.world


# ---------------------------------------------------------------------------------------------------------------------
# How it ends


def carried_out(recipe: str, work: Callable[[], bool], *, knobs: str) -> int:
    """The exit code: 0, 130 when `work` says that it was stopped, or 2 with one sentence when it cannot run as asked.
    `knobs` are the options that make it smaller, named when memory runs out."""
    try:
        return STOPPED if work() else 0
    except KeyboardInterrupt:  # before the training watches for it, or a second time
        return STOPPED
    except bv.BelvedereError as refused:
        print(f"{recipe}: {refused}", file=sys.stderr)
    except (torch.OutOfMemoryError, MemoryError) as fault:
        print(f"{recipe}: {_out_of_memory(fault, knobs)}", file=sys.stderr)
    except RuntimeError as fault:
        if CPU_MEMORY not in str(fault):
            raise
        print(f"{recipe}: {_out_of_memory(fault, knobs)}", file=sys.stderr)
    return 2


def _out_of_memory(fault: BaseException, knobs: str) -> str:
    said = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
    return f"out of memory; pass a smaller {knobs} ({said})"
