"""The command line: presets, what follows from what was said, and what does not go together."""

from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes.checkpoint import Checkpoint, path_of, save
from belvedere.recipes.ranks import Ranks
from belvedere.recipes.streaming.arguments import FIXED, RECIPE, order_of, used_fraction
from belvedere.recipes.streaming.settings import Settings

CPU = ("--device", "cpu")


def settings_of(*words: str) -> Settings:
    return order_of([*words, *CPU], Ranks()).settings


def test_the_numbers_unasked_are_those_of_the_document() -> None:
    it = settings_of()
    assert (it.tokens_per_chunk, it.viz_interval, it.checkpoint_interval) == (4096, 50, 2000)
    assert (it.viz_dir, it.display_samples, it.data, it.max_chunks) == ("training_viz", 5, None, 100)


def test_test_is_five_small_chunks_with_a_dashboard_every_two() -> None:
    it = settings_of("--test")
    assert (it.preset, it.max_chunks, it.tokens_per_chunk, it.viz_interval, it.threads) == ("tiny", 5, 1024, 2, 1)
    assert settings_of("--test", "--threads", "2").threads == 2
    assert settings_of("--test", "--max-chunks", "9").max_chunks == 9


def test_what_follows_follows() -> None:
    assert settings_of("--tokenizer", "bpe").vocab == 1024
    assert settings_of("--tokenizer", "bpe", "--vocab", "300").vocab == 300
    assert settings_of("--heads", "8").kv_heads == 8
    assert settings_of("--tokens-per-chunk", "1024").batch == 4  # a chunk of four sequences is one batch
    assert settings_of("--steps", "7").max_chunks == 7


def test_a_budget_is_chunks_seconds_or_the_streams_end() -> None:
    assert used_fraction(settings_of("--max-chunks", "8"), 2, 1e9) == 0.25
    assert used_fraction(settings_of("--seconds", "10"), 10**6, 5) == 0.5
    assert used_fraction(settings_of("--max-chunks", "0"), 10**6, 1e9) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--test", "--preset", "cpu"), "--test is --preset tiny, not cpu"),
        (("--max-chunks", "3", "--seconds", "4"), "--max-chunks and --seconds are two ways to say how far"),
        (("--gpu",), "--gpu and --device cpu both name a device"),
        (("--resume", "--out-dir", "nowhere"), "no checkpoint of slimpajama in nowhere"),
        (("--max-chunk", "3"), "unrecognized arguments: --max-chunk 3"),
    ],
)
def test_what_does_not_go_together_is_refused(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(bv.UsageError) as refused:
        settings_of(*words)
    assert str(refused.value).startswith(said)


def test_a_gpu_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(bv.UsageError, match=r"--device cuda:1: torch .* sees no GPU; pass --device cpu"):
        order_of(["--gpu", "1"], Ranks())


def kept(folder: Path, settings: dict[str, object], *, recipe: str = RECIPE) -> str:
    path = path_of(folder, recipe, "x")
    save(path, Checkpoint(recipe, settings, 5, 1.0, "mine", "x", {}, [], {"merges": [], "place": None, "samples": []}))
    return str(path)


def test_a_resumed_run_keeps_its_numbers_and_may_be_longer(tmp_path: Path) -> None:
    settings = vars(settings_of("--test", "--seed", "3"))
    order = order_of(["--resume", kept(tmp_path, settings), "--max-chunks", "8", *CPU], Ranks())
    assert (order.settings.seed, order.settings.max_chunks, order.settings.layers) == (3, 8, 2)
    assert (order.recording.project, order.resumed is not None and order.resumed.step) == ("mine", 5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "the checkpoint has used its budget (5 chunks, 1 s); pass a larger --max-chunks"),
        (("--layers", "3"), "the checkpoint was trained with --layers 2, not 3; leave it out"),
        (("--tokenizer", "bpe"), "the checkpoint was trained with --tokenizer byte, not bpe"),
        (("--preset", "cpu"), "the checkpoint was trained with --preset tiny, not cpu"),
        (("--data", "elsewhere"), "the checkpoint was trained with --data None, not elsewhere"),
    ],
)
def test_a_resumed_run_refuses_to_become_another(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(bv.UsageError) as refused:
        order_of(["--resume", kept(tmp_path, vars(settings_of("--test"))), *words, *CPU], Ranks())
    assert str(refused.value).startswith(said)


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(bv.UsageError, match="is a checkpoint of pretrain, not of slimpajama"):
        order_of(["--resume", kept(tmp_path, {}, recipe="pretrain"), *CPU], Ranks())


def test_what_is_fixed_are_settings() -> None:
    assert set(FIXED) <= set(vars(Settings()))
