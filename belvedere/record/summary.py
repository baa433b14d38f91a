"""The summary of a run while it trains: the last value of every series, and what the user put in its place."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping

from belvedere.core.entries import Stored
from belvedere.record.config import as_mapping, stored_mapping
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import SegmentReader


class Summary(MutableMapping[str, object]):
    """`run.summary["best"] = 3` is recorded; `run.summary["loss"]` is the last value logged, unless it was set by
    hand."""

    def __init__(self, record: Callable[[dict[str, Stored]], None], latest: Callable[[], Mapping[str, object]]) -> None:
        self._record, self._latest = record, latest
        self._set: dict[str, object] = {}

    def __getitem__(self, key: str) -> object:
        return self._set[key] if key in self._set else self._latest()[key]

    def __setitem__(self, key: str, value: object) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        del self._set[key]
        self._record({key: None})

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._latest(), *self._set)))

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
            self._record(stored_mapping(merged))


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
