"""Colours, fonts, cameras and number formats of every figure; the only styling there is.

The colours mirror `ui/src/theme.css` (a test compares the two). Only data has colour.
"""

import functools
from dataclasses import dataclass
from typing import Literal, TypeAlias

import plotly.graph_objects as go

ThemeName = Literal["light", "dark"]


@dataclass(frozen=True)
class Theme:
    """The tokens of one appearance, each a #RRGGBB colour."""

    name: ThemeName
    ground: str
    raised: str
    sunken: str
    ink: str
    second: str
    faint: str
    line: str
    strong_line: str
    accent: str
    critical: str
    warning: str
    info: str
    healthy: str
    lines: tuple[str, ...]  # Okabe-Ito without yellow; on a dark ground the deep ones are lifted


LIGHT = Theme(
    name="light", ground="#FAF9F6", raised="#FFFFFF", sunken="#F1EFEA", ink="#1A1D21", second="#5B636E",
    faint="#9AA2AD", line="#E4E1DA", strong_line="#CFCBC2", accent="#1F5FBF", critical="#C23A3A", warning="#B57A00",
    info="#2E6FB7", healthy="#2E7D4F", lines=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"),
)  # fmt: skip
DARK = Theme(
    name="dark", ground="#0F1216", raised="#161A20", sunken="#0B0D10", ink="#E8EAED", second="#A3ABB6",
    faint="#656D78", line="#232932", strong_line="#343C47", accent="#6EA8FF", critical="#FF7B72", warning="#E3B341",
    info="#79B8FF", healthy="#56D364", lines=("#3B82DB", "#E8662A", "#16A67C", "#E39AC4", "#E69F00", "#7CCBF5"),
)  # fmt: skip
THEMES: dict[str, Theme] = {"light": LIGHT, "dark": DARK}

STAGES = {
    "pretrain": "#FF6B6B", "mid": "#4ECDC4", "sft": "#45B7D1", "rl": "#96CEB4", "unknown": "#FFEAA7",
}  # fmt: skip
STAGE_OTHER = "#95A5A6"
STAGE_DASHES = {"pretrain": "solid", "mid": "dash", "sft": "dot", "rl": "dashdot"}
LOSS_SCALE = "Viridis_r"  # dark purple is a high loss, bright yellow a low one
GRADIENT_SCALE = "Plasma"  # dark is a low norm
STEP_SCALE = "Turbo"  # blue is early, red is late
SCORE_SCALE = "Viridis"  # bright is a good score
SPREAD_SCALE = "Cividis"
DIVERGING_SCALE = "RdBu"

TEXT_FONT = "Inter, system-ui, sans-serif"
MONO_FONT = "JetBrains Mono, ui-monospace, monospace"
TEXT_PX = 13
SMALL_PX = 12
TITLE_PX = 20
LINE_PX = 1.5
BAND_OPACITY = 0.14
SUBTITLE_COLUMNS = 108  # characters that fit a figure 800 px wide
SUBTITLE_LINE_PX = 17
TITLE_ROOM_PX = 74  # the title, and what stands between subtitle and plot

NOW_PX = 11  # the ring around the current step
MARKER_PX = 4

Camera: TypeAlias = dict[str, dict[str, float]]


def camera(x: float, y: float, z: float) -> Camera:
    """A camera that looks from there a little below the middle of the box, where most boxes are fullest."""
    return {"eye": {"x": x, "y": y, "z": z}, "center": {"x": 0.0, "y": 0.0, "z": -0.28}}


LANDSCAPE_CAMERA = camera(1.5, 1.5, 1.3)
GRADIENT_CAMERA = camera(1.5, -1.5, 1.2)
REWARD_CAMERA = camera(1.8, 1.8, 1.5)
DYNAMICS_CAMERA = camera(1.5, 1.5, 1.5)
CAMERAS: dict[str, Camera] = {
    "landscape": LANDSCAPE_CAMERA, "gradients": GRADIENT_CAMERA, "reward": REWARD_CAMERA, "dynamics": DYNAMICS_CAMERA,
    "top": camera(0.0, -0.01, 2.4), "front": camera(0.0, -2.4, 0.25), "side": camera(2.4, 0.0, 0.25),
}  # fmt: skip


@functools.cache
def template(theme: Theme) -> go.layout.Template:
    """The Plotly template of one appearance."""
    font = {"color": theme.second, "size": SMALL_PX}
    axis = {
        "gridcolor": theme.line, "linecolor": theme.strong_line, "zeroline": False, "ticks": "", "automargin": True,
        "tickfont": font, "title": {"font": font},
    }  # fmt: skip
    room = axis | {"showbackground": False, "showspikes": False, "gridcolor": theme.strong_line}
    room = {name: value for name, value in room.items() if name != "automargin"}
    layout = go.Layout(
        font={"family": TEXT_FONT, "size": TEXT_PX, "color": theme.ink},
        paper_bgcolor=theme.ground,
        plot_bgcolor=theme.ground,
        colorway=theme.lines,
        xaxis=axis | {"showgrid": False},
        yaxis=axis | {"nticks": 5},
        scene={"xaxis": room, "yaxis": room, "zaxis": room, "bgcolor": theme.ground},
        hoverlabel={"bgcolor": theme.raised, "bordercolor": theme.strong_line, "font": {"color": theme.ink}},
        legend={"font": {"family": MONO_FONT, "size": SMALL_PX}, "bgcolor": "rgba(0,0,0,0)"},
        coloraxis={"colorbar": colour_bar(theme)},
        margin={"l": 64, "r": 24, "t": 96, "b": 56},
        title={
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "pad": {"l": 24, "t": 16},
            "yanchor": "top",
            "y": 1,
            "font": {"size": TITLE_PX},
            "subtitle": {"font": {"size": TEXT_PX, "color": theme.second}},
        },
    )
    return go.layout.Template(layout=layout)


def colour_bar(theme: Theme, title: str = "") -> dict[str, object]:
    """A thin colour bar without a frame."""
    font = {"color": theme.second, "size": SMALL_PX}
    return {
        "thickness": 10,
        "len": 0.6,
        "outlinewidth": 0,
        "ticks": "",
        "tickfont": font,
        "title": {"text": title, "font": font},
    }


def stage_colour(name: str) -> str:
    """The colour of a stage; the stages of the field have theirs, all others share one."""
    return STAGES.get(name, STAGE_OTHER)


def stage_dash(name: str) -> str:
    """The dash pattern of a stage, so that colour is never the only sign."""
    return STAGE_DASHES.get(name, "longdash")


def faded(colour: str, opacity: float) -> str:
    """A #RRGGBB colour with an opacity."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def shortened(name: str, *, characters: int = 28) -> str:
    """A name that fits beside an axis, its middle left out, without the signs that Plotly would read as HTML."""
    if len(name) > characters:
        tail = (characters - 1) // 2
        name = f"{name[: characters - 1 - tail]}…{name[-tail:]}"
    # Look-alikes instead of entities: the labels of 3-D axes show an entity as it is written.
    return name.replace("<", "‹").replace(">", "›")


def step_axis(first: float, last: float) -> dict[str, object]:
    """An axis of steps; a short one has its ticks on whole steps."""
    return {"title": {"text": "step"}} | ({"dtick": 1} if last - first < 8 else {})
