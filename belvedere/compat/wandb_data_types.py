"""`wandb.data_types`: the rich values, for scripts that name them by their module."""

from belvedere.compat.molecule import Classes, Molecule
from belvedere.core.pictures import Image, Video
from belvedere.core.solids import Object3D
from belvedere.core.sounds import Audio
from belvedere.core.values import Histogram, Html, Plotly, Table
from belvedere.core.values import Value as WBValue

__all__ = [
    "Audio", "Classes", "Histogram", "Html", "Image", "Molecule", "Object3D", "Plotly", "Table", "Video", "WBValue",
]  # fmt: skip
