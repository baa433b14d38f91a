"""The names of nanochat's `wandb_3d_viz`, drawn by Belvedere's gallery: change the import line, nothing else.

    from belvedere.compat.wandb_3d_viz import GradientFlowBuffer, TrainingMetricsBuffer, create_checkpoint_3d_summary

    metrics_buffer = TrainingMetricsBuffer(max_size=1000)
    gradient_buffer = GradientFlowBuffer(num_layers=model.config.n_layer, max_steps=100)
    …
    wandb_run.log(create_checkpoint_3d_summary(metrics_buffer, gradient_buffer, step))

Each figure says what is measured and what is a model. Figures have the titles, sizes and cameras of the original; what
it promised to need (50 steps, 20 rewards) is said on a figure that has less, and drawn as far as it goes.
"""

import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from belvedere.analysis.readable import Held
from belvedere.compat.embedding_path import UnknownMethod, create_3d_embedding_trajectory
from belvedere.compat.training_buffers import NAMES, GradientFlowBuffer, Metrics, TrainingMetricsBuffer
from belvedere.core.errors import BelvedereError, UsageError
from belvedere.core.plain import array_of
from belvedere.core.series import RunData, Series, VectorSeries
from belvedere.figures.figure import empty
from belvedere.figures.render import missing_in, render
from belvedere.figures.theme import LIGHT, template
from belvedere.record.guard import ANY_ERROR, RecordingWarning

KEYS = {  # of the arrays -> names that the gallery knows
    "losses": "train/loss", "learning_rates": "train/lr", "grad_norms": "grad/norm", "rewards": "reward",
    "accuracies": "val/accuracy",
}  # fmt: skip
STEPS_PROMISED = 50
REWARDS_PROMISED = 20
POINTS_MAX = 50_000  # of an attention cloud

Drawer: TypeAlias = Callable[[], go.Figure]


@dataclass(frozen=True)
class Look:
    """Title, axis titles and size of one figure of the original; its camera is the gallery's own."""

    title: str
    axes: tuple[str, str, str]
    width: int = 1000
    height: int = 800


LOSS = Look("3D Training Loss Landscape", ("Training Step", "Learning Rate", "Loss"))
FLOW = Look("3D Gradient Flow Across Layers", ("Training Step", "Layer Index", "Gradient Norm"))
REWARD = Look("3D RL Reward Landscape (Training Trajectory)", ("Training Step", "Loss", "Reward"), 1200, 900)
SFT = Look("3D Training Dynamics (Loss vs Gradient)", ("Training Step", "Loss", "Gradient Norm"))
RL = Look("3D Training Dynamics (Loss-Gradient-Reward Space)", ("Loss", "Gradient Norm", "Reward"))


# ---- figures ------------------------------------------------------------------------------------------------------


def create_3d_loss_landscape(
    metrics: Mapping[str, object], window_size: int = 50, mode: str = "trajectory"
) -> go.Figure:
    """Loss over step and learning rate. mode="trajectory" is the measured curve; "windowed" is the look of the
    original, overlapping windows of `window_size` steps side by side, and decorative."""
    options = {"window_size": window_size} if mode == "windowed" else {}
    return _drawn("loss_landscape", _run(metrics), LOSS, _few_steps(metrics), mode=mode, **options)


def create_3d_gradient_flow(x: object, y: object = None, z: object = None) -> go.Figure:
    """Gradient norms over step and layer: of X, Y, Z from `get_3d_surface()`, or of a GradientFlowBuffer itself, which
    has the names of the blocks. None for X draws an empty axis that says what is missing."""
    note = ""
    if isinstance(x, GradientFlowBuffer):
        vectors = x.vectors()
        if x.adds_per_column > 1:
            note = f"Each column is the largest of {x.adds_per_column} snapshots of its block."
    elif x is None or z is None:
        vectors = VectorSeries("grad_norm", np.zeros(0, np.int64), np.zeros(0), (), np.zeros((0, 0)))
    else:
        vectors = _family(array_of(x), array_of(z))
    run = RunData("live", state="running", vectors={"grad_norm": vectors} if len(vectors) else {})
    return _drawn("gradient_flow", run, replace(FLOW, axes=("Training Step", "Layer", "Gradient Norm")), note)


