"""A Belvedere server in a process of its own, and the real W&B client in an environment of its own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
CLIENTS = [
    line.split()[0]
    for line in (Path(__file__).parent / "clients.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
NEWEST = CLIENTS[0]
KEY = "belvedere-" + "k" * 40
START_SECONDS = 120
PATIENCE_SECONDS = 500
HARMLESS = frozenset[str]()  # questions that may stay unanswered, each with the reason; there are none


@dataclass
class Server:
    """`belvedere serve` over `root`; it can be killed and started again on the same port."""

    root: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    options: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        command = [sys.executable, "-m", "belvedere", "serve", str(self.root), "--port", str(self.port), *self.options]
        log = (self.root.parent / "server.log").open("ab")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/api/health", timeout=5).close()
                return
            except urllib.error.HTTPError:
                return  # it asks for its token
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(self.log()) from error
                time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut for the process."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()

    def asked(self, path: str) -> dict[str, object]:
        """What the API answers."""
        with urllib.request.urlopen(f"{self.url}/api/{path}", timeout=30) as answer:
            found: dict[str, object] = json.loads(answer.read())
        return found

    def unknown(self) -> dict[str, object]:
        """What clients asked for in vain since it was started, and how often: a new release that sends what we do not
        know shows here."""
        found = self.asked("protocol")["unknown"]
        assert isinstance(found, dict)
        return {what: count for what, count in found.items() if what not in HARMLESS}

    def log(self) -> str:
        return (self.root.parent / "server.log").read_text(errors="replace")


@dataclass
class Client:
    """The real client of one release, at work in a folder of its own."""

    python: Path
    folder: Path
    url: str
    environment: dict[str, str] = field(default_factory=dict)

    def begin(self, script: str, *words: str, **environment: str) -> "subprocess.Popen[str]":
        """Start a script."""
        return self._process([str(self.python), "-W", "ignore", "-c", script, *words], environment)

    def run(self, script: str, *words: str, fails: bool = False, **environment: str) -> str:
        """What a script printed; it must end with exit code 0, or with another one when it `fails`."""
        return output_of(self.begin(script, *words, **environment), fails)

    def wandb(self, *words: str, fails: bool = False, **environment: str) -> str:
        """The client's command line."""
        return output_of(self._process([str(self.python), "-m", "wandb", *words], environment), fails)

    def _process(self, command: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "BELVEDERE"))}
        return subprocess.Popen(
            command, cwd=self.folder, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={**inherited, **self.environment, **environment},
        )  # fmt: skip


def output_of(process: "subprocess.Popen[str]", fails: bool = False) -> str:
    """What a process of the client printed, once it has ended."""
    try:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        raise AssertionError(f"the client did not end in {PATIENCE_SECONDS} s:\n{output}") from None
    assert (process.returncode != 0) == fails, f"exit code {process.returncode}:\n{output}"
    return output


def client_in(folder: Path, url: str, version: str = NEWEST) -> Client:
    """The client of a release, at work in `folder`; AssertionError when `make setup` has not installed it."""
    python = REPOSITORY / ".venv" / "clients" / f"wandb-{version}" / "bin" / "python"
    assert python.exists(), f"the W&B client {version} is not installed; run `make setup`"
    folder.mkdir(exist_ok=True)
    return Client(
        python, folder, url,
        {
            "HOME": str(folder), "WANDB_DIR": str(folder), "WANDB_BASE_URL": url, "WANDB_API_KEY": KEY,
            "WANDB_CACHE_DIR": str(folder / "cache"), "WANDB_DATA_DIR": str(folder / "data"),
            "WANDB_CONFIG_DIR": str(folder / "settings"), "WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL": "1",
            "WANDB_X_STATS_SAMPLING_INTERVAL": "1",
            "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1",
        },
    )  # fmt: skip
