"""The summary in a `.wandb` file. Nearly all of its records repeat a row, and our summary follows from the rows; what
the user set and what `define_metric` aggregates is kept."""

import re
from collections.abc import Mapping

from belvedere.core.entries import Stored
from belvedere.importers.wandb.config import SUMMARY_NUMBERS
from belvedere.importers.wandb.records import REMOVE, items
from belvedere.importers.wandb.rows import history_row, place
from belvedere.runlog.codec import plain

FACT = "summary/"  # in front of a key: the summary's value as the client has it
COPY_MARK = b"\x12\x05_step\x82\x01"  # an item `_step`: the record repeats a row
OBJECT_MARK = b'{"'
# In front of each row the client says how long the run has taken, and nothing else.
_is_runtime = re.compile(
    rb"\n.\x12\x06_wandb\x12\x07runtime\x82\x01.[0-9]+\n.\n\x08_runtime\x82\x01.[0-9]+", re.DOTALL
).fullmatch
OWN = "_"  # keys that begin so are the client's


class SummaryRecords:
    """Summary records of one file, until they are asked for. `facts` are those of the run so far."""

    def __init__(self, facts: Mapping[str, Stored]) -> None:
        self._values: dict[str, Stored] = {
            key[len(FACT) :]: value for key, value in facts.items() if key.startswith(FACT)
        }
        self._marks = [key.encode() for key in self._values]
        self._changed: set[str] = set()

    def take(self, message: bytes) -> None:
        """One summary message; one that repeats a row is only looked at where it can say something else."""
        if _is_runtime(message):
            return
        is_copy = COPY_MARK in message
        if is_copy and OBJECT_MARK not in message and not any(mark in message for mark in self._marks):
            return
        for path, value in items(message):
            key = path[0]
            if key.startswith(OWN):
                continue
            if not is_copy or key in self._values or _is_aggregate(value):
                self._set(path, plain(value))
        for path, _ in items(message, REMOVE):
            if path[0] in self._values:
                self._set(path[:1], None)

    def news(self) -> tuple[dict[str, Stored], dict[str, Stored]]:
        """What was set since this was asked: values of our summary, and facts of W&B."""
        facts = {FACT + key: self._values[key] for key in sorted(self._changed)}
        ours: dict[str, Stored] = {}
        for key in sorted(self._changed):
            if not _is_aggregate(self._values[key]):  # those our own summary has as "loss.min"
                ours |= history_row({key: self._values[key]}).values
        self._changed.clear()
        return ours, facts

    def _set(self, path: list[str], value: Stored) -> None:
        if path[0] not in self._values:
            self._marks.append(path[0].encode("utf-8", "replace"))
        place(self._values, path, value)
        self._changed.add(path[0])


def _is_aggregate(value: Stored) -> bool:
    return isinstance(value, Mapping) and bool(value) and SUMMARY_NUMBERS.keys() >= value.keys()
