"""The names of nanochat's `weave_training_visualizer`: four scenes of a whole training pipeline, as one HTML page.

    python -m belvedere.compat.weave_training_visualizer --project nanochat

    from belvedere.compat.weave_training_visualizer import create_complete_visualization_app
    app = create_complete_visualization_app("nanochat")          # name -> Plotly figure

Runs come from a folder of Belvedere's, one of its servers, or W&B (`--source wandb`). Weave is not needed; where it is
installed, `--weave` publishes the figures to it as well.
"""

import argparse
import html
import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from belvedere.compat.pipeline_runs import WANDB, Staged, pipeline_runs
from belvedere.core.errors import BelvedereError, UsageError
from belvedere.figures.moving import with_slider
from belvedere.figures.render import PAGE_CONFIG, missing_in, render
from belvedere.figures.theme import THEMES

HEIGHT = 800


@dataclass(frozen=True)
class Scene:
    """One figure of the page: its name there, what of the gallery draws it, its title, and what to look for."""

    figure: str
    title: str
    hint: str


SCENES = {
    "trajectory_3d": Scene(
        "training_trajectory", "3D Training Trajectory - Step vs Loss vs Accuracy",
        "Each stage should carry on where the one before it ended, and climb towards low loss.",
    ),
    "hyperparameter_space": Scene(
        "hyperparameter_space", "3D Hyperparameter Space (Semantic Coloring by Accuracy)",
        "Look for the bright corner and the direction in which brightness grows; size is the learning rate.",
    ),
    "performance_landscape": Scene(
        "performance_landscape", "3D Performance Landscape - MFU vs Throughput vs Accuracy",
        "Up is better, right is faster; far along the MFU axis the device is well used.",
    ),
    "multi_metric_3d": Scene(
        "multi_metric", "3D Multi-Metric Comparison - MMLU vs ARC-Easy vs GSM8K",
        "A stage should move away from the origin along all axes; the size is HumanEval.",
    ),
}  # fmt: skip


def create_complete_visualization_app(
    project_name: str = "nanochat", *, entity: str | None = None, source: str | None = None, theme: str = "light",
    api: Any = None,
) -> dict[str, go.Figure]:  # fmt: skip
    """The four figures over all runs of the project and of its stages' projects, each run read once. A figure whose
    values nobody logged is an empty axis that says what is missing. `api`: a `wandb.Api()` to read from."""
    runs = pipeline_runs(project_name, entity=entity, source=source, api=api)
    return {name: _scene(scene, runs, theme) for name, scene in SCENES.items()}


def write_app(app: Mapping[str, go.Figure], path: str | Path, *, project_name: str = "nanochat") -> Path:
    """The figures as one HTML file that holds everything it needs; UsageError for a path that cannot be written."""
    final = Path(path)
    try:
        final.write_text(_page(app, project_name), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the page cannot be written to {final} ({error.strerror}); pass another -o") from None
    return final


def publish_to_weave(app: Mapping[str, go.Figure], project_name: str) -> None:
    """Publish the figures as Plotly JSON to W&B Weave, which must be installed and logged in."""
    try:
        weave: Any = importlib.import_module("weave")
    except ImportError:
        raise UsageError("Weave is not installed; run `pip install weave`, or leave --weave out") from None
    weave.init(project_name)
    weave.publish({name: figure.to_json() for name, figure in app.items()}, name="training-3d")


def _scene(scene: Scene, runs: Sequence[Staged], theme: str) -> go.Figure:
    return render(scene.figure, runs, theme=theme).update_layout(title={"text": scene.title}, height=HEIGHT)


def _page(app: Mapping[str, go.Figure], project_name: str) -> str:
    from plotly.offline import get_plotlyjs

    first = next(iter(app.values()))
    tokens = next(one for one in THEMES.values() if one.ground == first.layout.template.layout.paper_bgcolor)
    name = html.escape(project_name)
    links = "".join(f'<a href="#{key}">{html.escape(_title(key, figure))}</a>' for key, figure in app.items())
    sections = "".join(_section(key, figure) for key, figure in app.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name} · training in 3-D</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><style>'
        f"body{{margin:0;background:{tokens.ground};color:{tokens.ink};font:15px Inter,system-ui,sans-serif}}"
        f"header{{position:sticky;top:0;z-index:9;display:flex;flex-wrap:wrap;gap:4px 20px;align-items:baseline;"
        f"padding:12px 24px;background:{tokens.raised};border-bottom:1px solid {tokens.line}}}"
        f"header b{{font-size:18px;margin-right:12px}}header a{{color:{tokens.accent};text-decoration:none}}"
        f"section{{max-width:1400px;margin:16px auto;scroll-margin-top:64px;border-bottom:1px solid {tokens.line}}}"
        f"p{{margin:0;padding:8px 24px 16px;color:{tokens.second}}}</style>"
        f"<script>{get_plotlyjs()}</script></head><body><header><b>{name}</b>{links}</header>{sections}</body></html>"
    )


def _section(key: str, figure: go.Figure) -> str:
    drawing = with_slider(figure).to_html(
        auto_play=False, include_plotlyjs=False, full_html=False, config=PAGE_CONFIG, default_height=f"{HEIGHT}px"
    )
    hint = SCENES[key].hint if key in SCENES and not missing_in(figure) else ""
    return f'<section id="{key}">{drawing}<p>{html.escape(hint)}</p></section>'


def _title(key: str, figure: go.Figure) -> str:
    """The title up to what it says about itself."""
    return str(figure.layout.title.text or key).partition(" - ")[0].partition(" (")[0]


def main(words: Sequence[str] | None = None) -> int:
    """The command line; an error is one sentence and exit code 2."""
    parser = argparse.ArgumentParser(prog="weave_training_visualizer", description=__doc__.splitlines()[0])
    parser.add_argument("--project", default="nanochat", help="project, with its stages' projects (default: nanochat)")
    parser.add_argument("--entity", help="entity at W&B (default: yours)")
    parser.add_argument(
        "--source",
        help=f"folder of runs, address of a server, or {WANDB!r} (default: $BELVEDERE_DIR, ./belvedere-runs)",
    )
    parser.add_argument("-o", "--output", type=Path, help="the page (default: PROJECT-3d.html)")
    parser.add_argument("--theme", choices=sorted(THEMES), default="light", help="colours (default: light)")
    parser.add_argument("--weave", action="store_true", help="publish the figures to W&B Weave too")
    told = parser.parse_args(words)
    try:
        app = create_complete_visualization_app(
            told.project, entity=told.entity, source=told.source, theme=told.theme
        )  # fmt: skip
        page = write_app(app, told.output or Path(f"{told.project}-3d.html"), project_name=told.project)
        if told.weave:
            publish_to_weave(app, told.project)
    except BelvedereError as error:
        print(f"weave_training_visualizer: {error}", file=sys.stderr)
        return 2
    for name, figure in app.items():
        print(f"{name:22} {missing_in(figure) or 'drawn'}", file=sys.stderr)
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
