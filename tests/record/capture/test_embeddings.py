from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import belvedere as bv
from belvedere.core.errors import RecordingError, UsageError
from belvedere.record.guard import RecordingWarning
from tests.record.capture.stored import about, array, begun, read


@pytest.fixture
def run(tmp_path: Path) -> Iterator[bv.Run]:
    found = begun(tmp_path)
    yield found
    found.finish()


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(6, 3)
        self.h = nn.ModuleList([nn.Linear(3, 4), nn.Dropout(0.5)])

    def forward(self, tokens: Tensor) -> Tensor:
        x: Tensor = self.embed(tokens)
        for block in self.h:
            x = block(x)
        return x


TOKENS = torch.tensor([[0, 1], [2, 3]])


def test_a_matrix_comes_back_with_its_labels(run: bv.Run, tmp_path: Path) -> None:
    bv.log_embeddings("words", torch.eye(3).bfloat16(), labels=["a", "b", 3], classes=[0, 1, 1], step=5)
    bv.log_embeddings("points", np.arange(6).reshape(2, 3))
    found = read(run, tmp_path)
    (item,) = found.media("embeddings/words")
    assert item.step == 5
    assert array(item).dtype == np.float32
    assert array(item).tolist() == np.eye(3).tolist()
    assert dict(about(item)) == {"labels": ["a", "b", 3], "classes": [0, 1, 1]}
    assert array(found.media("embeddings/points")[0]).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_snapshot_is_of_its_moment(run: bv.Run, tmp_path: Path) -> None:
    matrix = torch.zeros(2, 2)
    bv.log_embeddings("moving", matrix)
    matrix += 1
    assert array(read(run, tmp_path).media("embeddings/moving")[0]).tolist() == [[0, 0], [0, 0]]


def test_rows_of_an_embedding_and_answers_of_a_part(run: bv.Run, tmp_path: Path) -> None:
    model = Model().train()
    state = torch.get_rng_state()
    with torch.no_grad():
        whole = model.h[0](model.embed(TOKENS))  # (2, 2, 4)
    bv.capture_embeddings(model, name="tokens", module="embed", rows=[4, 1])
    expected = {"mean": whole.mean(1), "first": whole[:, 0], "last": whole[:, 1], "positions": whole.flatten(0, 1)}
    for pool, wanted in expected.items():
        found = bv.capture_embeddings(model, TOKENS, name=pool, module="h.0", pool=pool)
        assert found is not None
        torch.testing.assert_close(found, wanted)
    answered = bv.capture_embeddings(model, {"tokens": TOKENS}, name="model")
    torch.testing.assert_close(answered, whole.mean(1))  # dropout was off
    assert model.h[1].training
    assert torch.equal(torch.get_rng_state(), state)
    stored = read(run, tmp_path)
    np.testing.assert_array_equal(
        array(stored.media("embeddings/tokens")[0]), model.embed.weight.detach()[[4, 1]].numpy()
    )
    assert array(stored.media("embeddings/positions")[0]).shape == (4, 4)


def test_only_steps_that_are_due_cost_anything(run: bv.Run, tmp_path: Path) -> None:
    model = Model()
    for step in range(7):
        taken = bv.capture_embeddings(model, name="tokens", module="embed", every=3)
        assert (taken is None) == (step % 3 > 0)
        run.log({"loss": 1.0})
    assert [item.step for item in read(run, tmp_path).media("embeddings/tokens")] == [0, 3, 6]


def test_a_changed_probe_set_is_told(tmp_path: Path) -> None:
    run = begun(tmp_path, strict=False)
    bv.log_embeddings("words", torch.eye(2), labels=["a", "b"])
    bv.log_embeddings("words", torch.eye(2), labels=["a", "b"])
    with pytest.warns(RecordingWarning, match="the rows of the embeddings 'words' are no longer the same things"):
        bv.log_embeddings("words", torch.eye(2), labels=["b", "a"])
    assert len(read(run, tmp_path).media("embeddings/words")) == 3  # told, and kept all the same


def test_in_a_strict_run_a_changed_probe_set_is_raised(run: bv.Run) -> None:
    bv.log_embeddings("words", torch.eye(2))
    with pytest.raises(RecordingError, match="no longer the same things"):
        bv.log_embeddings("words", torch.eye(3))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"labels": ["a"]}, "1 labels for 2 rows; give one for each"),
        ({"classes": [1, 2, 3]}, "3 classes for 2 rows; give one for each"),
        ({"pool": "max"}, "pool='max' is not known; use one of mean, first, last, positions"),
        ({"module": "h.7"}, "Model has no part called 'h.7'; its parts begin with embed, h, h.0"),
        ({"every": 0}, "every=0 cannot be a schedule"),
        ({"rows": ["a"]}, r"rows=\['a'\] names no rows; give their numbers, or None for all"),
        ({"rows": [99]}, "row 99 does not exist"),
        ({"name": ""}, "name='' names no embeddings; pass a word"),
    ],
)
def test_wrong_arguments_are_one_sentence(run: bv.Run, wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        bv.capture_embeddings(Model(), TOKENS, **{"name": "x", **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("matrix", [[["a", "b"]], [[1, 2], [3]], None, 3], ids=["texts", "ragged", "nothing", "number"])
def test_what_is_no_matrix_of_numbers_is_one_sentence(run: bv.Run, matrix: object) -> None:
    with pytest.raises(UsageError, match="embeddings are a matrix"):
        bv.log_embeddings("x", matrix)


def test_what_is_no_embedding_is_said(run: bv.Run) -> None:
    with pytest.raises(UsageError, match=r"Linear is no nn\.Embedding, whose weights could be read; pass inputs="):
        bv.capture_embeddings(Model(), name="x", module="h.0")
    with pytest.raises(UsageError, match="row 6 does not exist: there are rows 0 to 5"):
        bv.capture_embeddings(Model(), name="x", module="embed", rows=[6])
    with pytest.raises(UsageError, match=r"embeddings are a matrix \(things, dimensions\), got shape \(3,\)"):
        bv.log_embeddings("x", [1, 2, 3])
    with pytest.raises(UsageError, match="answered no tensor in this forward pass"):
        bv.capture_embeddings(Model(), TOKENS, name="x", module="h")


def test_a_model_that_fails_is_one_warning(tmp_path: Path) -> None:
    run = begun(tmp_path, strict=False)
    with pytest.warns(RecordingWarning, match=r"capture_embeddings\(\) failed: IndexError"):
        assert bv.capture_embeddings(Model(), TOKENS + 10, name="x") is None
    run.finish()


def test_a_disabled_run_keeps_nothing(tmp_path: Path) -> None:
    run = begun(tmp_path, mode="disabled")
    bv.log_embeddings("words", torch.eye(2))
    run.finish()
    assert list(tmp_path.iterdir()) == []
