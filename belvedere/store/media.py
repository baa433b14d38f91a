"""Rich values as items: the things that each record holds, and where the content of each lies.

A record names its content by "sha256" and "suffix". One that came from W&B may name it by "path" alone, its name among
the run's saved files: until that file is here, the thing has no content. Class labels of masks stand, with W&B, in the
facts of the run; they are put beside the mask that they belong to.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from belvedere.core.entries import FileSaved
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.media import SUFFIX
from belvedere.store.journal import Journal
from belvedere.store.records import MediaItem, media_type

Record = Mapping[str, object]
SHA256 = re.compile("[0-9a-f]{64}")
MASK_LABELS = "mask/class_labels"  # in W&B's facts: {key + KEY_AND_SET + set: {"value": {class: label}}}
KEY_AND_SET = "_wandb_delimeter_"


def media_items(
    values: Iterable[tuple[int, int, object]], key: str, folder: RunFolder, journals: Sequence[Journal]
) -> list[MediaItem]:  # fmt: skip
    """Rich values (step, µs, value) of a key as items; a list of images is one item for each."""
    shelf = Shelf(folder, journals)
    found = []
    for step, time_us, value in _newest_tables(values):
        record = value if isinstance(value, Mapping) else {"_type": media_type(value), "value": value}
        for one in _things(record):
            whole = shelf.completed(one, key)
            sha256, suffix = str(whole.get("sha256", "")), str(whole.get("suffix", ""))
            is_named = SHA256.fullmatch(sha256) and SUFFIX.fullmatch(suffix)  # a record may come from anywhere
            path = folder.medium(sha256, suffix) if is_named else None
            found.append(MediaItem(step, time_us / 1e6, media_type(whole), whole, path, sha256))
    return found


def content(item: MediaItem) -> bytes | None:
    """The bytes of a rich value's file; None when it has none, or the run was copied without it."""
    try:
        return item.path.read_bytes() if item.path is not None else None
    except FileNotFoundError:
        return None


@dataclass(frozen=True)
class Shelf:
    """What a run says about its media outside of their records."""

    folder: RunFolder
    journals: Sequence[Journal]

    def completed(self, record: Record, key: str) -> Record:
        """The record with what it lacks: hash and suffix by its path, the labels of its masks."""
        masks = record.get("masks")
        if isinstance(masks, Mapping):
            record = {**record, "masks": {name: self._labelled(mask, key, name) for name, mask in masks.items()}}
        if record.get("sha256") or not isinstance(path := record.get("path"), str):
            return record
        saved = self._saved.get(path)
        return record if saved is None else {**record, **self._kept(saved)}

    def _labelled(self, mask: object, key: str, name: object) -> object:
        if not isinstance(mask, Mapping) or mask.get("class_labels"):
            return mask
        told = self._labels.get(f"{key}{KEY_AND_SET}{name}")
        labels = told.get("value") if isinstance(told, Mapping) else None
        return {**mask, "class_labels": labels} if isinstance(labels, Mapping) else mask

    @cached_property
    def _saved(self) -> dict[str, FileSaved]:
        return {saved.path: saved for journal in self.journals for saved in journal.files}

    @cached_property
    def _labels(self) -> Record:
        for journal in reversed(self.journals):
            config = journal.foreign.get("wandb", {}).get("config")
            labels = config.get(MASK_LABELS) if isinstance(config, Mapping) else None
            if isinstance(labels, Mapping):
                return labels
        return {}

    def _kept(self, saved: FileSaved) -> Record:
        """A saved file is known by its hash; the suffix that it was kept under shows on the disk."""
        beside = self.folder.medium(saved.sha256, "").parent
        lying = sorted(beside.glob(f"{saved.sha256}*")) if SHA256.fullmatch(saved.sha256) else []
        suffix = lying[0].name.removeprefix(saved.sha256) if lying else Path(saved.path).suffix
        return {"sha256": saved.sha256, "size": saved.size_bytes, "suffix": suffix}


def _newest_tables(values: Iterable[tuple[int, int, object]]) -> Iterator[tuple[int, int, object]]:
    """A table of W&B comes twice, at once with words for its media and later with them: the later one is the table."""
    found = list(values)
    last = {place: number for number, value in enumerate(found) if (place := _table_place(value)) is not None}
    for number, value in enumerate(found):
        place = _table_place(value)
        if place is None or last[place] == number:
            yield value


def _table_place(value: tuple[int, int, object]) -> tuple[int, str] | None:
    step, _, record = value
    told = record.get("wandb") if isinstance(record, Mapping) and record.get("_type") == "table" else None
    artifact = told.get("artifact_path") if isinstance(told, Mapping) else None
    return (step, artifact) if isinstance(artifact, str) else None


def _things(record: Record) -> list[Record]:
    items = record.get("items")
    if isinstance(items, list) and items and all(isinstance(item, Mapping) and "_type" in item for item in items):
        return items
    return [record]
