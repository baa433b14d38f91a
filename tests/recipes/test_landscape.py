"""A checkpoint of `pretrain` as `belvedere landscape` gets it."""

from dataclasses import asdict
from pathlib import Path

import torch

from belvedere.recipes.checkpoint import Checkpoint, save
from belvedere.recipes.landscape import model_and_loss
from belvedere.recipes.models.gpt import GPT
from belvedere.recipes.settings import Settings


def test_the_model_is_the_saved_one_and_the_loss_is_one_fixed_number(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for number in range(20):
        (texts / f"{number:02d}.txt").write_text(f"file {number} " * 30)
    settings = Settings(
        tokenizer="byte", vocab=256, layers=1, heads=1, kv_heads=1, width=8, context=16, batch=2, micro_batch=2,
        data=str(texts),
    )  # fmt: skip
    torch.manual_seed(0)
    model = GPT(settings.shape_of(256))
    torch.nn.init.normal_(model.head.weight)
    kept = Checkpoint("pretrain", asdict(settings), 7, 1.0, "p", "id", dict(model.state_dict()), [], {"merges": []})
    save(tmp_path / "x.pt", kept)
    found, loss_fn, step = model_and_loss(tmp_path / "x.pt")
    assert step == 7
    assert all(torch.equal(one, other) for one, other in zip(found.parameters(), model.parameters()))
    assert loss_fn(found).item() == loss_fn(model).item() > 0
