"""Embeddings on a known line come out on that line; what cannot be projected is one sentence."""

import importlib.util

import numpy as np
import pytest
import torch

from belvedere.compat.embedding_path import UnknownMethod, create_3d_embedding_trajectory
from belvedere.core.errors import UsageError


def test_a_way_along_one_direction_has_one_axis() -> None:
    direction = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
    figure = create_3d_embedding_trajectory([direction * t for t in (0.0, 1.0, 3.0)], ["start", "mid", "end"])
    path = figure.data[-1]
    np.testing.assert_allclose(np.diff(path.x), [5.0, 10.0], rtol=1e-6)
    np.testing.assert_allclose([path.y, path.z], np.zeros((2, 3)), atol=1e-6)
    assert list(path.text) == ["start", "mid", "end"]
    assert (path.marker.size, path.line.width) == (6, 3)
    eye = figure.layout.camera if "camera" in figure.layout else figure.layout.scene.camera.eye
    assert (eye.x, eye.y, eye.z, figure.layout.width, figure.layout.height) == (1.5, 1.5, 1.5, 1000, 800)
    assert figure.layout.scene.xaxis.title.text == "PCA Component 1 (100 %)"


def test_umap_becomes_pca_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    figure = create_3d_embedding_trajectory(list(np.eye(5)), method="umap")
    assert figure.layout.title.text == "3D Embedding Space Trajectory (PCA)"
    assert "umap-learn is not installed, so this is PCA." in figure.layout.title.subtitle.text


def test_tsne_takes_few_snapshots() -> None:
    pytest.importorskip("sklearn")
    figure = create_3d_embedding_trajectory(list(np.eye(6)), method="tsne")
    assert len(figure.data[-1].x) == 6
    assert figure.layout.title.subtitle.text.startswith("model")


@pytest.mark.parametrize(
    ("embeddings", "labels", "message"),
    [
        ([], None, "a path takes 2 or more embeddings of one shape, got none"),
        ([np.ones(3)], None, "got 1 of shapes"),
        ([np.ones(3), np.ones(4)], None, r"got 2 of shapes \(3,\), \(4,\)"),
        ([np.ones(3), np.zeros(3)], ["a"], "1 labels for 2 embeddings"),
        ([np.ones(3), np.ones(3)], None, "rank 0"),
        ([np.ones(3), np.full(3, np.nan)], None, "NaN or infinite"),
    ],
)
def test_what_is_no_path_is_one_sentence(embeddings: list[object], labels: list[str] | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        create_3d_embedding_trajectory(embeddings, labels)


def test_another_method_is_a_value_error_as_the_document_says() -> None:
    with pytest.raises(ValueError, match="method='lda' is not known; choose one of: pca, tsne, umap"):
        create_3d_embedding_trajectory([np.ones(3), np.zeros(3)], method="lda")
    assert issubclass(UnknownMethod, UsageError)