def create_3d_rl_reward_landscape(metrics: Mapping[str, object], window_size: int = 50) -> go.Figure:
    """Reward over step and loss: the measured path, and a surface where points carry one. `window_size` is accepted."""
    rewards = _array(metrics, "rewards")
    count = 0 if rewards is None else int(np.isfinite(rewards).sum())
    few = f"Only {count} rewards; {REWARDS_PROMISED} say more." if 0 < count < REWARDS_PROMISED else ""
    return _drawn("reward_landscape", _run(metrics), REWARD, few, x="step", y=KEYS["losses"])


def create_3d_training_dynamics(metrics: Mapping[str, object]) -> go.Figure:
    """Loss, gradient norm and reward; step, loss and gradient norm where no reward was measured."""
    rewards = _array(metrics, "rewards")
    is_rl = rewards is not None and bool(np.isfinite(rewards).any())
    return _drawn("training_dynamics", _run(metrics), RL if is_rl else SFT, "", form="rl" if is_rl else "sft")


def create_3d_loss_gradient_reward_space(metrics: Mapping[str, object]) -> go.Figure:
    """The other name of `create_3d_training_dynamics`."""
    return create_3d_training_dynamics(metrics)


def create_3d_attention_visualization(attention_weights: object, layer_idx: int, head_idx: int) -> Any:
    """The weights (batch, heads, t, s), (heads, t, s) or (t, s) of one head as an Object3D of n × 6: query, key,
    weight, red, green, blue. W&B's own class where wandb is loaded, else Belvedere's.

    Weights up to 0.01 are left out, but a query whose weights are all smaller keeps its largest."""
    from belvedere.core.solids import Object3D
    from belvedere.figures.gallery.attention_cloud import attention_points

    weights = array_of(attention_weights)
    if weights.ndim == 4:
        weights = weights[0]
    if weights.ndim == 3:
        if not 0 <= head_idx < len(weights):
            raise UsageError(f"no head {head_idx} in layer {layer_idx}: it has heads 0 to {len(weights) - 1}")
        weights = weights[head_idx]
    if weights.ndim != 2 or 0 in weights.shape or weights.dtype.kind != "f":
        raise UsageError(
            f"attention weights of shape {weights.shape} and type {weights.dtype}; "
            "pass probabilities (batch, heads, t, s), (heads, t, s) or (t, s)"
        )
    points = attention_points(weights.astype(np.float32), most=POINTS_MAX)
    foreign = _wandb()
    if foreign is not None:
        return foreign.Object3D(points)
    return Object3D(points, caption=f"attention, layer {layer_idx}, head {head_idx}")


# ---- all at once --------------------------------------------------------------------------------------------------


def create_checkpoint_3d_summary(
    metrics_buffer: TrainingMetricsBuffer, gradient_buffer: GradientFlowBuffer | None = None, checkpoint_step: int = 0
) -> dict[str, Any]:
    """All figures under `3d/…` and `step`, for one `log` call. A figure that fails becomes an empty one that says why;
    the others are drawn. Without rewards there is no reward landscape."""
    metrics = metrics_buffer.get_arrays()
    drawers: dict[str, tuple[Look, Drawer]] = {"3d/loss_landscape": (LOSS, lambda: create_3d_loss_landscape(metrics))}
    if gradient_buffer is not None:
        drawers["3d/gradient_flow"] = (FLOW, lambda: create_3d_gradient_flow(gradient_buffer))
    if metrics["rewards"] is not None:
        drawers["3d/reward_landscape"] = (REWARD, lambda: create_3d_rl_reward_landscape(metrics))
    drawers["3d/training_dynamics"] = (
        SFT if metrics["rewards"] is None else RL, lambda: create_3d_training_dynamics(metrics),
    )  # fmt: skip
    figures = {key: _or_empty(key, look, draw) for key, (look, draw) in drawers.items()}
    return {**figures, "step": checkpoint_step}


def log_3d_plotly_to_wandb(
    figures: go.Figure | Mapping[str, object], name: str | int | None = None, step: int | None = None
) -> None:
    """Log one figure under `name`, or a mapping of them, in one call: to wandb where it has a run, else to Belvedere's
    current run. `log_3d_plotly_to_wandb(figures, step)` is understood too."""
    if isinstance(name, int):
        name, step = None, name
    if not isinstance(figures, Mapping):
        if not name:
            raise UsageError("a figure needs a name to be logged under; pass name='3d/loss_landscape'")
        figures = {name: figures}
    row = dict(figures) if step is None else {**figures, "step": step}
    foreign = _wandb()
    if foreign is not None and getattr(foreign, "run", None) is not None:
        foreign.log(row)
        return
    from belvedere.record.face import log

    log(row)


# ---- shared -------------------------------------------------------------------------------------------------------


