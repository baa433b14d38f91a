"""Which numbers were there already, in whatever order they come."""

from itertools import permutations

from belvedere.importers.wandb.numbers import Numbers


def test_each_number_is_new_once_in_every_order() -> None:
    for order in permutations((1, 2, 3, 5, 6)):
        numbers = Numbers()
        assert [numbers.add(number) for number in order] == [True] * 5
        again = Numbers(numbers.stored)
        assert [again.add(number) for number in order] == [False] * 5
        assert again.stored == [[1, 3], [5, 6]]
        assert again.add(4)
        assert again.stored == [[1, 6]]
