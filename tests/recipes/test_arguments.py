"""The command line: presets, what overrides what, and one sentence for what cannot be."""

import pytest

import belvedere as bv
from belvedere.recipes.arguments import order_of, parser
from belvedere.recipes.pretrain import main
from belvedere.recipes.ranks import Ranks
from belvedere.recipes.settings import PRESETS, Settings


def settings_of(*words: str, ranks: Ranks = Ranks()) -> Settings:  # noqa: B008 - frozen
    return order_of(["--device", "cpu", *words], ranks).settings


def test_without_options_it_is_the_demo() -> None:
    settings = settings_of()
    assert (settings.preset, settings.tokenizer, settings.vocab, settings.seconds) == ("cpu", "bpe", 1024, 90.0)
    assert settings.tokens_per_step == 8 * 256


def test_what_is_said_wins_over_the_preset() -> None:
    settings = settings_of("--preset", "tiny", "--layers", "3", "--steps", "7")
    assert (settings.layers, settings.width, settings.steps, settings.seconds) == (3, 32, 7, None)


def test_seconds_replace_the_steps_of_a_preset() -> None:
    settings = settings_of("--preset", "gpt2-124m", "--seconds", "60")
    assert (settings.steps, settings.seconds) == (None, 60.0)


def test_large_presets_compile_on_a_gpu_only_unless_it_is_said() -> None:
    assert PRESETS["d12"]["is_compiled"]
    assert not settings_of("--preset", "d12").is_compiled
    assert settings_of("--preset", "d12", "--compile").is_compiled


@pytest.mark.parametrize("preset", ["d8", "d12", "d16", "d20", "d26", "gpt2-124m"])
def test_full_size_batches_split_over_eight_ranks(preset: str) -> None:
    settings = settings_of("--preset", preset, ranks=Ranks(0, 8))
    assert settings.batch // 8 % settings.micro_batch == 0  # no forward pass of another size, which would be compiled


def test_the_vocabulary_follows_the_tokenizer() -> None:
    assert settings_of("--tokenizer", "byte").vocab == 256
    assert settings_of("--preset", "tiny", "--tokenizer", "bpe").vocab == 1024


def test_plain_attention_unless_key_value_heads_are_said() -> None:
    assert settings_of("--heads", "8").kv_heads == 8
    assert settings_of("--heads", "8", "--kv-heads", "1").kv_heads == 1


def test_ranks_share_the_cores() -> None:
    alone = settings_of().threads
    assert settings_of(ranks=Ranks(0, 2, 0, 2)).threads == max(1, alone // 2)


def test_a_dummy_run_records_nothing() -> None:
    assert not order_of(["--run", "dummy"], Ranks()).recording.is_recorded
    assert not order_of(["--run=dummy"], Ranks()).recording.is_recorded
    assert not order_of(["--no-record"], Ranks()).recording.is_recorded
    assert order_of(["--run", "mine"], Ranks()).recording.is_recorded


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--steps", "5", "--seconds", "5"], "two ways to say how long; pass one"),
        (["--wings", "2"], "unrecognized arguments: --wings 2; see --help"),
        (["--steps", "many"], "invalid int value: 'many'; see --help"),
        (["--steps", "0"], "--steps is 0; give at least 1"),
        (["--seconds", "nan"], "--seconds is nan; give a positive number"),
        (["--batch", "0"], "--batch is 0; give at least 1"),
        (["--width", "130"], "width 130 is not a multiple of 4 heads; change --width"),
        (["--heads", "4", "--kv-heads", "3"], "4 heads cannot share 3 key/value heads"),
        (["--vocab", "100"], "--vocab is 100; byte-pair ids need 256 to 65536"),
        (["--save-every", "0"], "--save-every is 0; give at least 1"),
        (["--tokenizer-file", "/nowhere.json"], "--tokenizer-file /nowhere.json cannot be read (No such file"),
        (["--device", "abacus"], "--device 'abacus' is unknown to torch"),
        (["--seed", "-1"], "--seed is -1; give 0 or more"),
        (["--resume", "/nowhere.pt"], "no checkpoint at /nowhere.pt"),
    ],
)
def test_what_cannot_be_is_one_sentence_with_the_next_step(words: list[str], sentence: str) -> None:
    with pytest.raises(bv.UsageError) as refused:
        order_of(words, Ranks())
    assert sentence in str(refused.value)


def test_a_batch_that_does_not_split_names_one_that_does() -> None:
    with pytest.raises(bv.UsageError, match=r"a batch of 9 does not split over 2 ranks; pass --batch 10"):
        settings_of("--batch", "9", ranks=Ranks(0, 2))


def test_a_refusal_is_exit_code_2_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--steps", "0"]) == 2
    assert capsys.readouterr().err == "pretrain: --steps is 0; give at least 1\n"


def test_the_help_names_every_option_with_its_unit(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    for action in parser()._actions:
        assert action.help
        assert action.option_strings[-1] in text
    for unit in ("in tokens", "for S seconds", "optimizer steps", "sequences per", "steps between", "torchrun"):
        assert unit in text


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(bv.UsageError, match=r"--device cuda: torch .* sees no GPU; pass --device cpu"):
        order_of(["--device", "cuda"], Ranks())
