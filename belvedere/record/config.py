"""The configuration of a run: a mapping, also by attribute, whose every change is written to the log."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, MutableMapping

from belvedere.core.entries import Stored
from belvedere.core.errors import UsageError
from belvedere.core.plain import plain_data
from belvedere.runlog import codec

Record = Callable[[dict[str, Stored]], None]


class Config(MutableMapping[str, object]):
    """`config["lr"]`, `config.lr`, `config.update({...})`. Values stay as they were given; the log gets their plain
    form."""

    _values: dict[str, object]
    _record: Record

    def __init__(self, record: Record) -> None:
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_record", record)

    def __getitem__(self, key: str) -> object:
        return self._values[key]

    def __setitem__(self, key: str, value: object) -> None:
        self._merge({str(key): value})

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        self._record({str(key): None})

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, key: str) -> object:
        try:
            return self._values[key]
        except KeyError:
            raise AttributeError(f"the config has no {key!r}; it has {', '.join(self._values) or 'nothing'}") from None

    def __setattr__(self, key: str, value: object) -> None:
        self[key] = value

    def __repr__(self) -> str:
        return repr(self._values)

    def update(self, *values: object, allow_val_change: bool = True, **more: object) -> None:  # type: ignore[override]
        """Set many values from a mapping, a dataclass or an argparse namespace: one entry in the log."""
        merged: dict[str, object] = {}
        for source in values:
            merged.update(as_mapping(source))
        self._merge({**merged, **more})

    def setdefaults(self, values: object) -> None:
        """Set those values that are not set yet."""
        self._merge({key: value for key, value in as_mapping(values).items() if key not in self._values})

    def begin_with(self, values: Mapping[str, object]) -> None:
        """What the log has already."""
        self._values.update(values)

    def as_dict(self) -> dict[str, object]:
        """A copy."""
        return dict(self._values)

    def _merge(self, values: dict[str, object]) -> None:
        if values:
            self._values.update(values)
            self._record(stored_mapping(values))


def as_mapping(source: object) -> dict[str, object]:
    """Keys and values of a mapping, a dataclass or an object with attributes such as argparse.Namespace."""
    if source is None:
        return {}
    if isinstance(source, Mapping):
        return {str(key): value for key, value in source.items()}
    if dataclasses.is_dataclass(source) and not isinstance(source, type):
        return dataclasses.asdict(source)
    if hasattr(source, "keys") and hasattr(source, "__getitem__"):
        return {str(key): source[key] for key in source.keys()}
    if hasattr(source, "__dict__") and not isinstance(source, type):
        return {key: value for key, value in vars(source).items() if not key.startswith("_")}
    raise UsageError(f"a config is a mapping, a dataclass or a namespace, got {type(source).__name__}; pass dict(...)")


def stored_mapping(values: Mapping[str, object]) -> dict[str, Stored]:
    """Values in the form the log keeps; an object it does not know becomes its text."""
    return {key: codec.plain(plain_data(value)) for key, value in values.items()}
