"""What `log()` was given, sorted into plain values, vectors, and tensors that are still on a device."""

import datetime
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from belvedere.core.entries import Stored
from belvedere.core.errors import NameRefused, UsageError
from belvedere.core.names import checked_key
from belvedere.core.pictures import Image
from belvedere.core.plain import root_module
from belvedere.core.values import Keep, Plotly, Table, Value, Vector
from belvedere.record.deferred import is_on_device
from belvedere.record.guard import ANY_ERROR, described
from belvedere.runlog import codec

TEXT_INLINE_MAX = 1 << 20  # characters; longer ones become a file, so that a row stays a row
TEXT_SHOWN = 1000
DEPTH_MAX = 16
TENSOR_MODULES = ("torch", "jaxlib", "jax")
ADVICE = "log bv.Vector(values, names) for labelled components or bv.Histogram(values) for a distribution"


@dataclass
class Sorted:
    """Values of one step by where they go; `troubles` are (kind, sentence) for what was not kept as given."""

    plain: dict[str, Stored] = field(default_factory=dict)
    vectors: dict[str, Vector] = field(default_factory=dict)
    on_device: dict[str, object] = field(default_factory=dict)
    troubles: list[tuple[str, str]] = field(default_factory=list)


class Sorter:
    """Sorts the values of one `log()` call. `keep` stores large content and is called before the row is written."""

    def __init__(self, keep: Keep) -> None:
        self.out = Sorted()
        self._keep = keep

    def add_all(self, data: Mapping[Any, object], prefix: str = "", depth: int = 0) -> None:
        """Sort a mapping; a mapping inside it continues the names with "/"."""
        for key, value in data.items():
            name = f"{prefix}{key}"
            try:
                self._add(name, value, depth)
            except NameRefused as error:
                self._trouble("key", str(error))
            except ANY_ERROR as error:  # one bad value costs its key; the rest is recorded
                self._trouble(f"value {name}", f"{name!r} was not recorded: {described(error)}")

    def _add(self, name: str, value: object, depth: int) -> None:
        kind = type(value)
        if isinstance(value, Mapping) and "_type" not in value and depth < DEPTH_MAX:
            self.add_all(value, f"{name}/", depth + 1)
            return
        key = checked_key(name)
        if key in self.out.plain:
            self._trouble(f"twice {key}", f"two values are called {key!r} in one log(); the later one was kept")
        if kind in (float, bool) or value is None:
            self.out.plain[key] = value  # type: ignore[assignment]
        elif isinstance(value, Vector):
            self.out.vectors[key] = value
        elif kind.__module__.startswith(TENSOR_MODULES) and is_on_device(value):
            self.out.on_device[key] = value
        else:
            self.out.plain[key] = self._stored(key, value)

    def _stored(self, key: str, value: object) -> Stored:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Value):
            return value.record(self._keep)
        if isinstance(value, list | tuple | set | frozenset):
            return self._list(key, list(value))
        if isinstance(value, np.ndarray | np.generic) or _is_tensor(value):
            return self._one_number(key, value)
        rich = from_framework(value)
        if rich is not None:
            return rich.record(self._keep)
        if isinstance(value, numbers.Integral):
            return codec.plain(int(value))
        if isinstance(value, Mapping):
            return codec.plain({name: self._stored(key, item) for name, item in value.items()})
        if isinstance(value, numbers.Real) or (isinstance(value, numbers.Number) and hasattr(value, "__float__")):
            return float(value)
        return self._as_text(key, value)

    def _one_number(self, key: str, value: object) -> Stored:
        """A scalar of numpy, or of torch or jax in host memory."""
        shape = tuple(getattr(value, "shape", ()))
        if any(size != 1 for size in shape):
            raise UsageError(f"an array of shape {shape}; {ADVICE}")
        item = value.item()  # type: ignore[attr-defined]
        if isinstance(item, np.floating):  # longdouble has no Python type
            item = float(item)
        return codec.plain(item) if type(item) in codec.KIND_OF_TYPE else self._as_text(key, item)

    def _list(self, key: str, items: list[object]) -> Stored:
        """Plain lists stay lists; a list of rich values becomes {"_type": "images", "items": [...]}."""
        if not any(isinstance(item, Value) or from_framework(item) is not None for item in items):
            return [self._stored(key, item) for item in items]
        records = [self._stored(key, item) for item in items]
        kinds = {record["_type"] if isinstance(record, Mapping) else "value" for record in records}
        plural = f"{kinds.pop()}s" if len(kinds) == 1 else "mixed"
        return {"_type": plural, "items": records}

    def _text(self, value: str) -> Stored:
        if len(value) <= TEXT_INLINE_MAX:
            return codec.plain(str(value))
        content = value.encode("utf-8", "replace")
        return {"_type": "text", **self._keep(content, ".txt"), "text": value[:TEXT_SHOWN]}

    def _as_text(self, key: str, value: object) -> Stored:
        text = str(value)
        if not isinstance(value, Path | datetime.date | datetime.time | complex):
            what = f"{key!r} is a {_type_name(value)}, which Belvedere does not know; its text was kept"
            self._trouble(f"type {key}", f"{what}; log numbers, text or a bv value such as bv.Table")
        return self._text(text)

    def _trouble(self, kind: str, text: str) -> None:
        self.out.troubles.append((kind, text))


def from_framework(value: object) -> Value | None:
    """PIL images, matplotlib and plotly figures and data frames as values of ours; None for anything else."""
    for kind in type(value).__mro__[:-1]:
        root = kind.__module__.partition(".")[0]
        if root == "PIL" or (root == "matplotlib" and hasattr(value, "savefig")):
            return Image(value)
        if root == "plotly" and hasattr(value, "to_json"):
            return Plotly(value)
        if root == "pandas" and hasattr(value, "itertuples"):
            return Table(dataframe=value)
    return None


def _is_tensor(value: object) -> bool:
    """Arrays of any framework: something with a shape that can give one item."""
    return hasattr(value, "shape") and hasattr(value, "item") and root_module(value) not in ("PIL", "pandas")


def _type_name(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
