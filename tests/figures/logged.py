"""Rich values as a run delivers them, for tests of figures: what `run.log` would keep, kept in memory."""

from collections.abc import Sequence

import numpy as np

from belvedere.core.arrays import Array
from belvedere.core.series import Media
from belvedere.core.values import Histogram, Table, Text, Value

STEPS = 3


def logged(step: int, value: Value) -> Media:
    """The value as it comes back from a run."""
    kept: list[bytes] = []

    def keep(content: object, suffix: str) -> dict[str, str | int]:
        found = content if isinstance(content, bytes) else b""
        kept.append(found)
        return {"sha256": "0" * 64, "size": len(found), "suffix": suffix}

    record = dict(value.record(keep))
    return Media(step, float(step), str(record["_type"]), record, kept[0] if kept else None)


def media_of(kind: str, key: str, values: Sequence[float]) -> tuple[Media, ...]:
    """Some snapshots of a kind of value, made of these numbers, with what figures look for under that key."""
    found = [_value(kind, key, np.roll(np.asarray(values, np.float64), step), step) for step in range(STEPS)]
    return tuple(logged(step, value) for step, value in enumerate(found) if value is not None)


def _value(kind: str, key: str, values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", step: int) -> Value | None:
    if kind == "array":
        about = {"layer": 0, "head": 0, "tokens": ["<b>", "a\n", "x" * 200, " "]}
        return Array(np.resize(values, (4, 4)).astype(np.float32), about)
    if kind == "histogram":
        counts = np.abs(np.nan_to_num(np.resize(values, 4), nan=0, posinf=0, neginf=0)).round().astype(np.int64)
        return Histogram(counts=counts, edges=np.linspace(-1, 1 + step, 5))
    if kind == "text":
        return Text("<b>bold</b>")
    if kind == "table":
        return _table(key, np.resize(values, 4).tolist(), step)
    return None


def _table(key: str, values: Sequence[float], step: int) -> Table:
    if "predictions" in key:
        rows = [[place % 2, "x" * 200, value, -value] for place, value in enumerate(values)]
        return Table(["label", "prediction", "score:0", "score:1"], rows)
    if "architecture" in key:
        return Table(["name", "kind", "depth", "parameters", "shape"], [["x" * 200, "Embedding", 0, 8, "2×4"]])
    names = ["step", "prompt", "completion", "answer", "reward", "advantage", "target", "accuracy"]
    return Table(names, [[step, "<b>", "x " * 200, None, value, value, "y", value] for value in values])
