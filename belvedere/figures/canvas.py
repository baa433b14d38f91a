"""A figure while it is being made: traces, layout and frames as plain data, with the methods of a Plotly figure.

Plotly checks every property of a figure that is built through its own classes, which takes longer than reading and
reducing a million points. A Canvas collects them unchecked; `to_figure` makes the Plotly figure once, and a contract
test sends every figure of the gallery through Plotly's checks. Colour scales are written out, because the browser knows
fewer names than Python does.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import plotly.colors
import plotly.graph_objects as go

Props = dict[str, Any]


class Layout(Props):
    """A layout whose entries are attributes too, as Plotly's are."""

    def __getattr__(self, name: str) -> Any:
        return tuple(self.get(name, ())) if name in ("shapes", "annotations") else self.get(name)

    def __setattr__(self, name: str, value: object) -> None:
        self[name] = value


class Canvas:
    """Collects a figure. Every `add_<type>(**properties)` appends a trace of that type, every `update_…` changes the
    layout; properties are those of Plotly, nested ones as mappings, and None leaves one out."""

    def __init__(self, *traces: object) -> None:
        self.data: list[Props] = []
        self.layout = Layout()
        self.frames: list[Props] = []
        for trace in traces:
            self.add_trace(trace)

    def __getattr__(self, name: str) -> Callable[..., "Canvas"]:
        if not name.startswith("add_"):
            raise AttributeError(f"a Canvas has no {name!r}")
        return functools.partial(self._add, name.removeprefix("add_"))

    def add_trace(self, trace: object) -> "Canvas":
        """Append a trace: Plotly's own object, or its properties with their "type"."""
        plain = trace if isinstance(trace, Mapping) else trace.to_plotly_json()  # type: ignore[attr-defined]
        self.data.append(_present(plain))
        return self

    def _add(self, kind: str, **properties: object) -> "Canvas":
        return self.add_trace({"type": kind, **properties})

    def update_layout(self, changes: Mapping[str, object] | None = None, /, **more: object) -> "Canvas":
        """Merge changes into the layout, mappings key by key."""
        _merge(self.layout, {**(changes or {}), **more})
        return self

    def update_xaxes(self, changes: Mapping[str, object] | None = None, /, **more: object) -> "Canvas":
        """Merge changes into every x axis."""
        return self._update_axes("xaxis", {**(changes or {}), **more})

    def update_yaxes(self, changes: Mapping[str, object] | None = None, /, **more: object) -> "Canvas":
        """Merge changes into every y axis."""
        return self._update_axes("yaxis", {**(changes or {}), **more})

    def _update_axes(self, axis: str, changes: Mapping[str, object]) -> "Canvas":
        for name in {axis, *(name for name in self.layout if name.startswith(axis))}:
            _merge(self.layout, {name: changes})
        return self

    def to_figure(self) -> go.Figure:
        """The Plotly figure."""
        return go.Figure(
            data=[_written_out(trace) for trace in self.data], layout=_written_out(self.layout), frames=self.frames,
            _validate=False,
        )  # fmt: skip


def _present(properties: Mapping[str, Any]) -> Props:
    """Properties without those that are None, mappings copied so that the caller's stay as they are."""
    return {
        name: _present(value) if isinstance(value, Mapping) else value
        for name, value in properties.items()
        if value is not None
    }


def _merge(into: Props, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if isinstance(value, Mapping):
            own = into.get(name)
            into[name] = own if isinstance(own, dict) else {}
            _merge(into[name], value)
        elif value is None:
            into.pop(name, None)
        else:
            into[name] = value


def _written_out(properties: Mapping[str, Any]) -> Props:
    found: Props = {}
    for name, value in properties.items():
        if isinstance(value, Mapping):
            found[name] = _written_out(value)
        elif name == "colorscale" and isinstance(value, str):
            found[name] = _scale(value)
        elif name == "title" and isinstance(value, str):
            found[name] = {"text": value}
        else:
            found[name] = value.item() if isinstance(value, np.generic) else value
    return found


@functools.cache
def _scale(name: str) -> list[list[object]]:
    return [[float(place), str(colour)] for place, colour in plotly.colors.get_colorscale(name)]
