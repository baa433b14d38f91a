from types import SimpleNamespace

import pytest
from torch import nn

from belvedere.core.errors import UsageError
from belvedere.record.capture.flops import flops_per_token, matmul_parameters


class Gpt(nn.Module):
    """Two layers of width 4; 10 tokens."""

    def __init__(self, *, is_tied: bool) -> None:
        super().__init__()
        self.config = SimpleNamespace(n_layer=2, n_embd=4)
        self.wte, self.wpe = nn.Embedding(10, 4), nn.Embedding(16, 4)
        self.h = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        self.ln_f = nn.LayerNorm(4)
        self.lm_head = nn.Linear(4, 10, bias=False)
        if is_tied:
            self.lm_head.weight = self.wte.weight


@pytest.mark.parametrize("is_tied", [True, False])
def test_look_ups_and_gains_are_no_matrix_products_but_a_tied_head_is(is_tied: bool) -> None:
    assert matmul_parameters(Gpt(is_tied=is_tied)) == 2 * 16 + 40


def test_attention_grows_with_the_sequence_up_to_its_window() -> None:
    model = Gpt(is_tied=False)
    assert flops_per_token(model, 8) == 6 * 72 + 12 * 4 * (8 + 8)
    assert flops_per_token(model, 8, windows=[2, 100]) == 6 * 72 + 12 * 4 * (2 + 8)
    assert flops_per_token(model, 8, windows=4) == 6 * 72 + 12 * 4 * (4 + 4)


def test_the_shape_may_be_given() -> None:
    assert flops_per_token(nn.Linear(4, 4), 8, layers=1, attention_width=4) == 6 * 16 + 12 * 4 * 8


def test_a_model_that_does_not_say_its_shape_is_refused() -> None:
    with pytest.raises(UsageError, match="pass layers="):
        flops_per_token(nn.Linear(4, 4), 8)


def test_what_is_no_module_is_refused() -> None:
    with pytest.raises(UsageError, match="FLOP of a dict cannot be counted"):
        flops_per_token({}, 8)


def test_windows_must_fit_the_layers() -> None:
    with pytest.raises(UsageError, match="3 windows for 2 layers"):
        flops_per_token(Gpt(is_tied=False), 8, windows=[1, 2, 3])
