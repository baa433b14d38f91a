"""A bar for surveys that take a while; silent when nobody watches."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Told = Callable[[int], None]  # so many cells are done now


@contextmanager
def bar(words: str, *, total: int, is_wanted: bool) -> Iterator[Told]:
    """The function that moves the bar, which says how many are done and how long the rest will take."""
    if not (is_wanted and sys.stderr.isatty()):
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(words, total=total)
        yield lambda done: shown.update(task, completed=done)
