"""A list of embeddings taken while a model trains, as one path through three dimensions: one point a snapshot."""

import importlib.util
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from belvedere.analysis.projection import METHODS, Projection, projected
from belvedere.core.errors import UsageError
from belvedere.core.plain import array_of
from belvedere.figures.figure import Drawn, titled
from belvedere.figures.scene import add_path, axis_of, floor_of, lay_out
from belvedere.figures.theme import DYNAMICS_CAMERA, LIGHT, shortened, template

WIDTH, HEIGHT = 1000, 800
MARKER_PX, LINE_PX = 6.0, 3.0
SCALE = "Rainbow"
FEWEST = 2  # snapshots that make a way


class UnknownMethod(UsageError, ValueError):
    """A projection of that name does not exist."""


def create_3d_embedding_trajectory(
    embeddings: Sequence[object], labels: Sequence[str] | None = None, method: str = "pca"
) -> go.Figure:
    """The path of the snapshots, each an array or tensor of one shape, projected together by pca, tsne or umap (pca
    where umap-learn is not installed). `labels` has one text a snapshot."""
    if method not in METHODS:
        raise UnknownMethod(f"method={method!r} is not known; choose one of: {', '.join(METHODS)}")
    rows = _rows(embeddings)
    texts = [f"snapshot {place}" for place in range(len(rows))] if labels is None else [str(label) for label in labels]
    if len(texts) != len(rows):
        raise UsageError(f"{len(texts)} labels for {len(rows)} embeddings; pass one label for each")
    notes = [f"{len(rows)} snapshots of {rows.shape[1]:,} numbers each, projected together"]
    if method == "umap" and importlib.util.find_spec("umap") is None:
        method = "pca"
        notes.append("umap-learn is not installed, so this is PCA.")
    found = projected([row[None] for row in rows], method=method)
    return _figure(found, texts, method, tuple(filter(None, (*notes, found.note))))


def _rows(embeddings: Sequence[object]) -> NDArray[np.float64]:
    """(s, d): each snapshot laid out as one row."""
    arrays = [array_of(one) for one in embeddings]
    shapes = sorted({array.shape for array in arrays})
    if len(arrays) < FEWEST or len(shapes) != 1:
        told = f"{len(arrays)} of shapes {', '.join(map(str, shapes[:4]))}" if arrays else "none"
        raise UsageError(f"a path takes {FEWEST} or more embeddings of one shape, got {told}")
    return np.stack([array.astype(np.float64).ravel() for array in arrays])


def _figure(found: Projection, texts: Sequence[str], method: str, notes: tuple[str, ...]) -> go.Figure:
    points = found.points[:, 0, :]  # (s, 3)
    drawn, name = go.Figure(), method.upper()
    shares = [f" ({100 * share:.0f} %)" if np.isfinite(share) else "" for share in found.explained]
    axes = [axis_of(f"{name} Component {axis + 1}{shares[axis]}", points[:, axis]) for axis in range(3)]
    add_path(
        drawn, points[:, 0], points[:, 1], points[:, 2], colour=np.arange(len(points)), theme=LIGHT, scale=SCALE,
        floor=floor_of(axes[2]), bar="Training Progress", hover="%{text}", marker_px=MARKER_PX, line_px=LINE_PX,
    )  # fmt: skip
    drawn.data[-1].text = [shortened(text, characters=60) for text in texts]
    lay_out(drawn, x=axes[0], y=axes[1], z=axes[2], camera=DYNAMICS_CAMERA)
    told = Drawn(drawn, "measured" if method == "pca" else "model", notes)
    title = f"3D Embedding Space Trajectory ({name})"
    return titled(told, title=title, id="embedding_trajectory", run_name="live").update_layout(
        template=template(LIGHT), width=WIDTH, height=HEIGHT
    )
