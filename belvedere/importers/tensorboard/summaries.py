"""A value of an event file as a value of ours, by the plug-in of TensorBoard that it is for.

| plug-in | in the file | ours |
|---|---|---|
| scalars | simple_value, or a tensor of one number | a number |
| histograms | histo, or a tensor (k, 3) of left, right, count | histogram |
| images | image, or a tensor [width, height, file, …] | image, or images; a GIF is a video |
| audio | audio, or a tensor of (file, label) pairs | audio, or audios |
| text | a tensor of strings (Markdown) | text; several are a table |
| pr_curves | a tensor (6, thresholds) | a table |
| mesh | tensors _VERTEX, _FACE, _COLOR of one name | object3d, see meshes.py |
| any other | a tensor | an array, a number or a text |
"""

import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from belvedere.core.arrays import Array
from belvedere.core.entries import Stored
from belvedere.core.errors import UnknownFormat
from belvedere.core.values import Histogram, Keep, Table, Text
from belvedere.importers.tensorboard import protobuf
from belvedere.importers.tensorboard.events import AUDIO, HISTO, IMAGE, SIMPLE_VALUE, TENSOR, SummaryValue, tensor

SUFFIXES = (  # by the first bytes of a file
    (b"\x89PNG", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"), (b"BM", ".bmp"), (b"RIFF", ".wav"),
    (b"OggS", ".ogg"), (b"fLaC", ".flac"), (b"ID3", ".mp3"), (b"\xff\xfb", ".mp3"),
)  # fmt: skip
CURVE_COLUMNS = ("true_positives", "false_positives", "true_negatives", "false_negatives", "precision", "recall")
COUNT_MAX = 1 << 62
TEXT_SUFFIX = "/text_summary"  # what the writers of PyTorch and TensorFlow 1 hang on to the tag of a text


def key_of(value: SummaryValue, plugin: str) -> str:
    """The name that a value has with us."""
    tag = value.tag.removesuffix(TEXT_SUFFIX) if plugin == "text" else value.tag
    return tag or "untitled"


def stored(value: SummaryValue, plugin: str, keep: Keep) -> Stored:
    """The value as it stands in our log; UnknownFormat when it cannot."""
    if value.has(SIMPLE_VALUE):
        return protobuf.single(value.fields, SIMPLE_VALUE)
    if value.has(HISTO):
        return _histogram(*_buckets(protobuf.blob(value.fields, HISTO)), keep)
    if value.has(IMAGE):
        return _image(protobuf.parsed(protobuf.blob(value.fields, IMAGE)), keep)
    if value.has(AUDIO):
        return _sound(protobuf.parsed(protobuf.blob(value.fields, AUDIO)), keep)
    if not value.has(TENSOR):
        raise UnknownFormat(f"the value {value.tag!r} is of no known kind")
    found = tensor(protobuf.blob(value.fields, TENSOR))
    if isinstance(found, list):
        return _strings(found, plugin, keep)
    return _numbers(value.tag, found, plugin, keep)


def _numbers(tag: str, found: NDArray[np.generic], plugin: str, keep: Keep) -> Stored:
    if plugin == "histograms" and found.ndim == 2 and found.shape[1] == 3:
        table = found.astype(np.float64)
        return _histogram(np.append(table[:, 0], table[-1:, 1]), table[:, 2], keep)
    if plugin == "pr_curves" and found.ndim == 2 and found.shape[0] == len(CURVE_COLUMNS):
        return _curve(found.astype(np.float64), keep)
    if found.dtype.kind not in "fiub":
        raise UnknownFormat(f"the tensor {tag!r} holds {found.dtype}, which is no kind of number we keep")
    if found.size == 1:
        return float(found.astype(np.float64).ravel()[0])
    return Array(found, {"plugin": plugin} if plugin else None).record(keep)


def _strings(found: list[bytes], plugin: str, keep: Keep) -> Stored:
    if plugin == "images" and len(found) >= 3:
        pictures = [_picture(content, keep) for content in found[2:]]
        return pictures[0] if len(pictures) == 1 else {"_type": "images", "items": pictures}
    if plugin == "audio" and found:
        sounds = [_recording(content, label, keep) for content, label in zip(found[::2], found[1::2], strict=False)]
        return sounds[0] if len(sounds) == 1 else {"_type": "audios", "items": sounds}
    texts = [text.decode("utf-8", "replace") for text in found]
    if len(texts) == 1:
        return Text(texts[0]).record(keep)
    return Table(columns=["text"], data=[[text] for text in texts]).record(keep)


# ---- histograms -----------------------------------------------------------------------------------------------------


def _buckets(data: bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Edges (k + 1,) and counts (k,) of a HistogramProto: 1 min · 2 max · 6 upper limit of each bucket · 7 counts.

    The first bucket begins at the smallest value, the last one ends at the greatest; empty ones at either end, whose
    limits reach to infinity, are left out."""
    found = protobuf.parsed(data)
    low, high = protobuf.double(found, 1), protobuf.double(found, 2)
    limits = protobuf.fixed_array(found, 6, "<f8").astype(np.float64)
    counts = protobuf.fixed_array(found, 7, "<f8").astype(np.float64)
    if len(limits) != len(counts):
        raise UnknownFormat(f"a histogram of {len(counts)} counts and {len(limits)} limits")
    filled = np.flatnonzero(counts)
    if not len(filled):
        return np.array([low]), counts[:0]
    first, last = int(filled[0]), int(filled[-1])
    start = limits[first - 1] if first else min(low, limits[0])
    edges = np.concatenate([[start], limits[first : last + 1]])
    if high >= edges[-2]:
        edges[-1] = min(edges[-1], high)
    return edges, counts[first : last + 1]


def _histogram(edges: NDArray[np.float64], counts: NDArray[np.float64], keep: Keep) -> Stored:
    if not np.all(np.abs(counts) < COUNT_MAX):
        raise UnknownFormat("a histogram with a count that is no number")
    whole = counts.astype(np.int64)
    chosen = whole if np.array_equal(whole, counts) else counts
    return Histogram(counts=chosen, edges=edges if len(edges) else np.zeros(1)).record(keep)


def _curve(found: NDArray[np.float64], keep: Keep) -> Stored:
    """A curve as a table: a row for each threshold, evenly spaced from 0 to 1."""
    count = found.shape[1]
    thresholds = np.arange(count) / max(1, count - 1)
    rows = [list(row) for row in np.vstack([thresholds, found]).T.tolist()]
    return Table(columns=["threshold", *CURVE_COLUMNS], data=rows).record(keep)


# ---- files ----------------------------------------------------------------------------------------------------------


def suffix_of(content: bytes, otherwise: str) -> str:
    """The suffix of a file by its first bytes."""
    if content[8:12] == b"WEBP":
        return ".webp"
    return next((suffix for start, suffix in SUFFIXES if content.startswith(start)), otherwise)


def _image(found: protobuf.Message, keep: Keep) -> Stored:
    """1 height · 2 width · 4 the file."""
    return _picture(protobuf.blob(found, 4), keep, protobuf.whole(found, 2), protobuf.whole(found, 1))


def _picture(content: bytes, keep: Keep, width: int = 0, height: int = 0) -> Stored:
    suffix = suffix_of(content, "")
    kept: Mapping[str, Stored] = keep(content, suffix)
    if suffix == ".gif":  # what add_video writes
        return {"_type": "video", **kept, "caption": ""}
    if suffix == ".png":
        width, height = struct.unpack(">II", content[16:24]) if len(content) >= 24 else (width, height)
    size: dict[str, Stored] = {"width": int(width), "height": int(height)} if width and height else {}
    return {"_type": "image", **kept, **size}


def _sound(found: protobuf.Message, keep: Keep) -> Stored:
    """1 rate in Hz · 2 channels · 3 frames · 4 the file · 5 its MIME type."""
    rate, frames = protobuf.single(found, 1), protobuf.whole(found, 3)
    content = protobuf.blob(found, 4)
    out: dict[str, Stored] = {"_type": "audio", **keep(content, suffix_of(content, ".wav")), "caption": ""}
    if rate > 0:
        out.update(sample_rate=round(rate), seconds=frames / rate)
    return out


def _recording(content: bytes, label: bytes, keep: Keep) -> Stored:
    caption = label.decode("utf-8", "replace")
    return {"_type": "audio", **keep(content, suffix_of(content, ".wav")), "caption": caption}
