"""What torch's SummaryWriter is given, as values of ours: tensors in its layouts, curves, clouds, labels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from belvedere.core.arrays import Array
from belvedere.core.errors import UsageError
from belvedere.core.meshes import Mesh
from belvedere.core.pictures import Image
from belvedere.core.plain import array_of, plain_data
from belvedere.core.solids import Object3D
from belvedere.core.values import Table

CURVE_COLUMNS = ("true_positives", "false_positives", "true_negatives", "false_negatives", "precision", "recall")
PREDICTIONS_MAX = 20_000  # examples; the figures draw no more, and each table is kept whole
TINY = 1e-7  # what keeps a precision of nothing from being a division by 0
CLIP_DIMENSIONS = 5
CHANNELS = (1, 3, 4)


def picture(given: object, layout: str) -> NDArray[np.uint8]:
    """(H, W, C) uint8 of a tensor whose axes `layout` names, such as "CHW", "HW" or "NCHW" (a row of pictures)."""
    array = arranged(array_of(given), layout)
    if array.ndim == 4:
        array = np.concatenate(list(array), axis=1)  # side by side
    return _pixels(array)


def images(given: object, layout: str) -> list[Image]:
    """One picture for each of the batch."""
    array = arranged(array_of(given), layout)
    return [Image(_pixels(one)) for one in (array if array.ndim == 4 else [array])]


def boxed(given: object, boxes: object, layout: str, labels: Sequence[str] | None) -> Image:
    """A picture with boxes (n, 4) in pixels: left, top, right, bottom."""
    corners = array_of(boxes).astype(np.float64).reshape(-1, 4)
    if labels is not None and len(labels) != len(corners):
        raise UsageError(f"{len(labels)} labels for {len(corners)} boxes; give one for each")
    data = [
        {
            "position": dict(zip(("minX", "minY", "maxX", "maxY"), row, strict=True)),
            "domain": "pixel",
            "class_id": 0,
            "box_caption": "" if labels is None else str(labels[place]),
        }
        for place, row in enumerate(corners.tolist())
    ]
    return Image(picture(given, layout), boxes={"boxes": {"box_data": data}})


def arranged(array: NDArray[np.generic], layout: str) -> NDArray[np.generic]:
    """(H, W, C) or (N, H, W, C) of an array whose axes `layout` names in any order and case."""
    axes = layout.upper()
    if len(axes) != array.ndim or len(set(axes)) != len(axes) or not set("HW") <= set(axes) <= set("NCHW"):
        raise UsageError(f"a picture of shape {array.shape} is not {layout!r}; pass the dataformats= it has")
    if "C" not in axes:
        array, axes = array[..., None], axes + "C"
    return np.transpose(array, [axes.index(axis) for axis in "NHWC" if axis in axes])


def _pixels(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    if array.shape[-1] not in CHANNELS:
        raise UsageError(f"a picture has 1, 3 or 4 channels, got shape {array.shape}; pass the dataformats= it has")
    if array.dtype == np.uint8:
        return array.astype(np.uint8)
    scaled = np.nan_to_num(array.astype(np.float64)) * 255
    return np.clip(scaled, 0, 255).astype(np.uint8)


def clips(given: object) -> list[NDArray[np.uint8]]:
    """(T, H, W, C) uint8 for each clip of (n, T, C, H, W)."""
    array = array_of(given)
    if array.ndim != CLIP_DIMENSIONS:
        raise UsageError(f"moving pictures are (n, time, channels, height, width), got shape {array.shape}")
    return [_pixels(np.moveaxis(clip, 1, 3)) for clip in array]


def samples(given: object) -> NDArray[np.generic]:
    """(n,) of a sound that may have axes of one."""
    array = np.squeeze(array_of(given))
    if array.ndim != 1:
        raise UsageError(f"a sound is (1, samples), got shape {array.shape}")
    return np.clip(array, -1, 1) if array.dtype.kind == "f" else array


def solids(vertices: object, colours: object, faces: object) -> list[Object3D | Mesh]:
    """A cloud, or with faces a mesh, for each of the batch."""
    points = _batch(vertices, "vertices")
    tints = None if colours is None else _batch(colours, "colours")
    corners = None if faces is None else _batch(faces, "faces")
    found: list[Object3D | Mesh] = []
    for place, one in enumerate(points):
        tint = None if tints is None else tints[place % len(tints)]
        if corners is not None and corners.shape[1]:
            found.append(Mesh(one, corners[place % len(corners)], tint))
        else:
            found.append(Object3D(one if tint is None else np.concatenate([one, tint], axis=1)))
    return found


def _batch(given: object, what: str) -> NDArray[np.float64]:
    array = array_of(given)
    if array.ndim != 3 or array.shape[2] != 3 or not len(array):
        raise UsageError(f"{what} of a mesh are (batch, n, 3), got shape {array.shape}")
    return array.astype(np.float64)


def embedding(matrix: object, metadata: Sequence[object] | None, header: Sequence[str] | None) -> Array:
    """Rows (n, d) with their labels; with a header the first column of the metadata names the rows."""
    rows = array_of(matrix)
    if rows.ndim != 2:
        raise UsageError(f"embeddings are a matrix (things, dimensions), got shape {rows.shape}")
    names = [] if metadata is None else list(metadata)
    if names and len(names) != len(rows):
        raise UsageError(f"{len(names)} labels for {len(rows)} rows; give one for each")
    columns: dict[str, object] = {}
    if header and names:
        table = [list(one) if isinstance(one, list | tuple) else [one] for one in names]
        columns = {name: [row[place] for row in table] for place, name in enumerate(header)}
        names = [row[0] for row in table]
    labels = [plain_data(name) for name in names]
    return Array(
        rows.astype(np.float32), {"labels": labels, "classes": [], **({"columns": columns} if columns else {})}
    )


def pr_curve(
    tag: str, labels: object, predictions: object, thresholds: int, weights: object
) -> dict[str, object]:  # fmt: skip
    """The curve as a table under `tag`, and, if they are not too many, the predictions under `tag`/predictions."""
    truth = array_of(labels).ravel().astype(np.bool_)
    scores = array_of(predictions).astype(np.float64).ravel()
    if truth.shape != scores.shape:
        raise UsageError(f"{len(truth)} labels for {len(scores)} predictions; give one for each")
    if len(scores) and not (scores.min() >= 0 and scores.max() <= 1):
        raise UsageError("predictions of a curve are probabilities from 0 to 1")
    weight = np.ones(len(scores)) if weights is None else np.broadcast_to(array_of(weights), scores.shape)
    found: dict[str, object] = {tag: curve_table(_counted(truth, scores, weight.astype(np.float64), thresholds))}
    if 0 < len(scores) <= PREDICTIONS_MAX:
        rows = zip(truth.astype(int).tolist(), (scores >= 0.5).astype(int).tolist(), scores.tolist(), strict=True)
        columns = ["label", "prediction", "score:1", "score:0"]
        found[f"{tag}/predictions"] = Table(columns, [[a, b, score, 1 - score] for a, b, score in rows])
    return found


def _counted(
    truth: NDArray[np.bool_], scores: NDArray[np.float64], weight: NDArray[np.float64], thresholds: int
) -> list[NDArray[np.float64]]:
    """The six columns of a curve, each (thresholds,): those with a score of at least the threshold are positive."""
    place = np.floor(scores * (thresholds - 1)).astype(np.int64)
    positives, negatives = (
        np.bincount(place[chosen], weight[chosen], thresholds)[::-1].cumsum()[::-1] for chosen in (truth, ~truth)
    )
    missed, passed = positives[0] - positives, negatives[0] - negatives
    precision = positives / np.maximum(TINY, positives + negatives)
    recall = positives / np.maximum(TINY, positives + missed)
    return [positives, negatives, passed, missed, precision, recall]


def curve_table(columns: Sequence[NDArray[np.generic]]) -> Table:
    """A curve as a table with a row for each threshold, evenly spaced from 0 to 1."""
    sizes = {column.shape for column in columns}
    if len(sizes) != 1 or len(next(iter(sizes))) != 1:
        raise UsageError(f"the columns of a curve have one length, got shapes {', '.join(map(str, sorted(sizes)))}")
    count = len(columns[0])
    spaced = np.arange(count) / max(1, count - 1)
    rows = np.stack([spaced, *(column.astype(np.float64) for column in columns)], axis=1).tolist()
    return Table(["threshold", *CURVE_COLUMNS], rows)


def close_figures(figures: Sequence[object]) -> None:
    """Close matplotlib figures; whoever has them has imported it."""
    from matplotlib import pyplot

    for figure in figures:
        pyplot.close(figure)  # type: ignore[arg-type]
