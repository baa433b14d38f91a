"""Logging in: with the key that `belvedere key` prints, with a short one, and with the key of another server."""

import subprocess
import sys
from pathlib import Path

import pytest

from belvedere.wandb_protocol.keys import key_of
from tests.ports import free_port
from tests.wandb.real import Client, Server, client_in

LOG_IN = """
import wandb
print(wandb.login(verify=True))
with wandb.init(project="login", id="in") as run:
    run.log({"loss": 1})
print(wandb.Api().viewer.username, wandb.Api().default_entity)
"""


def printed_key(*words: str) -> str:
    """What `belvedere key` prints."""
    command = [sys.executable, "-m", "belvedere", "key", *words]
    return subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout.strip()


def without_key(client: Client) -> Client:
    """The client as it comes: no variable tells it a key."""
    del client.environment["WANDB_API_KEY"]
    return client


def test_the_printed_key_logs_in(shared: Server, shared_client: Client) -> None:
    client, key = without_key(shared_client), printed_key()
    del client.environment["WANDB_BASE_URL"]
    output = client.wandb("login", "--relogin", "--verify", "--host", shared.url, key)
    assert f"Currently logged in as: belvedere to {shared.url}" in output
    assert key in (client.folder / ".netrc").read_text()
    output = client.run(LOG_IN)
    assert f"{shared.url}/belvedere/login/runs/in" in output
    assert output.splitlines()[-1] == "belvedere belvedere"


def test_a_short_key_is_refused_by_the_client_itself(shared: Server, shared_client: Client) -> None:
    output = without_key(shared_client).wandb("login", "--relogin", "--verify", "a" * 39, fails=True)
    assert "API key must have 40+ characters, has 39" in output


@pytest.fixture
def locked(tmp_path: Path) -> Server:
    """A server with a token."""
    (tmp_path / "runs").mkdir()
    return Server(tmp_path / "runs", free_port(), options=("--token", "a-secret-of-the-test"))


def test_a_server_with_a_token_takes_its_own_key_alone(locked: Server, tmp_path: Path) -> None:
    client = without_key(client_in(tmp_path / "client", locked.url))
    locked.start()
    try:
        output = client.wandb("login", "--relogin", "--verify", key_of(None), fails=True)
        assert "the API key is not this Belvedere server's; set WANDB_API_KEY to what `belvedere key" in output
        key = printed_key("--server", f"{locked.url}/?token=a-secret-of-the-test")
        assert client.run(LOG_IN, WANDB_API_KEY=key).splitlines()[-1] == "belvedere belvedere"
    finally:
        locked.stop()
