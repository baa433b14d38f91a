"""What a run ran on: git commit and diff, packages, command line, host, Python, processors, GPUs.

Collected on a thread, so that `init` is quick; written once, as the section "environment" of the configuration.
Facts that cannot be had are left out.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from belvedere.core.entries import Configured, Stored
from belvedere.core.values import Keep
from belvedere.record.guard import in_background

if TYPE_CHECKING:
    from belvedere.record.run import Run

GIT_SECS = 10.0
DIFF_BYTES_MAX = 16 << 20
FINISH_WAIT_SECS = 5.0  # a loaded machine takes seconds, and what comes later is lost
SECRET_WORDS = ("token", "secret", "password", "api_key", "apikey", "api-key")
HIDDEN = "(hidden)"
VARIABLES = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "SLURM_JOB_ID", "SLURM_JOB_NAME", "SLURM_NNODES")

Facts = dict[str, Stored]


def capture(run: "Run") -> Callable[[float], str]:
    """Collect in the background; the answer waits for it at finish."""
    thread = in_background(lambda: _collect(run), "environment")

    def stop(secs_left: float) -> str:
        thread.join(min(FINISH_WAIT_SECS, secs_left))
        return ""

    return stop


def _collect(run: "Run") -> None:
    writer = run._writer
    facts: Facts = {**process_facts(sys.argv), **machine_facts(), "world_size": run.world_size, "rank": run.rank}
    facts["gpus"] = gpu_facts()
    if run.rank == 0:  # the other ranks run the same code
        facts["git"] = git_facts(Path.cwd(), run._keep)
        facts["packages"] = package_facts()
    writer.event(Configured(writer.now(), facts, "environment"))


def process_facts(argv: Sequence[str]) -> Facts:
    """Interpreter, command line (values of options that look like secrets are hidden), working directory, versions."""
    torch = sys.modules.get("torch")  # never imported for this
    facts: Facts = {
        "python": platform.python_version(),
        "executable": sys.executable,
        "command": without_secrets(argv),
        "directory": os.getcwd(),
        "variables": {name: os.environ[name] for name in VARIABLES if name in os.environ},
    }
    if torch is not None:
        facts["torch"] = str(getattr(torch, "__version__", ""))
        facts["cuda"] = str(getattr(getattr(torch, "version", None), "cuda", None) or "")
    return facts


def without_secrets(argv: Sequence[str]) -> list[Stored]:
    """A command line in which `--api-key X` and `--token=X` hide X."""
    out: list[Stored] = []
    is_value_of_secret = False
    for word in argv:
        name, equals, _ = word.partition("=")
        is_secret = word.startswith("-") and any(part in name.lower() for part in SECRET_WORDS)
        if is_value_of_secret and not word.startswith("-"):
            out.append(HIDDEN)
        else:
            out.append(f"{name}={HIDDEN}" if is_secret and equals else word)
        is_value_of_secret = is_secret and not equals
    return out


def machine_facts() -> Facts:
    """Host, operating system, processor, cores, memory."""
    import psutil

    return {
        "host": platform.node(),
        "os": platform.platform(),
        "cpu": _cpu_name(),
        "cpu_cores": psutil.cpu_count(logical=False) or psutil.cpu_count() or 0,
        "cpu_threads": psutil.cpu_count() or 0,
        "memory_bytes": int(psutil.virtual_memory().total),
    }


def gpu_facts() -> list[Stored]:
    """Name and memory of each NVIDIA GPU; none without the driver."""
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
    except (pynvml.NVMLError, OSError):
        return []
    handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
    driver = _text(pynvml.nvmlSystemGetDriverVersion())
    return [
        {
            "name": _text(pynvml.nvmlDeviceGetName(handle)),
            "memory_bytes": int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
            "driver": driver,
        }
        for handle in handles
    ]


def git_facts(directory: Path, keep: Keep) -> Facts:
    """Commit, branch, remote and the diff of what is not committed; {} outside a repository or without git."""
    commit = _git(directory, "rev-parse", "HEAD")
    if not commit:
        return {}
    status = _git(directory, "status", "--porcelain", "--untracked-files=normal")
    facts: Facts = {
        "commit": commit,
        "branch": _git(directory, "rev-parse", "--abbrev-ref", "HEAD"),
        "remote": _without_login(_git(directory, "remote", "get-url", "origin")),
        "is_dirty": bool(status),
    }
    diff = _git(directory, "diff", "HEAD", "--no-color").encode("utf-8", "replace") if status else b""
    if diff:
        is_whole = len(diff) <= DIFF_BYTES_MAX
        with suppress(OSError):  # a full disk costs the diff, not the other facts
            facts["diff"] = {"_type": "file", **keep(diff[:DIFF_BYTES_MAX], ".patch"), "is_whole": is_whole}
        facts["untracked"] = [line[3:] for line in status.splitlines() if line.startswith("??")]
    return facts


def package_facts() -> Facts:
    """Installed distributions and their versions."""
    found = ((item.metadata["Name"], item.version) for item in metadata.distributions() if item.metadata)
    return {str(name): str(version) for name, version in sorted(found, key=lambda pair: str(pair[0]).lower()) if name}


def _git(directory: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", *words], cwd=directory, capture_output=True, timeout=GIT_SECS, check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").rstrip("\n") if done.returncode == 0 else ""


def _without_login(address: str) -> str:
    """A remote address without user and password."""
    scheme, separator, rest = address.partition("://")
    return scheme + separator + rest.rpartition("@")[2] if separator else address


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _text(name: object) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
