"""Which records of a file were taken. The client numbers them 1, 2, 3 …, so one that damage or a bad copy left in the
file a second time is known by its number."""

from bisect import bisect_right

from belvedere.core.entries import Stored


class Numbers:
    """Whole numbers, as runs of neighbours: one for a file without damage. `stored` is what a new one begins with."""

    def __init__(self, stored: Stored = None) -> None:
        pairs = [pair for pair in stored if isinstance(pair, list | tuple)] if isinstance(stored, list | tuple) else []
        self._firsts = [int(str(first)) for first, _ in pairs]
        self._lasts = [int(str(last)) for _, last in pairs]

    @property
    def stored(self) -> list[Stored]:
        """First and last of each run, lowest first."""
        return [[first, last] for first, last in zip(self._firsts, self._lasts, strict=True)]

    def add(self, number: int) -> bool:
        """Whether it is new."""
        firsts, lasts = self._firsts, self._lasts
        if lasts and number == lasts[-1] + 1:  # as nearly always
            lasts[-1] = number
            return True
        at = bisect_right(firsts, number) - 1
        if at >= 0 and number <= lasts[at]:
            return False
        if at >= 0 and lasts[at] == number - 1:
            lasts[at] = number
        else:
            at += 1
            firsts.insert(at, number)
            lasts.insert(at, number)
        if at + 1 < len(firsts) and firsts[at + 1] == number + 1:
            lasts[at] = lasts.pop(at + 1)
            del firsts[at + 1]
        return True
