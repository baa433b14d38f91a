"""How `belvedere landscape` loads checkpoints: by a function of the user's, or as those that our own recipes wrote."""

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from belvedere.core.errors import UsageError

if TYPE_CHECKING:
    from belvedere.analysis.landscape.loaded import Loaded


def loader(spec: str | None, device: str) -> "Callable[[Path], Loaded]":
    """The function that MODULE:FUNCTION names, or the one for our own recipes."""
    if spec is None:
        return lambda path: _of_our_recipes(path, device)
    module, colon, name = spec.partition(":")
    if not (module and colon and name):
        raise UsageError(f"--loss {spec!r} names no function; write --loss MODULE:FUNCTION")
    sys.path.insert(0, os.getcwd())  # as `python -m` does
    try:
        function = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise UsageError(f"--loss {spec!r} cannot be imported ({error}); call it from the module's folder") from error
    if not callable(function):
        raise UsageError(f"--loss {spec!r}: {module} has no function {name!r}")
    return lambda path: _by_function(function, spec, path)


def _of_our_recipes(path: Path, device: str) -> "Loaded":
    from belvedere.analysis.landscape.loaded import Loaded
    from belvedere.recipes.landscape import model_and_loss

    try:
        return Loaded(path, *model_and_loss(path, device))
    except UsageError as refused:
        raise UsageError(f"{refused}; for one of your own name its function: --loss MODULE:FUNCTION") from refused


def _by_function(function: Callable[[Path], object], spec: str, path: Path) -> "Loaded":
    from belvedere.analysis.landscape.loaded import loaded_by

    if not path.exists():
        raise UsageError(f"no checkpoint at {path}; check the path")
    return loaded_by(spec, path, function(path))
