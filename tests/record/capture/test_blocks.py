import pytest
import torch
from torch import nn

from belvedere.core.errors import UsageError
from belvedere.record.capture.blocks import blocks_of


class Named(nn.Module):
    """A model that has exactly these parameters."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._names = names

    def named_parameters(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def]
        return ((name, nn.Parameter(torch.zeros(1))) for name in self._names)


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        (
            "transformer.wte.weight transformer.wpe.weight transformer.h.0.attn.w transformer.h.1.mlp.w "
            "transformer.ln_f.weight lm_head.weight",
            "embed h.0 h.1 ln_f head",
        ),
        (
            "model.embed_tokens.weight model.layers.0.q.weight model.layers.1.mlp.experts.3.w model.norm.weight "
            "lm_head.weight",
            "embed layers.0 layers.1 norm head",
        ),
        ("lm_head.weight h.0.w.weight wte.weight", "embed h.0 head"),
        ("encoder.layers.0.w.a decoder.layers.0.w.a", "encoder.layers.0 decoder.layers.0"),
        ("module._orig_mod.h.0.w.a module._orig_mod.lm_head.weight", "h.0 head"),
        ("0.weight 0.bias 2.weight", "0 2"),
        (
            "conv1.weight bn1.bias layer1.0.conv1.weight layer1.1.conv1.weight fc.weight",
            "conv1 bn1 layer1.0 layer1.1 fc",
        ),
        ("pos_embed cls_token blocks.0.a.w norm.weight head.weight", "embed cls_token blocks.0 norm head"),
        ("w", "w"),
    ],
)
def test_parameters_are_grouped_by_depth(parameters: str, names: str) -> None:
    assert " ".join(blocks_of(Named(*parameters.split())).names) == names


def test_blocks_stay_in_numeric_order() -> None:
    names = [f"h.{number}.w.a" for number in range(12)]
    assert blocks_of(Named(*names)).names == tuple(f"h.{number}" for number in range(12))


def test_a_tied_weight_counts_once_where_it_was_registered_first() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(5, 3)
            self.h = nn.ModuleList([nn.Linear(3, 3)])
            self.lm_head = nn.Linear(3, 5, bias=False)
            self.lm_head.weight = self.tokens.weight

    blocks = blocks_of(Tied())
    assert blocks.names == ("embed", "h.0")
    assert blocks.rows == (0, 1, 1)
    assert len(blocks.parameters) == 3


def test_a_model_without_parameters_is_refused() -> None:
    with pytest.raises(UsageError, match="no parameters to watch"):
        blocks_of(nn.ReLU())
