"""How work and messages are cut; that ranks really agree is tested by the trainings that run on several."""

import os
import subprocess
import sys

import pytest
import torch

from belvedere.recipes import ranks as module
from belvedere.recipes.ranks import Ranks, average_gradients, averaged, gathered, ranks_of_environment


@pytest.mark.parametrize(
    ("count", "world", "shares"),
    [
        (6, 3, [range(2), range(2, 4), range(4, 6)]),
        (7, 3, [range(3), range(3, 6), range(6, 7)]),
        (1, 3, [range(1), range(0), range(0)]),
        (0, 2, [range(0), range(0)]),
    ],
)
def test_shares_are_neighbours_and_leave_nothing_out(count: int, world: int, shares: list[range]) -> None:
    found = [list(range(count))[Ranks(rank, world).share_of(count)] for rank in range(world)]
    assert found == [list(share) for share in shares]


def test_one_rank_keeps_what_it_has() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    numbers = torch.tensor([3.0])
    assert average_gradients([weight], Ranks(), numbers) is numbers
    assert weight.grad is None
    assert torch.equal(averaged(numbers, Ranks()), numbers)
    assert gathered(numbers, 1, Ranks()) is numbers


def test_gradients_travel_in_few_messages_and_the_numbers_with_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MESSAGE_NUMBERS", 10)
    tensors = [torch.zeros(size) for size in (4, 6, 3, 12, 5, 1)]
    sizes = [[len(tensor) for tensor in message] for message in module._messages(tensors)]
    assert sizes == [[4, 6], [3], [12], [5, 1]]
    assert [[len(tensor) for tensor in message] for message in module._messages(tensors[3:4] * 2)] == [[12, 12]]


def test_torchrun_says_who_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("RANK", "3"), ("WORLD_SIZE", "4"), ("LOCAL_RANK", "1"), ("LOCAL_WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    assert ranks_of_environment() == Ranks(3, 4, 1, 2)


PARTING = """
import os, torch
from belvedere.recipes.ranks import Ranks, meet, part, wait
def threads():
    return sorted(open(f"/proc/self/task/{task}/comm").read().strip() for task in os.listdir("/proc/self/task"))
meet(Ranks(0, 2), torch.device("cpu"))
torch.optim.AdamW([torch.nn.Parameter(torch.zeros(2))])
wait(Ranks(0, 2))  # a thread names itself when it first runs
assert any("gloo" in name for name in threads()), threads()
part(Ranks(0, 2))
print([name for name in threads() if "gloo" in name])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="names threads through /proc")
def test_no_thread_of_the_group_outlives_the_parting() -> None:
    """One that does may run when the interpreter has gone, and aborts a process that had succeeded."""
    alone = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
    command = [sys.executable, "-c", PARTING]
    ended = subprocess.run(command, check=False, env=os.environ | alone, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout.strip()) == (0, "[]"), ended.stderr
