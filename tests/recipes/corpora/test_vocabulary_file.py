"""A vocabulary in a file: what it holds, and one sentence for what is none."""

import json
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes.corpora.vocabulary_file import read_merges


def test_merges_come_back_in_order(tmp_path: Path) -> None:
    (tmp_path / "about.json").write_text(json.dumps({"merges": [[97, 98], [256, 99]], "texts": 3}))
    assert read_merges(tmp_path / "about.json") == ((97, 98), (256, 99))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no JSON"),
        ("[]", 'holds no "merges"; give about.json of a token folder'),
        ('{"merges": []}', 'holds no "merges"'),
        ('{"merges": [[97, 98], [257, 99]]}', "merge 1 is [257, 99], not two ids below 257"),
        ('{"merges": [["a", "b"]]}', "merge 0 is ['a', 'b'], not two ids below 256"),
        (json.dumps({"merges": [[97, 98]] * 65_281}), "holds 65,281 merges; 65,280 is the most"),
    ],
)
def test_what_is_no_vocabulary_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "it.json").write_text(content)
    with pytest.raises(bv.UsageError) as refused:
        read_merges(tmp_path / "it.json")
    assert sentence in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(bv.UsageError, match=r"nowhere\.json cannot be read \(No such file"):
        read_merges(tmp_path / "nowhere.json")
