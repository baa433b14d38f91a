"""Rows of a Hugging Face data set, streamed: nothing is downloaded as a whole, and reading goes on where it was.

Needs the package `datasets` and, for a name, the network.
"""

import importlib
from collections.abc import Iterator
from types import ModuleType

import belvedere as bv

FIELD = "text"


def rows(name: str, config: str | None, state: object) -> Iterator[tuple[str, object]]:
    """Texts of the split "train", each with the state from which a stream begins with it; `state` None is the start."""
    load = package(name).load_dataset
    try:
        stream = load(name, config, split="train", streaming=True)
        if state is not None:
            stream.load_state_dict(state)
        yield from _texts(name, stream)
    except (OSError, ValueError) as fault:  # not found, no network, no such configuration; all say it in their text
        said = str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
        raise bv.UsageError(f"the data set {name!r} cannot be streamed ({said}); give another with --data") from fault


def package(name: str) -> ModuleType:
    """The package `datasets`; UsageError where it is not installed, which also says that `name` is nothing else."""
    try:
        return importlib.import_module("datasets")
    except ImportError:
        raise bv.UsageError(
            f"there is no file or folder {name}; to stream it as a Hugging Face data set, "
            "pip install 'belvedere[huggingface]'"
        ) from None


def _texts(name: str, stream: object) -> Iterator[tuple[str, object]]:
    before = stream.state_dict()  # type: ignore[attr-defined]
    for row in stream:  # type: ignore[attr-defined]
        text = row.get(FIELD)
        if not isinstance(text, str):
            known = ", ".join(repr(key) for key in row)
            raise bv.UsageError(f"the data set {name!r} has no texts in a field {FIELD!r} (fields: {known})")
        if text:
            yield text, before
        before = stream.state_dict()  # type: ignore[attr-defined]
