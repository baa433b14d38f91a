"""Where trainings run: each in a process of its own, recorded below one folder, read back through `bv.open`."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import belvedere as bv
from belvedere.store.run import Run

POLL_SECONDS = 0.1
START_SECONDS_MAX = 300.0
WORDS_SHOWN = 2000  # of what a failed training said


class TrainingFailed(Exception):
    """A training ended with another exit code than 0; its own last words are in the text."""


@dataclass
class Workshop:
    """`scale` times the seconds of every training."""

    folder: Path
    scale: float = 1.0
    is_quiet: bool = True
    _made: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def runs(self) -> Path:
        """Below which all runs lie."""
        return self.folder / "runs"

    def seconds(self, asked: float) -> list[str]:
        """--seconds, scaled."""
        return ["--seconds", f"{asked * self.scale:g}"]

    def checkpoints(self, name: str) -> Path:
        """A folder for the checkpoints of one chain of trainings: the newest in it is then surely its own."""
        return self.folder / "checkpoints" / name

    def trained(self, recipe: str, name: str, words: Sequence[str], *, ranks: int = 1, checkpoints: str = "") -> Run:
        """Train to the end; the run. `name` is unique in the workshop."""
        training = self.begun(recipe, name, words, ranks=ranks, checkpoints=checkpoints)
        try:
            said, _ = training.communicate()
        except KeyboardInterrupt:
            training.send_signal(signal.SIGINT)
            training.wait()
            raise
        if training.returncode:
            raise TrainingFailed(f"{recipe} ended with exit code {training.returncode}:\n{(said or '')[-WORDS_SHOWN:]}")
        return self.run(recipe, name)

    def begun(
        self, recipe: str, name: str, words: Sequence[str], *, ranks: int = 1, checkpoints: str = ""
    ) -> "subprocess.Popen[str]":
        """Begin to train."""
        torchrun = (
            ["belvedere.recipes.torchrun", "--standalone", f"--nproc_per_node={ranks}", "-m"] if ranks > 1 else []
        )
        kept = ["--run", name, "--project", recipe, "--dir", str(self.runs),
                "--out-dir", str(self.checkpoints(checkpoints or name))]  # fmt: skip
        command = [sys.executable, "-m", *torchrun, f"belvedere.recipes.{recipe}", *(["--"] if torchrun else [])]
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} if self.is_quiet else {"stdout": sys.stderr}
        return subprocess.Popen([*command, *words, *kept], text=True, **quiet)

    def run(self, recipe: str, name: str) -> Run:
        """The run of that name."""
        for run in bv.open(self.runs).runs(project=recipe):
            if run.name == name:
                return run
        raise TrainingFailed(f"{recipe} left no run called {name} in {self.runs}")

    def killed_at(self, training: "subprocess.Popen[str]", is_time: Callable[[], bool]) -> None:
        """SIGKILL once it is time; TrainingFailed when it ends before, or never comes there."""
        until = time.monotonic() + START_SECONDS_MAX
        while training.poll() is None and time.monotonic() < until:
            if is_time():
                training.kill()
                training.communicate()
                return
            time.sleep(POLL_SECONDS)
        training.kill()
        said, _ = training.communicate()
        raise TrainingFailed(f"it was over before it could be killed:\n{(said or '')[-WORDS_SHOWN:]}")


def last(run: Run, key: str) -> float:
    """The last value of a series."""
    return float(run.series(key).values[-1])


def first(run: Run, key: str) -> float:
    """The first value of a series."""
    return float(run.series(key).values[0])
