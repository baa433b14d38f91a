"""Numbers of any shape with words about them: attention maps, embeddings, loss surfaces."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import UsageError
from belvedere.core.plain import array_of, json_data, plain_data
from belvedere.core.values import Keep, Record


class Array:
    """Numbers (…) of any shape, kept as raw little-endian values of their own dtype: `Array(weights, {"layer": 3})`.

    `about` says what they are, in plain data (text, numbers, lists, mappings); readers find it in the record.
    """

    def __init__(self, values: object, about: Mapping[str, object] | None = None) -> None:
        array = array_of(values)
        if array.dtype.kind not in "fiub":
            raise UsageError(f"an Array holds numbers, got {array.dtype}; log text with Text or Table")
        kept = array.astype(np.uint8) if array.dtype.kind == "b" else array
        self.values: NDArray[np.generic] = np.ascontiguousarray(kept.astype(kept.dtype.newbyteorder("<"), copy=False))
        self.values = self.values.reshape(array.shape)  # a scalar stays one
        self.about = dict(about or {})

    def record(self, keep: Keep) -> Record:
        shape = [int(size) for size in self.values.shape]
        kept = keep(self.values.tobytes(), ".bin")
        about = json_data(plain_data(self.about))
        return {"_type": "array", **kept, "shape": list(shape), "dtype": self.values.dtype.str, "about": about}
