"""The summary of a run while it trains: the last value of every series, and what the user put in its place."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import cache

from belvedere.record.config import as_mapping
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import SegmentReader


class Summary(MutableMapping[str, object]):
    """`run.summary["best"] = 3` is recorded; `run.summary["loss"]` is the last value logged, unless it was set by
    hand."""

    _record: Callable[[Mapping[str, object]], None]
    _latest: Callable[[], Mapping[str, object]]
    _set: dict[str, object]
    _before: Callable[[], Mapping[str, object]]

    def __init__(
        self, record: Callable[[Mapping[str, object]], None], latest: Callable[[], Mapping[str, object]]
    ) -> None:  # fmt: skip
        own = {"_record": record, "_latest": latest, "_set": {}, "_before": dict}
        for name, value in own.items():
            object.__setattr__(self, name, value)

    def begin_with(self, before: Callable[[], Mapping[str, object]]) -> None:
        """What earlier attempts left, asked for when somebody looks for it."""
        object.__setattr__(self, "_before", cache(before))

    def __getitem__(self, key: str) -> object:
        """A value; of nested values that were logged together, such as "loss/train" and "loss/val", a mapping."""
        if key in self._set:
            return self._set[key]
        known = self._known()
        if key in known:
            return known[key]
        inner = {name[len(key) + 1 :]: value for name, value in known.items() if name.startswith(f"{key}/")}
        if not inner:
            raise KeyError(key)
        return inner

    def __contains__(self, key: object) -> bool:
        return key in self._set or key in self._known()

    def _known(self) -> Mapping[str, object]:
        before, latest = self._before(), self._latest()
        return {**before, **latest} if before else latest

    def __setitem__(self, key: str, value: object) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        del self._set[key]
        self._record({key: None})

    def __getattr__(self, key: str) -> object:
        try:
            return self[key]
        except KeyError:
            raise AttributeError(f"the summary has no {key!r}; it has {', '.join(self) or 'nothing'}") from None

    def __setattr__(self, key: str, value: object) -> None:
        self[key] = value

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._known(), *self._set)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))

    def update(self, *values: object, **more: object) -> None:
        """Set many values: one entry in the log."""
        merged: dict[str, object] = {}
        for source in values:
            merged.update(as_mapping(source))
        merged.update(more)
        if merged:
            self._set.update(merged)
            self._record(merged)


class Latest:
    """The last value of every series of one writer, read back from its log when someone asks: `log()` pays nothing
    for it."""

    def __init__(self, folder: RunFolder, writer: str) -> None:
        self._folder, self._writer = folder, writer
        self._values: dict[str, object] = {}
        self._place: dict[str, tuple[int, int]] = {}  # segment and offset of the value held
        self._number = 1
        self._reader: SegmentReader | None = None

    def __call__(self) -> Mapping[str, object]:
        """Last values by series name, those of the newest rows included."""
        while True:
            path = self._folder.segment(self._writer, self._number)
            if not path.exists():
                return self._values
            self._reader = self._reader or SegmentReader(path)
            while self._take(self._reader):
                pass
            if not self._folder.segment(self._writer, self._number + 1).exists():
                return self._values
            self._number, self._reader = self._number + 1, None

    def _take(self, reader: SegmentReader) -> bool:
        batch = reader.poll()
        if batch is None:
            return False
        for rows in batch.rows:
            if not len(rows.order):
                continue
            at = (self._number, int(rows.order[-1]))
            last: dict[str, object] = {
                key: column[-1].item() for key, column in zip(rows.fixed_keys, rows.columns, strict=True)
            }
            if rows.others:
                last.update(zip(rows.other_keys, rows.others[-1], strict=True))
            for key, value in last.items():
                if at >= self._place.get(key, (0, 0)):
                    self._values[key], self._place[key] = value, at
        return True
