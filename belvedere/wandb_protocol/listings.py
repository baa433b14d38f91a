"""Lists of runs that somebody is turning the pages of: filtered and sorted once, not once a page."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from belvedere.store.records import RunRow

KEPT_MAX = 32
Wish = tuple[str, ...]  # what was asked for


class Listings:
    """The newest lists, each good for as long as no run of it has changed."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Wish, tuple[list[RunRow], list[RunRow]]] = OrderedDict()
        self._lock = Lock()

    def of(self, wish: Wish, rows: list[RunRow], made: Callable[[list[RunRow]], list[RunRow]]) -> list[RunRow]:
        """What `made` makes of these rows; as it was kept when they are the same rows still."""
        with self._lock:
            kept = self._kept.get(wish)
        if kept is not None and len(kept[0]) == len(rows) and all(map(_is_same, kept[0], rows)):
            return kept[1]
        found = made(rows)
        with self._lock:
            self._kept[wish] = rows, found
            self._kept.move_to_end(wish)
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        return found


def _is_same(one: RunRow, other: RunRow) -> bool:
    return one is other