def _or_empty(key: str, look: Look, draw: Drawer) -> go.Figure:
    """The figure; an empty one that says why if it cannot be drawn, because the training goes on."""
    try:
        return draw()
    except ANY_ERROR as error:
        reason = str(error) if isinstance(error, BelvedereError) else f"{type(error).__name__}: {error}"
        warnings.warn(f"{key} was not drawn: {reason}", RecordingWarning, stacklevel=3)
        drawn = empty(title=look.title, id=key, run_name="live", reason=f"Not drawn: {reason}", theme=LIGHT)
        return drawn.update_layout(template=template(LIGHT), width=look.width, height=look.height)


def _drawn(figure_id: str, run: RunData, look: Look, note: str, **options: Any) -> go.Figure:
    drawn = render(figure_id, Held(run), **options)
    words = drawn.layout.title.subtitle.text or ""
    subtitle = "<br>".join(filter(None, (words, note)))
    drawn.update_layout(
        width=look.width, height=look.height, title={"text": look.title, "subtitle": {"text": subtitle}}
    )
    if note:
        drawn.update_layout(margin={"t": (drawn.layout.margin.t or 0) + 17})
    if not missing_in(drawn):
        titles = {f"{axis}axis": {"title": {"text": text}} for axis, text in zip("xyz", look.axes)}
        drawn.update_layout(scene=titles)
    return drawn


def _run(metrics: Mapping[str, object]) -> RunData:
    """The metrics as a run, sorted by step: one that was resumed repeats some."""
    steps = _array(metrics, "steps")
    if steps is None:
        raise UsageError(f"metrics have no 'steps'; pass what get_arrays() returns: steps, {', '.join(NAMES.values())}")
    order = np.argsort(steps, kind="stable")
    series = {}
    for name, key in KEYS.items():
        values = _array(metrics, name)
        if values is None:
            continue
        if len(values) != len(steps):
            raise UsageError(
                f"metrics[{name!r}] has {len(values)} values for {len(steps)} steps; "
                "pass NaN for a step at which it was not measured"
            )
        # What was never measured is not there; what was measured as NaN is.
        kept = order[np.isfinite(values[order])] if name in ("rewards", "accuracies") else order
        if len(kept):
            series[key] = Series(key, steps[kept].astype(np.int64), np.full(len(kept), np.nan), values[kept])
    return RunData("live", state="running", series=series)


def _array(metrics: Mapping[str, object], name: str) -> NDArray[np.float64] | None:
    found = metrics.get(name)
    if found is None:
        return None
    values = array_of(found)
    if values.ndim != 1 or values.dtype.kind not in "fiub":
        raise UsageError(f"metrics[{name!r}] is {values.dtype} of shape {values.shape}; pass numbers of shape (n,)")
    return values.astype(np.float64)


def _family(x: NDArray[np.generic], z: NDArray[np.generic]) -> VectorSeries:
    """X and Z (layers, steps) as a family of layers."""
    if z.ndim != 2 or x.shape not in (z.shape, z.shape[1:]):
        raise UsageError(f"X of shape {x.shape} and Z of shape {z.shape} are no surface; pass (layers, steps) for both")
    steps = (x[0] if x.ndim == 2 else x).astype(np.int64)
    order = np.argsort(steps, kind="stable")
    names = tuple(str(layer) for layer in range(len(z)))
    return VectorSeries("grad_norm", steps[order], np.full(len(steps), np.nan), names, z.T[order].astype(np.float64))


def _few_steps(metrics: Mapping[str, object]) -> str:
    steps = _array(metrics, "steps")
    count = 0 if steps is None else len(steps)
    return f"Only {count} steps; {STEPS_PROMISED} say more." if 0 < count < STEPS_PROMISED else ""


def _wandb() -> ModuleType | None:
    """W&B's own package, if this program has loaded it."""
    found = sys.modules.get("wandb")
    return found if hasattr(found, "Object3D") and hasattr(found, "log") else None


__all__ = [
    "GradientFlowBuffer",
    "Metrics",
    "TrainingMetricsBuffer",
    "UnknownMethod",
    "create_3d_attention_visualization",
    "create_3d_embedding_trajectory",
    "create_3d_gradient_flow",
    "create_3d_loss_gradient_reward_space",
    "create_3d_loss_landscape",
    "create_3d_rl_reward_landscape",
    "create_3d_training_dynamics",
    "create_checkpoint_3d_summary",
    "log_3d_plotly_to_wandb",
]
