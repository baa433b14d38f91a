"""Words that are never cut: read from a file, one id each, and every text comes back exactly."""

from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes.corpora.bpe import ByteTokenizer, learn_bpe
from belvedere.recipes.corpora.special_tokens import SpecialTokens, read_special_tokens

TEXT = b"<|year|>1666<|fire|> in <|london|>bridge, thou <|yearly|>"


def test_each_word_is_one_id_behind_those_of_the_tokenizer() -> None:
    tokenizer = SpecialTokens(ByteTokenizer(), ["<|year|>", "<|fire|>", "<|london|>"])
    assert tokenizer.vocab == 259
    ids = tokenizer.encode(TEXT)
    assert ids.tolist()[:6] == [256, *b"1666", 257]
    assert tokenizer.decode(ids) == TEXT
    assert int(tokenizer.token_bytes[ids].sum()) == len(TEXT)


def test_of_two_words_that_begin_alike_the_longer_is_taken() -> None:
    tokenizer = SpecialTokens(learn_bpe(TEXT * 3, 260), ["<a>", "<a><b>"])
    assert tokenizer.encode(b"<a><b><a>").tolist() == [tokenizer.vocab - 1, tokenizer.vocab - 2]
    assert tokenizer.decode(tokenizer.encode(TEXT)) == TEXT


def test_a_file_of_words_is_read_and_its_faults_are_named(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("\n".join(f"<|word{number}|>" for number in range(120)) + "\n\n")
    assert len(read_special_tokens(path)) == 120
    path.write_text("<|parish|>\n<|ward|>\n<|parish|>\n")
    with pytest.raises(bv.UsageError, match=r"line 3: '<\|parish\|>' stands in line 1 already"):
        read_special_tokens(path)
    path.write_bytes(b"<|ok|>\n<|\xff|>\n")
    with pytest.raises(bv.UsageError, match="line 2: no UTF-8"):
        read_special_tokens(path)
    path.write_text("\n \n")
    with pytest.raises(bv.UsageError, match="holds no special token"):
        read_special_tokens(path)
