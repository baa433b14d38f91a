"""`belvedere export RUN --to wandb`: the run once more through W&B's own client, with its id, name, steps and times.

It goes where the client is set up to send it (WANDB_BASE_URL, `wandb login`), or with --mode offline into ./wandb, for
`wandb sync`. A run that is there under the same id is replaced.
"""

import math
import os
from contextlib import redirect_stdout
from dataclasses import replace

from belvedere.cli.exporting.replay import replay, started_of
from belvedere.cli.exporting.wish import Wish
from belvedere.core.errors import UsageError
from belvedere.record.mirrors.mirror import MirrorSource
from belvedere.record.mirrors.steps import Ordered
from belvedere.record.mirrors.wandb import NOT_INSTALLED, WandbMirror, client, is_installed

HELD = 50_000  # rows that are put in the order of their steps before they go
ELSEWHERE = {  # the machine that exports is not the one that trained
    "x_disable_stats": True, "x_disable_meta": True, "x_disable_machine_info": True, "disable_git": True,
    "x_save_requirements": False,
}  # fmt: skip


def export(wish: Wish) -> None:
    """Replay the run; UsageError in one sentence when the client or its server cannot be had."""
    if wish.mode not in (None, "online", "offline"):
        raise UsageError(f"--mode {wish.mode} is not known; use online or offline")
    if not is_installed():
        raise UsageError(NOT_INSTALLED.partition(",")[0] + ", so the run cannot be exported: pip install wandb")
    source = MirrorSource(wish.folder, started_of(wish), wish.mode or "")
    sentences: list[str] = []  # for later: the client would take them for lines of the run's console
    # The client records what is written to standard output while it is imported and after: the run's console goes so.
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            mirror = WandbMirror(
                source, client(), ELSEWHERE, ordered=Ordered(hold_secs=math.inf, held_max=HELD), is_again=False,
                tell=sentences.append,
            )  # fmt: skip
            replay(replace(wish, tell=sentences.append), mirror)
    finally:
        for sentence in sentences:
            wish.tell(sentence)
