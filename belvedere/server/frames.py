"""Series as binary frames, which a browser reads without parsing.

    "BVS1" | u32 header bytes | header JSON, padded to a multiple of 8 | arrays, little-endian, each 8-byte aligned

Offsets in the header count from the end of the header. Numbers for drawing are float32 where that does not show; the
extremes are rounded outward, so that the envelope still holds every point.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from belvedere.core.series import Buckets, Floats, Series, VectorSeries
from belvedere.server.schemas import SeriesEntry, SeriesHeader, VectorsEntry, VectorsHeader

MAGIC = b"BVS1"
CONTENT_TYPE = "application/vnd.belvedere.series"
ALIGN = 8
FLOAT32_MAX = float(np.finfo(np.float32).max)
FLOAT32_SPAN = 1e-4  # a series that spans less of its own size than this would show the steps of float32
Place: TypeAlias = tuple[str, int]
Array: TypeAlias = NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Exact:
    """A series with every point; x (n,) float64 is where each stands on the asked axis."""

    series: Series
    x: Floats


class _Data:
    """The arrays of a frame, one behind the other."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def add(self, values: Array, dtype: str) -> Place:
        raw = np.ascontiguousarray(values, dtype=f"<{dtype}").tobytes()
        place = (dtype, self.size)
        padding = bytes(-len(raw) % ALIGN)
        self.parts += (raw, padding)
        self.size += len(raw) + len(padding)
        return place

    def frame(self, header: SeriesHeader | VectorsHeader) -> bytes:
        head = msgspec.json.encode(header)
        head += b" " * (-len(head) % ALIGN)
        return b"".join((MAGIC, len(head).to_bytes(4, "little"), head, *self.parts))


def series_frame(found: Sequence[tuple[str, Exact | Buckets | str]], *, x: str, float64: bool = False) -> bytes:
    """A frame of exact series, reduced series, or for a key that cannot be read the sentence that says why."""
    data = _Data()
    entries = []
    for key, series in found:
        if isinstance(series, str):
            entries.append(SeriesEntry(key, error=series))
        elif isinstance(series, Exact):
            entries.append(_exact(data, key, series))
        else:
            entries.append(_reduced(data, key, series, float64))
    return data.frame(SeriesHeader(entries, x))


def vectors_frame(vectors: VectorSeries, *, max_steps: int) -> bytes:
    """A frame of one family, thinned to at most `max_steps` rows."""
    data = _Data()
    kept = thinned(vectors, max_steps)
    arrays = {
        "steps": data.add(vectors.steps[kept], "f8"),
        "times": data.add(vectors.times[kept], "f8"),
        "values": data.add(vectors.values[kept], _dtype(vectors.values)),
    }
    total, n = len(vectors), len(kept)
    entry = VectorsEntry(vectors.family, list(vectors.names), vectors.unit, total, n, n < total, arrays)
    return data.frame(VectorsHeader([entry]))


def thinned(vectors: VectorSeries, max_steps: int) -> NDArray[np.intp]:
    """Which rows to keep: of each stretch of steps the one with the largest finite sum, so that spikes stay."""
    count = len(vectors)
    if count <= max_steps:
        return np.arange(count)
    first, last = int(vectors.steps[0]), int(vectors.steps[-1])
    stretch = ((vectors.steps - first) * max_steps // max(1, last - first + 1)).astype(np.int64)
    sums = np.where(np.isfinite(vectors.values), vectors.values, 0).sum(axis=1, dtype=np.float64)  # (n,)
    order = np.lexsort((sums, stretch))  # in each stretch the largest sum comes last
    is_last = np.diff(stretch[order], append=-1) != 0
    kept: NDArray[np.intp] = order[is_last]
    return kept


def _exact(data: _Data, key: str, exact: Exact) -> SeriesEntry:
    series = exact.series
    arrays = {"x": data.add(exact.x, "f8"), "steps": data.add(series.steps, "f8")}
    arrays["times"], arrays["values"] = data.add(series.times, "f8"), data.add(series.values, "f8")
    return SeriesEntry(key, series.unit, len(series), len(series), True, arrays)


def _reduced(data: _Data, key: str, buckets: Buckets, float64: bool) -> SeriesEntry:
    arrays = {"x": data.add(buckets.x, "f8"), "x_last": data.add(buckets.x_last, "f8")}
    if float64 or not _float32_is_enough(buckets):
        for name in ("min", "max", "mean", "last"):
            arrays[name] = data.add(getattr(buckets, name), "f8")
    else:
        arrays["min"] = data.add(_outward(buckets.min, -np.inf), "f4")
        arrays["max"] = data.add(_outward(buckets.max, np.inf), "f4")
        arrays["mean"], arrays["last"] = data.add(buckets.mean, "f4"), data.add(buckets.last, "f4")
    for name in ("count", "nan", "posinf", "neginf"):
        arrays[name] = data.add(getattr(buckets, name), "u4")
    return SeriesEntry(key, buckets.unit, buckets.total, len(buckets), False, arrays)


def _float32_is_enough(buckets: Buckets) -> bool:
    """Whether no number leaves the range of float32 and its steps are far below a pixel."""
    finite = np.isfinite(buckets.min)
    if not finite.any():
        return True
    low, high = float(buckets.min[finite].min()), float(buckets.max[finite].max())
    size = max(abs(low), abs(high))
    if size > FLOAT32_MAX:
        return False
    # as a Python float: NumPy rounds the other side of a comparison with a float32
    return high - low > FLOAT32_SPAN * size or float(np.float32(low)) == low == high


def _outward(values: Floats, direction: float) -> NDArray[np.float32]:
    """values (b,) as float32, each at `direction` of the true number or on it."""
    rounded = values.astype(np.float32)
    is_inside = rounded > values if direction < 0 else rounded < values
    return np.where(is_inside, np.nextafter(rounded, np.float32(direction)), rounded)


def _dtype(values: NDArray[np.floating]) -> str:
    """float32, or float64 when a finite value is beyond its range."""
    finite = values[np.isfinite(values)]
    return "f8" if finite.size and np.abs(finite).max() > FLOAT32_MAX else "f4"
