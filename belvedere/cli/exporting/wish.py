"""What is to be exported, and where to."""

from collections.abc import Callable
from dataclasses import dataclass

from belvedere.runlog.layout import RunFolder
from belvedere.store.run import Run


@dataclass(frozen=True)
class Wish:
    """`project` is a name, `mode` online or offline; None where nothing was said.

    `tell` hears one sentence for everything that cannot go there."""

    run: Run
    folder: RunFolder
    project: str | None
    mode: str | None
    tell: Callable[[str], None]
