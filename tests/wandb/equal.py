"""Compares what was logged with what came back: NaN equals NaN, 1 equals 1.0, but True is not 1."""

import math
from collections.abc import Mapping, Sequence


def differences(logged: object, found: object, place: str = "") -> list[str]:
    """Every place where two nested values differ, in words."""
    if isinstance(logged, Mapping) and isinstance(found, Mapping):
        keys = sorted({*logged, *found})
        return [text for key in keys for text in _at_key(logged, found, key, f"{place}/{key}")]
    if _is_list(logged) and _is_list(found):
        assert isinstance(logged, Sequence) and isinstance(found, Sequence)
        if len(logged) != len(found):
            return [f"{place}: {len(found)} elements instead of {len(logged)}"]
        return [text for i, pair in enumerate(zip(logged, found)) for text in differences(*pair, f"{place}[{i}]")]
    return [] if _same(logged, found) else [f"{place}: {found!r} instead of {logged!r}"]


def _at_key(logged: Mapping[str, object], found: Mapping[str, object], key: str, place: str) -> list[str]:
    if key not in found:
        return [f"{place}: missing"]
    return differences(logged[key], found[key], place) if key in logged else [f"{place}: nobody logged it"]


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _same(logged: object, found: object) -> bool:
    if isinstance(logged, bool) or isinstance(found, bool):
        return logged is found
    if isinstance(logged, float) and isinstance(found, int | float) and math.isnan(logged):
        return math.isnan(found)
    return logged == found
