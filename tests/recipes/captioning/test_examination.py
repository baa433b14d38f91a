"""Numbers of written captions, from captions that can be checked by eye."""

import pytest
import torch

from belvedere.recipes.captioning.examination import (
    Seen,
    caption_numbers,
    class_scores,
    latent_numbers,
    share_right,
    word_f1,
)
from belvedere.recipes.corpora.captions import CaptionedPictures, counted_words, vocabulary_of
from belvedere.recipes.corpora.digit_captions import Stacked

CAPTIONS = ("a bold one", "a thin two", "a thin one")
CORPUS = CaptionedPictures("three", Stacked(torch.zeros(3, 1, 8, 8)), CAPTIONS, (0, 1, 2), ("one", "two", "one"),
                           (("thin", "bold"),))  # fmt: skip
VOCABULARY = vocabulary_of(counted_words(CAPTIONS))


def seen(*written: str) -> Seen:
    said = torch.zeros(3, 2, len(VOCABULARY))
    said[:, 1, VOCABULARY.words.index("two")] = 5.0
    return Seen((0, 1, 2), torch.eye(3), torch.eye(3), written, said)


def test_class_and_attributes_are_looked_for_in_what_was_written() -> None:
    found = caption_numbers(seen("a bold one", "a bold two", "thin a a a"), CORPUS)
    assert found["caption/class_accuracy"] == pytest.approx(2 / 3)
    assert found["caption/attribute_accuracy"] == pytest.approx(2 / 3)
    assert found["caption/word_f1"] == pytest.approx((1 + 2 / 3 + 4 / 7) / 3)
    assert (found["caption/length"], found["caption/diversity"]) == (pytest.approx(10 / 3), 1)


def test_a_caption_is_right_when_it_tells_the_same_in_other_words() -> None:
    assert share_right("one that is bold".split(), 0, CORPUS) == 1
    assert share_right("a bold two".split(), 0, CORPUS) == 0.5
    untold = CaptionedPictures("three", CORPUS.pictures, CAPTIONS, (0, 1, 2), ("x", "y", "x"))
    assert untold.named_classes == ()
    assert share_right("one a bold".split(), 0, untold) == 1
    assert word_f1([], []) == 0


def test_scores_are_shares_of_the_classes_where_one_is_likeliest() -> None:
    [first, _, last] = class_scores(seen("a bold one", "two", ""), CORPUS, VOCABULARY)
    assert first[:2] == ("one", "one") and last[:2] == ("one", "none")
    assert sum(first[2]) == pytest.approx(1) and first[2][1] > 0.9


def test_without_labels_there_is_no_class_to_be_right() -> None:
    nameless = CaptionedPictures("three", CORPUS.pictures, CAPTIONS, (0, 1, 2), ("", "", ""))
    assert set(caption_numbers(seen("a", "b", "c"), nameless)) == {
        "caption/word_f1", "caption/length", "caption/diversity"
    }  # fmt: skip
    assert class_scores(seen("a", "b", "c"), nameless, VOCABULARY) == []
    assert set(latent_numbers(seen("a", "b", "c"), nameless, lambda: (torch.eye(3), (0, 1, 2)))) == {
        f"retrieval/{name}" for name in ("caption@1", "caption@5", "caption_rank", "picture@1", "picture@5",
                                         "picture_rank")
    }  # fmt: skip
