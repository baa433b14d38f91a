"""Several processes that survey one grid: who takes which cells, and how everyone gets all of them."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from torch import distributed

from belvedere.analysis.landscape.cells import Cells, Subject
from belvedere.core.errors import UsageError

Sent = TypeVar("Sent")

LOOK_AGAIN_SECS = 0.2
SILENCE_SECS = 600.0  # another process that finished no cell for so long is gone


@dataclass(frozen=True)
class Share:
    """This process's place. `is_connected`: the processes can talk through torch.distributed, else through files."""

    rank: int = 0
    world: int = 1
    is_connected: bool = False

    def takes(self, cell: int) -> bool:
        """Whether the cell is this process's to do."""
        return cell % self.world == self.rank


def share_of_this_process(*, is_shared: bool, has_file: bool) -> Share:
    """From torch.distributed where it is set up, else from the launcher's RANK and WORLD_SIZE."""
    if not is_shared:
        return Share()
    if distributed.is_available() and distributed.is_initialized():
        return Share(distributed.get_rank(), distributed.get_world_size(), is_connected=True)
    rank, world = os.environ.get("RANK", ""), os.environ.get("WORLD_SIZE", "")
    if not (rank.isdigit() and world.isdigit() and int(world) > 1):
        return Share()
    if not has_file:
        raise UsageError(
            f"{world} processes can share a landscape only through a file; pass path=, or call "
            "torch.distributed.init_process_group() first"
        )
    return Share(int(rank), int(world))


def agree(share: Share, subject: Subject) -> None:
    """UsageError on every process when one of them surveys something else."""
    if not share.is_connected:
        return  # the header of each file says what it belongs to
    marks: list[str] = _from_all(share, subject.fingerprint, "")
    for rank, other in enumerate(marks):
        if other != subject.fingerprint:
            raise UsageError(f"rank {rank} has other weights or settings than rank {share.rank}; load the same on all")


def gathered(share: Share, cells: Cells) -> dict[int, float]:
    """The cells of all processes."""
    if share.is_connected:
        nothing: dict[int, float] = {}
        for found in _from_all(share, cells.done, nothing):
            cells.done |= found
    elif share.world > 1:
        for _ in _waiting(cells):
            cells.read()
    return cells.done


def _waiting(cells: Cells) -> Iterator[None]:
    """Again and again until every cell is there; UsageError when none came for too long."""
    wanted = cells.subject.rows * cells.subject.columns
    last, since = len(cells.done), time.monotonic()
    while len(cells.done) < wanted:
        yield
        if len(cells.done) > last:
            last, since = len(cells.done), time.monotonic()
        elif time.monotonic() - since > SILENCE_SECS:
            raise UsageError(
                f"{wanted - last} of {wanted} cells are missing and no process finished one in the last "
                f"{SILENCE_SECS:.0f} s; start all of them again, what is done is kept in {cells.path}"
            )
        else:
            time.sleep(LOOK_AGAIN_SECS)


def _from_all(share: Share, value: Sent, empty: Sent) -> list[Sent]:
    """The value of each process."""
    found = [empty] * share.world
    distributed.all_gather_object(found, value)
    return found
