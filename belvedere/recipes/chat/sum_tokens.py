"""The 84 tokens that sums are written with, and whole batches of sums in them.

Every question is 20 tokens long, every answer 12 and every practice sequence 39, so that a batch needs no padding. An
option such as `12=` is one token: looking up its letter then is plain induction ("what came after this token?"), which
two layers learn in seconds; as two tokens, `12` and `=`, the same model stays near chance.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from belvedere.recipes.corpora.aqua import Row, question_of
from belvedere.recipes.corpora.sums import LETTERS, OPTIONS, RESULTS, Sums, shuffled, sums_of

END = 0
LINE = 3  # tokens of `12=B\n`
LINES = 10  # of options in a practice sequence
SIZES = np.array([2, 2, 2, 2, 2, 3, 4, 5])  # different ones, each as likely; 1 to 5 evenly learns on some seeds only
PERIODS = range(2, 14)  # tokens until a repeat; one length only could be learned by counting
PROMPT_TOKENS, ANSWER_TOKENS, PRACTICE_TOKENS = 20, 12, 39

Ids = npt.NDArray[np.int64]


class SumTokens:
    """Rows that are sums to ids and back."""

    end = END
    pad = END  # never needed: all sequences are of one length

    def __init__(self) -> None:
        fixed = ["<end>", "\n", "+", "-", "=", "=?", "Answer: ", *LETTERS]
        self.pieces = [*fixed, *map(str, RESULTS), *(f"{number}=" for number in OPTIONS)]
        self.id_of = {piece: index for index, piece in enumerate(self.pieces)}
        self._number = self.id_of[str(RESULTS.start)] - RESULTS.start  # id of 7 = 7 + this
        self._option = self.id_of[f"{OPTIONS.start}="] - OPTIONS.start  # id of 7= = 7 + this
        self._letter = self.id_of[LETTERS[0]]

    @property
    def vocab(self) -> int:
        """How many tokens there are."""
        return len(self.pieces)

    # --- one row ---

    def prompt(self, row: Row) -> Ids:
        """(20,) what is asked; UsageError for a row that is no sum."""
        ids: Ids = self.prompts(sums_of([question_of(row)]))[0]
        return ids

    def answer(self, row: Row, letter: str) -> Ids:
        """(12,) the sum, the option that `letter` stands for, the letter, the end."""
        ids: Ids = self.answers(sums_of([question_of(row)]), np.array([LETTERS.index(letter)]))[0]
        return ids

    def letter(self, letter: str) -> Ids:
        """(1,) its id."""
        return np.array([self.id_of[letter]], dtype=np.int64)

    def decode(self, ids: Iterable[int]) -> str:
        """Text up to the end token."""
        known = [int(one) for one in ids]
        return "".join(self.pieces[one] for one in (known[: known.index(END)] if END in known else known))

    def word(self, index: int) -> str:
        """One token as a label."""
        piece: str = self.pieces[int(index)]
        return piece

    def kind(self, index: int) -> str:
        """What sort of token it is: number, option, letter or sign."""
        piece = self.pieces[index]
        if piece in LETTERS:
            return "letter"
        if index < self.id_of[LETTERS[-1]]:
            return "sign"
        return "option" if piece.endswith("=") else "number"

    # --- many at once ---

    def prompts(self, sums: Sums) -> Ids:
        """(n, 20): the sum, then each option with its letter."""
        ids = self._lines(len(sums), PROMPT_TOKENS)
        ids[:, :3] = self._operands(sums)
        ids[:, 3] = self.id_of["=?"]
        self._put(ids[:, 5:], sums.options, np.broadcast_to(np.arange(len(LETTERS)), sums.options.shape))
        return ids

    def answers(self, sums: Sums, places: Ids) -> Ids:
        """(n, 12) answers that argue for options number `places` (n,)."""
        ids = self._lines(len(sums), ANSWER_TOKENS)
        self._put_fact(ids, sums)
        self._put(ids[:, 6:9], np.take_along_axis(sums.options, places[:, None], axis=1), places[:, None])
        ids[:, 9], ids[:, 10], ids[:, 11] = self.id_of["Answer: "], self._letter + places, END
        return ids

    def practice(self, sums: Sums, random: np.random.Generator) -> tuple[Ids, npt.NDArray[np.bool_]]:
        """(n, 39) sequences: some options with letters, the same options looked up again, a sum and its option; and
        which of their tokens are to be predicted. What makes the look-up itself the easiest thing to learn:

        * options look up in any order and repeat: were each asked once, the last could be told by elimination
        * letters stand behind options at random, not from A to E: else counting lines competes with looking back
        * most sequences have two options, some up to five: of two, half a mechanism already finds the right one
        """
        count = len(sums)
        ids, is_asked = self._lines(count, PRACTICE_TOKENS), np.zeros((count, PRACTICE_TOKENS), dtype=bool)
        sizes = SIZES[random.integers(len(SIZES), size=count)][:, None]  # (n, 1) options of each sequence
        lines = np.arange(LINES)
        again = (random.random((count, LINES)) * sizes).astype(np.int64)
        places = np.where(lines < sizes, lines, again)  # (n, 10)
        letters = shuffled(random, count, len(LETTERS))  # (n, 5) behind each option
        named = np.take_along_axis(letters, places, axis=1)
        self._put(ids[:, : LINE * LINES], np.take_along_axis(sums.options, places, axis=1), named)
        is_asked[:, 1 : LINE * LINES : LINE] = lines >= sizes
        rest = ids[:, LINE * LINES :]
        self._put_fact(rest, sums)
        right = sums.places[:, None]
        self._put(rest[:, 6:9], sums.result[:, None], np.take_along_axis(letters, right, axis=1))
        is_asked[:, LINE * LINES + np.array([4, 6])] = True  # the result, and the same as an option
        is_asked[:, LINE * LINES + 7] = sums.places < sizes[:, 0]  # its letter, where it was shown
        return ids, is_asked

    def repeats(self, random: np.random.Generator, count: int) -> tuple[Ids, npt.NDArray[np.bool_]]:
        """(n, 39) sequences that repeat 2 to 13 different tokens drawn from all, and which of theirs can be told by
        looking back. Copying letters alone settles for long on "one of those shown", right half of the time; among all
        tokens nothing but "what came after this one last time?" pays: look-up formed on all seeds that were tried."""
        periods = random.integers(PERIODS.start, PERIODS.stop, size=count)[:, None]  # (n, 1)
        places = np.arange(PRACTICE_TOKENS)
        ids = 1 + np.take_along_axis(shuffled(random, count, self.vocab - 1), places % periods, axis=1)  # all but END
        return ids, places >= periods

    def _lines(self, count: int, length: int) -> Ids:
        """Nothing but line breaks yet."""
        return np.full((count, length), self.id_of["\n"], dtype=np.int64)

    def _put(self, ids: Ids, options: Ids, places: Ids) -> None:
        """Write (n, k) options and the letters of `places` (n, k) as lines into (n, 3k) ids."""
        ids[:, 0::LINE], ids[:, 1::LINE] = options + self._option, places + self._letter

    def _put_fact(self, ids: Ids, sums: Sums) -> None:
        """Write 7+5=12 into the first tokens."""
        ids[:, :3] = self._operands(sums)
        ids[:, 3], ids[:, 4] = self.id_of["="], sums.result + self._number

    def _operands(self, sums: Sums) -> Ids:
        """(n, 3)."""
        signs = np.where(sums.is_plus, self.id_of["+"], self.id_of["-"])
        return np.stack([sums.left + self._number, signs, sums.right + self._number], axis=1)
