"""Foreign numbers, arrays and containers as plain Python values that any encoder takes. Imports no framework."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Stored

EXACT_IN_JSON = 1 << 53
NESTING_MAX = 32


def array_of(data: object) -> NDArray[np.generic]:
    """Lists, numpy arrays and tensors of any framework as one numpy array; a tensor on a device is copied to the
    host."""
    if hasattr(data, "detach"):
        host = data.detach().cpu()
        try:
            return np.asarray(host.numpy())
        except TypeError:  # bfloat16 has no numpy type
            return np.asarray(host.float().numpy())
    return np.asarray(data)


def root_module(value: object) -> str:
    """The top package that defines the type of a value: "torch", "numpy", "PIL" …"""
    return type(value).__module__.partition(".")[0]


def plain_data(value: object, depth: int = 0) -> Stored:
    """Boxes, labels, table cells: containers become lists and dicts, numpy numbers Python ones, unknown objects their
    text."""
    if value is None or isinstance(value, str | bool | int | float):
        return value if type(value) in (str, bool, int, float, type(None)) else _base_value(value)
    if depth >= NESTING_MAX:
        return f"… nested deeper than {NESTING_MAX} levels"
    if isinstance(value, Mapping):
        return {str(key): plain_data(item, depth + 1) for key, item in value.items()}
    if isinstance(value, np.generic):
        return plain_data(value.item(), depth + 1)
    if isinstance(value, np.ndarray) or hasattr(value, "detach"):
        return plain_data(array_of(value).tolist(), depth + 1)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_data(item, depth + 1) for item in value]
    return str(value)


def json_data(value: Stored) -> Stored:
    """Plain data for JSON and a browser: NaN, ±Inf and integers beyond 2^53 become {"_type": "number", "value":
    text}."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"_type": "number", "value": repr(value)}
    if type(value) is int and abs(value) > EXACT_IN_JSON:
        return {"_type": "number", "value": str(value)}
    if isinstance(value, Mapping):
        return {key: json_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_data(item) for item in value]
    return value


def _base_value(value: object) -> Stored:
    """Subclasses (enums, numpy's float64 which is a float) as the builtin they stand for."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return None
