"""Streamed data sets. The package is not installed with the tests: a stand-in has the four calls that are used."""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

import belvedere as bv
from belvedere.recipes.corpora.text_stream import described, pieces, texts

ROWS: list[dict[str, object]] = [{"text": "one"}, {"text": ""}, {"text": "two"}, {"text": "three"}]


class Stream:
    """What `load_dataset(…, streaming=True)` answers, over a list."""

    def __init__(self, rows: list[dict[str, object]]) -> None:
        self._rows, self._next = rows, 0

    def __iter__(self) -> Iterator[dict[str, object]]:
        while self._next < len(self._rows):
            self._next += 1
            yield self._rows[self._next - 1]

    def state_dict(self) -> dict[str, int]:
        return {"row": self._next}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self._next = state["row"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the package was asked for; "owner/wrong" has no texts, "owner/none" is not there."""
    calls: list[object] = []

    def load_dataset(name: str, config: str | None, *, split: str, streaming: bool) -> Stream:
        calls.append((name, config, split, streaming))
        if name == "owner/none":
            raise FileNotFoundError("Dataset 'owner/none' doesn't exist on the Hub\nmore")
        return Stream([{"content": "x", "id": 1}] if name == "owner/wrong" else ROWS)

    module = ModuleType("datasets")
    module.load_dataset = load_dataset  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datasets", module)
    return calls


def test_texts_of_a_data_set_come_in_order_and_go_on_from_each(asked: list[object]) -> None:
    whole = list(pieces("owner/name:config"))
    assert [piece.text for piece in whole] == ["one", "two", "three"]
    assert asked == [("owner/name", "config", "train", True)]
    for number, piece in enumerate(whole):
        assert list(pieces("owner/name", piece.position)) == whole[number:]
    assert described("hf:name") == "Hugging Face data set name, streamed"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("owner/none", r"'owner/none' cannot be streamed \(Dataset 'owner/none' doesn't exist on the Hub\)"),
        ("owner/wrong", r"has no texts in a field 'text' \(fields: 'content', 'id'\)"),
    ],
)
def test_what_cannot_be_streamed_is_said_in_one_sentence(asked: list[object], name: str, words: str) -> None:
    with pytest.raises(bv.UsageError, match=words):
        list(texts(name))


def test_a_place_in_files_is_none_in_a_data_set(asked: list[object]) -> None:
    with pytest.raises(bv.UsageError, match="place is in files, not in the data set owner/name"):
        list(pieces("owner/name", {"file": 0, "offset": 0, "line": 0, "known": ""}))


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(bv.UsageError, match=r"no file or folder owner/name; .* pip install 'belvedere\[huggingface\]'"):
        described("owner/name")
