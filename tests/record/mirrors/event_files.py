"""Event files read by TensorBoard's own reader."""

import warnings
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorBoard's imports are not ours to mend
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

KINDS = ("scalars", "histograms", "images", "audio", "tensors")


def read_by_tensorboard(folder: Path) -> EventAccumulator:
    """Everything in a folder, nothing sampled."""
    found = EventAccumulator(str(folder), size_guidance=dict.fromkeys(KINDS, 0))
    return found.Reload()


def texts_of(found: EventAccumulator, tag: str) -> list[str]:
    """The texts under a tag."""
    return [make_ndarray(event.tensor_proto).ravel()[0].decode() for event in found.Tensors(f"{tag}/text_summary")]
