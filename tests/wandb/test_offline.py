"""Runs that were logged without a server and synced later, more than once, whole or cut off."""

import subprocess
import sys
from pathlib import Path

import pytest

import belvedere as bv
from tests.wandb.real import Client, Server
from tests.wandb.test_everything import script


def folder_of(client: Client) -> Path:
    (found,) = client.folder.glob("wandb/offline-run-*")
    return found


def rows_of_file(folder: Path, root: Path) -> list[float]:
    """The losses in a transaction log, as our own reader finds them."""
    command = [sys.executable, "-m", "belvedere", "import", "wandb", str(folder), "--dir", str(root)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    (run,) = bv.open(root).runs()
    values: list[float] = run.series("loss").values.tolist()
    return values


@pytest.mark.parametrize("end", ["ends", "dies"])
def test_a_run_logged_offline_is_synced_once_however_often(shared: Server, shared_client: Client, end: str) -> None:
    """Offline by command, for all that runs in that folder."""
    client = shared_client
    shared_client.wandb("offline")
    output = client.run(script("offline.py"), end, end, fails=end == "dies", WANDB_X_TRANSACTION_LOG_FLUSH_INTERVAL="1")
    assert "offline True" in output
    logged = rows_of_file(folder_of(client), client.folder / "imported")
    assert logged == [1 / (step + 1) for step in range(len(logged))]
    assert len(logged) == 400 if end == "ends" else len(logged) > 0
    for words in ((), ("--include-synced",)):
        client.wandb("sync", *words, str(folder_of(client)))
        run = bv.open(shared.root).run(f"offline/{end}")
        assert run.series("loss").values.tolist() == logged
        assert run.series("loss").steps.tolist() == list(range(len(logged)))
        assert len(run.media("histogram")) == len(logged)
        assert len(run.attempts) == 1
        assert run.config == {"lr": 0.5}
    assert run.state == ("finished" if end == "ends" else "failed")
