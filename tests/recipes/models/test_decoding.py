"""Writing with kept keys and values equals writing with the whole text seen anew each time."""

import pytest
import torch

from belvedere.recipes.models.decoding import Kept, last_logits, written
from belvedere.recipes.models.gpt import GPT, GPTShape


def small_model(kv_heads: int = 2) -> GPT:
    torch.manual_seed(0)
    model = GPT(GPTShape(vocab=11, layers=2, heads=2, kv_heads=kv_heads, width=8, context=16, attention_scale=0.7))
    with torch.no_grad():
        for weight in model.parameters():  # the head and the outputs start at zero: nothing would be seen
            weight.normal_()
    return model


@pytest.mark.parametrize("kv_heads", [1, 2])
def test_kept_keys_give_the_logits_of_the_whole_text(kv_heads: int) -> None:
    model, text, kept = small_model(kv_heads), torch.tensor([[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]]), Kept()
    whole = model(text)
    assert torch.allclose(last_logits(model, text[:, :3], kept, 0), whole[:, 2], atol=1e-5)
    assert torch.allclose(last_logits(model, text[:, 3:4], kept, 3), whole[:, 3], atol=1e-5)
    assert torch.allclose(last_logits(model, text[:, 4:], kept, 4), whole[:, 4], atol=1e-5)


def test_without_dice_the_likeliest_token_is_written() -> None:
    model, text = small_model(), torch.tensor([[1, 2, 3]])
    new = written(model, text, tokens=4, end=-1, generator=None)
    for _ in range(4):
        text = torch.cat((text, model(text)[:, -1:].argmax(dim=-1)), dim=1)
    assert new.tolist() == text[:, 3:].tolist()


def test_behind_the_end_nothing_is_written_and_the_same_dice_fall_alike() -> None:
    model, prompts = small_model(), torch.tensor([[1, 2]] * 20)
    new, again = (
        written(model, prompts, tokens=10, end=3, generator=torch.Generator().manual_seed(1)) for _ in range(2)
    )
    assert new.tolist() == again.tolist()
    for row in new.tolist():
        if 3 in row:
            assert set(row[row.index(3) :]) == {3}
    assert len({tuple(row) for row in new.tolist()}) > 1
