"""Sounds: samples become a 16-bit WAV, files are kept as they are."""

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import UsageError
from belvedere.core.plain import array_of
from belvedere.core.values import Keep, Record, existing_file, safe_suffix

SOUND_SUFFIXES = (".wav", ".mp3", ".ogg", ".flac", ".m4a", ".opus")
CHANNELS_MAX = 8


class Audio:
    """A sound: a path, or samples (n,) or (n, channels) with `sample_rate` in Hz. Floats reach from -1 to 1."""

    def __init__(self, data: object, sample_rate: int | None = None, caption: str | None = None) -> None:
        self.caption = caption or ""
        self._file = existing_file(data) if isinstance(data, str | Path) else None
        self._samples: NDArray[np.int16] | None = None
        if self._file is not None:
            if safe_suffix(self._file) not in SOUND_SUFFIXES:
                raise UsageError(f"suffix {self._file.suffix!r} is no sound; use one of {', '.join(SOUND_SUFFIXES)}")
            return
        if not sample_rate or sample_rate <= 0:
            raise UsageError(f"samples need their rate, got sample_rate={sample_rate!r}; pass it in Hz, such as 16000")
        self.sample_rate = int(sample_rate)
        self._samples = _sixteen_bit(array_of(data))

    def record(self, keep: Keep) -> Record:
        if self._file is not None:
            return {"_type": "audio", **keep(self._file, safe_suffix(self._file)), "caption": self.caption}
        assert self._samples is not None
        kept = keep(_encode_wav(self._samples, self.sample_rate), ".wav")
        seconds = len(self._samples) / self.sample_rate
        return {"_type": "audio", **kept, "caption": self.caption, "sample_rate": self.sample_rate, "seconds": seconds}


def _sixteen_bit(samples: NDArray[np.generic]) -> NDArray[np.int16]:
    """(n, channels) int16."""
    if samples.ndim == 2 and samples.shape[0] <= CHANNELS_MAX < samples.shape[1]:
        samples = samples.T
    if samples.ndim == 1:
        samples = samples[:, None]
    if samples.ndim != 2 or samples.shape[1] > CHANNELS_MAX or samples.dtype.kind not in "fi":
        raise UsageError(f"samples are (n,) or (n, channels) numbers, got {samples.dtype} of shape {samples.shape}")
    if samples.dtype == np.int16:
        return samples.astype(np.int16)
    full_scale = 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max)  # type: ignore[type-var]
    unit = np.nan_to_num(samples.astype(np.float64) / full_scale)
    return np.rint(np.clip(unit, -1, 1) * 32767).astype(np.int16)


def _encode_wav(samples: NDArray[np.int16], sample_rate: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(samples.shape[1])
        sound.setsampwidth(2)
        sound.setframerate(sample_rate)
        sound.writeframes(samples.astype("<i2", copy=False).tobytes())
    return buffer.getvalue()
