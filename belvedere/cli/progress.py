"""A bar for work that goes over many runs; silent when nobody watches."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from belvedere.runlog.layout import RunFolder

Told = Callable[[int, int], None]  # bytes done, bytes in all


@contextmanager
def each_run(folders: Sequence[RunFolder], verb: str) -> Iterator[Iterator[tuple[RunFolder, Told]]]:
    """The runs one by one, each with the function that moves the bar."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(verb, total=len(folders))

        def mover(number: int) -> Told:
            return lambda done, total: bar.update(task, completed=number + done / max(1, total))

        def one_by_one() -> Iterator[tuple[RunFolder, Told]]:
            for number, folder in enumerate(folders):
                bar.update(task, completed=number, description=f"{verb} {folder.project}/{folder.run_id}")
                yield folder, mover(number)

        yield one_by_one()
