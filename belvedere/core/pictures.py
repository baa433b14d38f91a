"""Pictures and moving pictures: arrays become PNG (written here, with zlib only) and GIF, files stay as they are."""

import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Stored
from belvedere.core.errors import UsageError
from belvedere.core.plain import array_of, plain_data, root_module
from belvedere.core.values import Keep, Record, existing_file, matplotlib_png, safe_suffix

Pixels = NDArray[np.uint8]
PNG_COLOUR = {1: 0, 2: 4, 3: 2, 4: 6}  # channels -> colour type: grey, grey with alpha, RGB, RGBA
ZLIB_LEVEL = 4  # a third of the time of level 6 for a few per cent more bytes
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg", ".tif", ".tiff")
VIDEO_SUFFIXES = (".gif", ".mp4", ".webm", ".ogv", ".mov", ".avi", ".mkv")


class Image:
    """A picture: an array (H, W), (H, W, 1|3|4) or (3, H, W), a PIL image, a matplotlib figure, or a path to a file.

    Floats within 0…1 and integers within 0…255 are shown as they are; anything else is stretched to its own range,
    which the record says in "scaled". `boxes` are kept as data; `masks` maps a name to an (H, W) array of class
    numbers, or to a mapping with "mask_data" and "class_labels".
    """

    def __init__(
        self, data: object, caption: str | None = None, *, boxes: object = None,
        masks: Mapping[str, object] | None = None, mode: str | None = None, classes: object = None,
        grouping: object = None, file_type: str | None = None, normalize: bool = True,
    ) -> None:  # fmt: skip
        """`grouping`, `file_type` and `normalize` are W&B's; an array is kept as PNG whatever they say."""
        self.caption, self.mode, self.boxes, self.classes, self.masks = (
            caption or "",
            mode,
            boxes,
            classes,
            dict(masks or {}),
        )
        self._file: Path | None = None
        self._png: bytes | None = None
        self._array: NDArray[np.generic] | None = None
        kind = root_module(data)
        if isinstance(data, str | Path):
            self._file = existing_file(data)
            if safe_suffix(self._file) not in PICTURE_SUFFIXES:
                raise UsageError(
                    f"suffix {self._file.suffix!r} is no picture; use one of {', '.join(PICTURE_SUFFIXES)}"
                )
        elif kind == "matplotlib" or hasattr(data, "gcf"):  # a figure, or the pyplot module
            self._png = matplotlib_png(data)
        elif kind == "PIL":
            self._png = _pil_png(data, mode)
        else:
            self._array = np.array(array_of(data))  # a copy: the caller may go on drawing into its own

    def record(self, keep: Keep) -> Record:
        out: Record = {"_type": "image", **self._kept(keep)}
        optional = {"caption": self.caption, "boxes": self.boxes, "classes": self.classes}
        out.update({key: plain_data(value) for key, value in optional.items() if value})
        if self.masks:
            out["masks"] = {str(name): _mask_record(mask, keep) for name, mask in self.masks.items()}
        return out

    def _kept(self, keep: Keep) -> Record:
        if self._file is not None:
            return dict(keep(self._file, safe_suffix(self._file)))
        out: Record = {}
        png = self._png
        if png is None:
            assert self._array is not None
            pixels, scaled = as_pixels(self._array)
            png = encode_png(pixels)
            if scaled:
                out["scaled"] = list(scaled)
        width, height = struct.unpack(">II", png[16:24])
        return {**keep(png, ".png"), "width": width, "height": height, **out}


class Video:
    """A moving picture: a path to a file, or frames (T, H, W, C) or (T, C, H, W), which become a GIF (needs Pillow)."""

    def __init__(
        self, data: object, caption: str | None = None, fps: float | None = 4, gif: object = None,
        format: str | None = None,
    ) -> None:  # fmt: skip
        """`gif` and `format` are W&B's; what kind of file it is, its suffix says."""
        fps = 4 if fps is None else fps
        self.caption, self.fps = caption or "", fps
        self._file = existing_file(data) if isinstance(data, str | Path) else None
        if self._file is not None and safe_suffix(self._file) not in VIDEO_SUFFIXES:
            raise UsageError(f"suffix {self._file.suffix!r} is no video; use one of {', '.join(VIDEO_SUFFIXES)}")
        self._frames = np.array(array_of(data)) if self._file is None else None

    def record(self, keep: Keep) -> Record:
        if self._file is not None:
            return {"_type": "video", **keep(self._file, safe_suffix(self._file)), "caption": self.caption}
        assert self._frames is not None
        kept = keep(_encode_gif(self._frames, self.fps), ".gif")
        return {"_type": "video", **kept, "caption": self.caption, "fps": self.fps, "frames": len(self._frames)}


