"""Rich values of the kinds that figures read, small and random, for benchmarks."""

import json
from collections.abc import Iterable

import numpy as np

from belvedere.core.arrays import Array
from belvedere.core.series import Media
from belvedere.core.values import Histogram

SNAPSHOTS = 16
TABLES: dict[str, list[str]] = {
    "samples": ["step", "input", "output", "target", "accuracy"],
    "completions": ["step", "prompt", "completion", "answer", "reward", "advantage"],
    "architecture": ["name", "kind", "depth", "parameters", "shape"],
    "evaluation/predictions": ["label", "prediction", "score:0", "score:1", "score:2"],
}


def media_for(entries: Iterable[str]) -> dict[str, tuple[Media, ...]]:
    """SNAPSHOTS values for the first alternative of every entry."""
    found: dict[str, tuple[Media, ...]] = {}
    for entry in entries:
        kind, _, pattern = entry.split("|")[0].partition(":")
        if kind in ("array", "histogram", "table"):
            key = pattern.replace("*", "layer0_head0")
            found[key] = tuple(_value(kind, key, 100 * place) for place in range(SNAPSHOTS))
    return found


def _value(kind: str, key: str, step: int) -> Media:
    rng = np.random.default_rng(step)
    if kind == "histogram":
        return Media(step, float(step), kind, Histogram(rng.standard_normal(1000)).record(lambda content, suffix: {}))
    if kind == "table":
        columns = TABLES.get(key, ["a", "b"])
        data = json.dumps({"columns": columns, "data": [_row(columns, place) for place in range(64)]})
        return Media(step, float(step), kind, {"_type": "table"}, data.encode())
    shape = (256, 256) if key.startswith("attention") else (21, 21) if key.startswith("landscape") else (512, 32)
    array = Array(
        rng.random(shape, np.float32), {"layer": 0, "head": 0, "alphas": list(range(21)), "betas": list(range(21))}
    )
    content = array.values.tobytes()
    return Media(step, float(step), kind, array.record(lambda content, suffix: {}), content)


def _row(columns: list[str], place: int) -> list[object]:
    rng = np.random.default_rng(place)
    told: dict[str, object] = {
        "label": int(rng.integers(3)), "prediction": int(rng.integers(3)), "name": f"h.{place}", "kind": "Block",
        "depth": place, "parameters": 1000, "shape": "64 × 64", "step": place, "reward": float(rng.integers(2)),
    }  # fmt: skip
    return [
        told.get(name, float(rng.random()) if name.startswith(("score", "acc", "adv")) else "words") for name in columns
    ]
