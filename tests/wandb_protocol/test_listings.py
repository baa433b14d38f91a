"""Lists that are kept while somebody turns their pages."""

from belvedere.store.records import RunRow
from belvedere.wandb_protocol.listings import KEPT_MAX, Listings

ROWS = [RunRow("p", "a"), RunRow("p", "b")]


def test_a_list_is_made_once_and_anew_when_a_run_changed() -> None:
    made: list[int] = []

    def turned(rows: list[RunRow]) -> list[RunRow]:
        made.append(len(rows))
        return rows[::-1]

    listings = Listings()
    assert [listings.of(("p",), list(ROWS), turned) for _ in range(3)] == [ROWS[::-1]] * 3
    assert made == [2]
    changed = [ROWS[0], RunRow("p", "b", steps=1)]
    assert listings.of(("p",), changed, turned) == changed[::-1]
    assert listings.of(("p",), changed[:1], turned) == changed[:1]
    assert made == [2, 2, 1]


def test_lists_that_nobody_asks_for_are_forgotten() -> None:
    listings = Listings()
    for number in range(KEPT_MAX + 1):
        listings.of((str(number),), ROWS, list)
    first = listings.of(("0",), ROWS, lambda rows: rows[:1])
    assert first == ROWS[:1]
