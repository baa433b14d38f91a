"""From a wish to the command that trains: which recipe, on which devices, with torchrun where there are several."""

import os
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from belvedere.core.errors import UsageError
from belvedere.recipes.catalog import Recipe, check_preset

TORCHRUN = "belvedere.recipes.torchrun"
# Seconds that torchrun gives its processes to finish a step and write a checkpoint after Ctrl-C; its own 30 are too
# few for a large model, and it kills whoever takes longer.
PARTING_SECONDS = "600"


@dataclass(frozen=True)
class Devices:
    """`count` processes, on CPU cores or with one GPU each; `chosen` are the GPUs' numbers, empty for the first."""

    kind: str  # cpu or cuda
    count: int = 1
    chosen: tuple[int, ...] = ()


@dataclass(frozen=True)
class Nodes:
    """Several machines, each of which launches the same: what torchrun takes under the same names."""

    count: str = "1"
    rank: int | None = None
    endpoint: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class Wish:
    """What a training is to be; None and "" leave it to the recipe. `resume` "" means the newest checkpoint."""

    recipe: Recipe
    devices: Devices
    preset: str | None = None
    run: str | None = None
    project: str | None = None
    group: str | None = None
    directory: str | None = None
    resume: str | None = None
    nodes: Nodes = Nodes()
    more: tuple[str, ...] = ()  # options of the recipe itself


@dataclass(frozen=True)
class Launch:
    """A command line, and the environment variables that it needs besides those there are."""

    words: tuple[str, ...]
    environment: dict[str, str]

    def __str__(self) -> str:
        """As one would type it; this Python is simply python."""
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        words = ["python" if word == sys.executable else shlex.quote(word) for word in self.words]
        return " ".join([*variables, *words])


def devices_of(text: str | None, gpus: int) -> Devices:
    """None: all GPUs, else the CPU. "2": so many GPUs. "0,1" or "cuda:1": these. "cpu" and "cpu:2": processes on the
    CPU. UsageError when there are not so many."""
    if text is None:
        return Devices("cuda", gpus) if gpus else Devices("cpu")
    word = text.strip().lower()
    if found := re.fullmatch(r"cpu(?::([0-9]+))?", word):
        count = int(found[1] or 1)
        if not 1 <= count <= (os.cpu_count() or 1):
            raise UsageError(f"--devices {text}: give 1 to {os.cpu_count()} processes, this machine's CPU cores")
        return Devices("cpu", count)
    if found := re.fullmatch(r"(?:cuda:)?([0-9]+(?:,[0-9]+)*),?", word):
        numbers = tuple(int(one) for one in found[1].split(","))
        is_count = word.isdigit()
        wanted = Devices("cuda", numbers[0]) if is_count else Devices("cuda", len(numbers), numbers)
        _refuse_missing(text, wanted, gpus)
        return wanted
    raise UsageError(f"--devices {text!r} is no choice of devices; give a number of GPUs, 0,1 for these two, or cpu:2")


def _refuse_missing(text: str, wanted: Devices, gpus: int) -> None:
    if not gpus:
        raise UsageError(f"--devices {text}: torch sees no GPU on this machine; pass --devices cpu, or cpu:2 for two")
    if wanted.count < 1 or len(set(wanted.chosen)) != len(wanted.chosen):
        raise UsageError(f"--devices {text}: name each GPU once and at least one of them; leave it out for all {gpus}")
    if max(wanted.count, *(number + 1 for number in wanted.chosen), 1) > gpus:
        range_text = "GPU 0" if gpus == 1 else f"GPUs 0 to {gpus - 1}"
        raise UsageError(f"--devices {text}: torch sees {range_text} only; pass what there is, or leave it out for all")


def launch_of(wish: Wish, environ: Mapping[str, str]) -> Launch:
    """The command that trains; UsageError when the recipe does not know what is wished."""
    _refuse_unknown(wish)
    words = [*_options(wish), *wish.more]
    environment = _environment(wish.devices, environ)
    if wish.devices.count == 1 and wish.nodes == Nodes():
        return Launch((sys.executable, "-m", wish.recipe.module, *words), environment)
    if not wish.recipe.is_distributed:
        raise UsageError(f"{wish.recipe.name} trains on one device; pass --devices cpu or one GPU")
    # torchrun reads its own options up to the module, and behind `--` none at all
    torchrun = (sys.executable, "-m", TORCHRUN, *_meeting(wish.nodes),
                f"--nproc_per_node={wish.devices.count}", "-m", wish.recipe.module, "--")  # fmt: skip
    defaults = {"OMP_NUM_THREADS": "1", "TORCH_ELASTIC_SHUTDOWN_TIMEOUT": PARTING_SECONDS}
    missing = {name: value for name, value in defaults.items() if name not in environ}
    return Launch((*torchrun, *words), environment | missing)


def _refuse_unknown(wish: Wish) -> None:
    if wish.preset is not None:
        check_preset(wish.recipe, wish.preset)
    said = {"run": wish.run, "project": wish.project, "group": wish.group, "resume": wish.resume}
    for name, value in said.items():
        if value is not None and name not in wish.recipe.options:
            raise UsageError(f"{wish.recipe.name} takes no --{name}; leave it out")
    if wish.devices.kind == "cuda" and "device" not in wish.recipe.options:
        raise UsageError(f"{wish.recipe.name} trains on the CPU only; pass --devices cpu")


def _options(wish: Wish) -> list[str]:
    """The recipe's words for what the launcher was told."""
    named = {
        "preset": wish.preset, "run": wish.run, "project": wish.project, "group": wish.group, "dir": wish.directory,
        "device": wish.devices.kind,
    }  # fmt: skip
    words = [word for name, value in named.items() if value is not None and name in wish.recipe.options
             for word in (f"--{name}", value)]  # fmt: skip
    if wish.resume is not None:
        words += ["--resume", *([wish.resume] if wish.resume else [])]
    return words


def _environment(devices: Devices, environ: Mapping[str, str]) -> dict[str, str]:
    """CUDA_VISIBLE_DEVICES for chosen GPUs. Its numbers count among those that are visible already."""
    if not devices.chosen:
        return {}
    visible = [one.strip() for one in environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if one.strip()]
    numbers = [visible[number] if visible else str(number) for number in devices.chosen]
    return {"CUDA_VISIBLE_DEVICES": ",".join(numbers)}


def _meeting(nodes: Nodes) -> list[str]:
    """How the processes of one or several machines find each other."""
    if nodes == Nodes():
        return ["--standalone"]
    if nodes.endpoint is None:
        raise UsageError(f"--nnodes {nodes.count} machines meet at an address; pass --rdzv-endpoint HOST:PORT of one")
    rank = [] if nodes.rank is None else [f"--node_rank={nodes.rank}"]
    return [f"--nnodes={nodes.count}", *rank, "--rdzv_backend=c10d", f"--rdzv_endpoint={nodes.endpoint}",
            f"--rdzv_id={nodes.id or 'belvedere'}"]  # fmt: skip


def is_recorded(wish: Wish) -> bool:
    """Whether there will be something to look at."""
    return wish.run != "dummy" and "--no-record" not in wish.more


def prepared(directory: str) -> Path:
    """The folder of the runs, made when it is not there."""
    root = Path(directory).expanduser().resolve()
    root.mkdir(parents=True, exist_ok=True)
    return root
