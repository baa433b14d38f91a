from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

import belvedere as bv
from belvedere.analysis import contents
from belvedere.core.errors import UsageError
from belvedere.core.query import Needs
from belvedere.record.capture.architecture import architecture_of, modules_of
from belvedere.record.capture.blocks import blocks_of
from tests.record.capture.stored import begun, read


@pytest.fixture
def run(tmp_path: Path) -> Iterator[bv.Run]:
    found = begun(tmp_path)
    yield found
    found.finish()


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.up = nn.LayerNorm(4), nn.Linear(4, 16)


class Model(nn.Module):
    """Embeddings of tokens and positions, two blocks, a head that shares the token embedding's weight."""

    def __init__(self) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(10, 4), nn.Embedding(6, 4)
        self.h = nn.ModuleList([Block(), Block()])
        self.scale = nn.Parameter(torch.ones(3))
        self.lm_head = nn.Linear(4, 10)
        self.lm_head.weight = self.wte.weight


def test_a_row_per_block_in_depth_order() -> None:
    table = architecture_of(Model())
    assert table.columns == ["name", "kind", "depth", "parameters", "shape"]
    found = {str(row[0]): tuple(row) for row in table.data}
    assert found["h.0"][:2] == ("h.0", "Block")
    assert found["h.0"][3:] == (88, "16×4")
    assert found["embed"] == ("embed", "Embedding", 0, 64, "10×4")
    assert found["scale"][1] == "Parameter"
    assert found["head"][3:] == (10, "10")  # its bias; the weight stands where it came first
    assert sum(int(str(row[3])) for row in table.data) == sum(one.numel() for one in Model().parameters())
    assert tuple(found) == blocks_of(Model()).names


def test_the_modules_of_a_block_are_the_outermost_that_run() -> None:
    model = Model()
    found = dict(zip(blocks_of(model).names, modules_of(model, blocks_of(model)), strict=True))
    assert found["h.1"] == [model.h[1]]
    assert found["embed"] == [model.wte, model.wpe]
    assert found["scale"] == []
    sequence = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    assert modules_of(sequence, blocks_of(sequence)) == [[sequence[0]], [sequence[2]]]


def test_watch_logs_it_once_under_the_names_of_its_vectors(run: bv.Run, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    run.watch(model, optimizer, budget=None)
    for _ in range(2):
        model(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        run.log({"loss": 1.0})
    found = read(run, tmp_path)
    data = found.data(Needs(vectors=("grad_norm",), media=("table:architecture",)))
    (media,) = data.media["architecture"]
    table = contents.table(media)
    assert media.step == 0
    assert tuple(table.column("name")) == data.vectors["grad_norm"].names
    assert table.rows[0] == ("0", "Linear", 0, 9, "3×2")


def test_it_can_be_logged_by_hand(run: bv.Run, tmp_path: Path) -> None:
    bv.log_architecture(torch.compile(nn.Linear(2, 3), backend="eager"))
    assert [info.kind for info in read(run, tmp_path).keys("architecture")] == ["table"]


def test_a_model_without_layers_is_one_sentence(run: bv.Run) -> None:
    with pytest.raises(UsageError, match="ReLU has no layers with parameters; pass the model that is trained"):
        bv.log_architecture(nn.ReLU())
    with pytest.raises(UsageError, match="takes a torch module, got str"):
        bv.log_architecture("model")