def as_pixels(array: NDArray[np.generic]) -> tuple[Pixels, tuple[float, float] | None]:
    """(H, W, C) uint8 with C in 1, 2, 3, 4, and the range that was stretched to 0…255 (None when nothing was)."""
    if array.ndim == 3 and array.shape[0] in (1, 3, 4) and array.shape[2] not in (1, 2, 3, 4):
        array = np.moveaxis(array, 0, 2)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in PNG_COLOUR or 0 in array.shape:
        raise UsageError(f"an Image is (H, W) or (H, W, 1|3|4), got shape {array.shape}")
    if array.dtype == np.uint8:
        return array.astype(np.uint8, copy=False), None
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255), None
    if array.dtype.kind not in "fiu":
        raise UsageError(f"an Image holds numbers, got {array.dtype}")
    return _stretched(array)


def _stretched(array: NDArray[np.generic]) -> tuple[Pixels, tuple[float, float] | None]:
    values = array.astype(np.float64)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    natural = 1.0 if array.dtype.kind == "f" else 255.0
    fits = low >= 0 and high <= natural
    start, width = (0.0, natural) if fits else (low, (high - low) or 1.0)
    unit = np.nan_to_num((values - start) / width, nan=0.0, posinf=1.0, neginf=0.0)
    pixels = np.rint(np.clip(unit, 0, 1) * 255).astype(np.uint8)
    return pixels, None if fits else (low, high)


def encode_png(pixels: Pixels) -> bytes:
    """PNG bytes of (H, W, C) uint8."""
    height, width, channels = pixels.shape
    lines = np.zeros((height, 1 + width * channels), np.uint8)  # each line begins with filter type 0
    lines[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, PNG_COLOUR[channels], 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), ZLIB_LEVEL)), (b"IEND", b"")
    packed = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _mask_record(mask: object, keep: Keep) -> Stored:
    """Class numbers as a grey PNG whose pixel value is the class."""
    given: Mapping[str, object] = mask if isinstance(mask, Mapping) else {"mask_data": mask}
    rest = {str(key): plain_data(value) for key, value in given.items() if key != "mask_data"}
    numbers = array_of(given.get("mask_data"))
    if numbers.ndim != 2 or numbers.min() < 0 or numbers.max() > 255:
        raise UsageError(f"a mask is (H, W) with class numbers 0 to 255, got shape {numbers.shape}")
    return {**keep(encode_png(numbers.astype(np.uint8)[:, :, None]), ".png"), **rest}


def _pil_png(image: object, mode: str | None) -> bytes:
    buffer = io.BytesIO()
    given: Any = image
    chosen = given.convert(mode) if mode else given
    chosen.save(buffer, format="PNG")
    return buffer.getvalue()


def _encode_gif(frames: NDArray[np.generic], fps: float) -> bytes:
    try:
        from PIL import Image as pillow
    except ImportError as error:
        raise UsageError(
            "frames become a GIF with Pillow, which is missing; pip install pillow, or pass a file"
        ) from error
    if frames.ndim == 4 and frames.shape[1] in (1, 3, 4) and frames.shape[3] not in (1, 3, 4):
        frames = np.moveaxis(frames, 1, 3)
    if frames.ndim != 4 or not len(frames):
        raise UsageError(f"a Video has frames (T, H, W, C) or (T, C, H, W), got shape {frames.shape}")
    pixels, _ = as_pixels(frames.reshape(-1, *frames.shape[2:]))  # all frames in one range
    shown = pixels.reshape(len(frames), -1, *pixels.shape[1:])
    pictures = [pillow.fromarray(frame[:, :, 0] if frame.shape[2] == 1 else frame).convert("RGB") for frame in shown]
    buffer = io.BytesIO()
    duration_ms = max(20, round(1000 / max(fps, 1e-3)))
    pictures[0].save(buffer, format="GIF", save_all=True, append_images=pictures[1:], duration=duration_ms, loop=0)
    return buffer.getvalue()
