"""Plug-ins without a list to edit: one module is one plug-in, found by its place in a package or by an entry point."""

import importlib
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType
from typing import TypeVar

Kind = TypeVar("Kind")


def modules(package: str) -> list[ModuleType]:
    """All modules directly inside a package, imported, in the order of their names."""
    parent = importlib.import_module(package)
    names = sorted(info.name for info in pkgutil.iter_modules(parent.__path__) if not info.name.startswith("_"))
    return [importlib.import_module(f"{package}.{name}") for name in names]


def discover(package: str, kind: type[Kind], group: str | None = None) -> list[Kind]:
    """Every instance of `kind` that a module of `package` defines at its top, then those of the entry-point `group`."""
    found: dict[int, Kind] = {}
    for module in modules(package):
        for value in vars(module).values():
            if isinstance(value, kind):
                found[id(value)] = value
    for point in entry_points(group=group) if group else ():
        value = point.load()
        if isinstance(value, kind):
            found[id(value)] = value
    return list(found.values())
