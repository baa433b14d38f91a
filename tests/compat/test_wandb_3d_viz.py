"""The named figures: what they draw, how they look, what they say when there is little, and who else they take down."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

import belvedere as bv
from belvedere.compat import wandb_3d_viz as viz
from belvedere.compat.training_buffers import GradientFlowBuffer, TrainingMetricsBuffer
from belvedere.core.errors import UsageError
from belvedere.core.solids import Object3D
from belvedere.figures.render import missing_in

INF, NAN = float("inf"), float("nan")


def metrics(steps: int = 60, *, rewards: bool = False) -> viz.Metrics:
    buffer = TrainingMetricsBuffer()
    for step in range(steps):
        buffer.add(step, 3.0 / (step + 1), 1e-3 - 1e-6 * step, 1.0, reward=step / steps if rewards else None)
    return buffer.get_arrays()


def looks(figure: go.Figure) -> tuple[object, ...]:
    layout, scene = figure.layout, figure.layout.scene
    eye = scene.camera.eye
    axes = (scene.xaxis.title.text, scene.yaxis.title.text, scene.zaxis.title.text)
    return layout.title.text, layout.width, layout.height, (eye.x, eye.y, eye.z), axes


def subtitle(figure: go.Figure) -> str:
    return str(figure.layout.title.subtitle.text)


def test_figures_look_as_their_document_says() -> None:
    z = np.array([[1.0, 2.0], [3.0, 4.0]])
    x, y = np.meshgrid([0, 1], [0, 1])
    assert looks(viz.create_3d_loss_landscape(metrics())) == (
        "3D Training Loss Landscape", 1000, 800, (1.5, 1.5, 1.3), ("Training Step", "Learning Rate", "Loss"),
    )  # fmt: skip
    assert looks(viz.create_3d_gradient_flow(x, y, z)) == (
        "3D Gradient Flow Across Layers", 1000, 800, (1.5, -1.5, 1.2), ("Training Step", "Layer", "Gradient Norm"),
    )  # fmt: skip
    assert looks(viz.create_3d_rl_reward_landscape(metrics(rewards=True))) == (
        "3D RL Reward Landscape (Training Trajectory)", 1200, 900, (1.8, 1.8, 1.5), ("Training Step", "Loss", "Reward"),
    )  # fmt: skip
    assert looks(viz.create_3d_training_dynamics(metrics(rewards=True))) == (
        "3D Training Dynamics (Loss-Gradient-Reward Space)", 1000, 800, (1.5, 1.5, 1.5),
        ("Loss", "Gradient Norm", "Reward"),
    )  # fmt: skip
    assert looks(viz.create_3d_loss_gradient_reward_space(metrics())) == (
        "3D Training Dynamics (Loss vs Gradient)", 1000, 800, (1.5, 1.5, 1.5),
        ("Training Step", "Loss", "Gradient Norm"),
    )  # fmt: skip


def test_the_loss_landscape_says_what_is_measured_and_what_is_decoration() -> None:
    assert subtitle(viz.create_3d_loss_landscape(metrics())).startswith("measured")
    assert subtitle(viz.create_3d_loss_landscape(metrics(), window_size=30, mode="windowed")).startswith("decorative")


def test_gradient_flow_draws_the_norms_it_is_given() -> None:
    norms = np.array([[1.0, 10.0, 100.0], [1e-2, 1e-1, 1.0]])
    figure = viz.create_3d_gradient_flow(*np.meshgrid([0, 5, 9], [0, 1]), norms)
    np.testing.assert_allclose(figure.data[0].z, np.log10(norms), atol=1e-6)
    np.testing.assert_array_equal(figure.data[0].x, [0, 5, 9])


def test_little_data_is_said_on_the_figure_and_not_dropped() -> None:
    assert "Only 12 steps; 50 say more." in subtitle(viz.create_3d_loss_landscape(metrics(12)))
    assert "Only 12 rewards; 20 say more." in subtitle(viz.create_3d_rl_reward_landscape(metrics(12, rewards=True)))
    assert "say more" not in subtitle(viz.create_3d_loss_landscape(metrics(50)))


@pytest.mark.parametrize("steps", [0, 1])
def test_no_data_and_one_point_are_sentences(steps: int) -> None:
    for figure in (
        viz.create_3d_loss_landscape(metrics(steps)),
        viz.create_3d_gradient_flow(None, None, None),
        viz.create_3d_rl_reward_landscape(metrics(steps)),
    ):
        assert missing_in(figure)
        assert (figure.layout.width, figure.layout.height) in ((1000, 800), (1200, 900))


def test_rewards_of_some_steps_only_stay_at_their_steps() -> None:
    buffer = TrainingMetricsBuffer()
    for step in range(30):
        buffer.add(step, 1.0 + step, 1e-3, 1.0, reward=0.5 if step % 3 == 0 else None)
    path = viz.create_3d_training_dynamics(buffer.get_arrays()).data
    drawn = next(trace for trace in path if trace.mode == "lines+markers")
    np.testing.assert_array_equal(drawn.x, 1.0 + np.arange(0, 30, 3))


def test_broken_numbers_and_steps_that_went_back_are_drawn() -> None:
    broken = {
        "steps": [0, 1, 2, 1, 2, 3], "losses": [3, NAN, INF, 2, 1.5, 1], "learning_rates": [1e-3] * 6,
        "grad_norms": [1, 1, INF, 1, NAN, 1], "rewards": None,
    }  # fmt: skip
    for figure in (viz.create_3d_loss_landscape(broken), viz.create_3d_training_dynamics(broken)):
        assert not missing_in(figure)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "metrics have no 'steps'"),
        ({"steps": [0, 1], "losses": [1.0]}, r"metrics\['losses'\] has 1 values for 2 steps; pass NaN"),
        ({"steps": [0, 1], "losses": [[1.0], [2.0]]}, r"metrics\['losses'\] is float64 of shape \(2, 1\)"),
        ({"steps": [0, 1], "losses": ["a", "b"]}, "pass numbers of shape"),
    ],
)
def test_metrics_that_do_not_fit_are_one_sentence(given: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        viz.create_3d_loss_landscape(given)


def test_an_unknown_mode_and_a_surface_of_unequal_shapes_are_one_sentence() -> None:
    with pytest.raises(UsageError, match="mode='round'"):
        viz.create_3d_loss_landscape(metrics(), mode="round")
    with pytest.raises(UsageError, match=r"X of shape \(3,\) and Z of shape \(2, 2\) are no surface"):
        viz.create_3d_gradient_flow([0, 1, 2], None, np.ones((2, 2)))


# ---- attention ----------------------------------------------------------------------------------------------------


def test_attention_becomes_points_red_where_it_is_high() -> None:
    weights = torch.tensor([[1.0, 0.0], [0.75, 0.25]])
    cloud = viz.create_3d_attention_visualization(torch.stack([torch.zeros(2, 2), weights])[None], 3, 1)
    assert isinstance(cloud, Object3D)
    wanted = np.array([[0, 0, 1, 255, 0], [1, 0, 0.75, 191.25, 63.75], [1, 1, 0.25, 63.75, 191.25]])
    assert cloud._points is not None
    np.testing.assert_allclose(cloud._points[:, :5], wanted)
    np.testing.assert_array_equal(cloud._points[:, 5], [128, 128, 128])


def test_a_diffuse_head_keeps_points() -> None:
    cloud = viz.create_3d_attention_visualization(np.full((256, 256), 1 / 256, np.float32), 0, 0)
    assert len(cloud._points) >= 256


def test_with_wandb_loaded_the_cloud_is_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = SimpleNamespace(Object3D=lambda points: ("theirs", points.shape), log=print)
    monkeypatch.setitem(sys.modules, "wandb", foreign)
    assert viz.create_3d_attention_visualization(torch.eye(3), 0, 0) == ("theirs", (3, 6))


@pytest.mark.parametrize(
    ("weights", "head", "message"),
    [
        (np.ones((1, 2, 4, 4)), 2, "no head 2 in layer 5: it has heads 0 to 1"),
        (np.ones((2, 4, 4)), -1, "no head -1"),
        (np.ones(4), 0, r"attention weights of shape \(4,\)"),
        (np.ones((4, 4), int), 0, "type int64; pass probabilities"),
    ],
)
def test_attention_that_is_none_is_one_sentence(weights: object, head: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        viz.create_3d_attention_visualization(weights, 5, head)


# ---- all at once --------------------------------------------------------------------------------------------------


def filled(*, rewards: bool) -> TrainingMetricsBuffer:
    buffer = TrainingMetricsBuffer()
    for step in range(60):
        buffer.add(step, 3.0 / (step + 1), 1e-3, 1.0, reward=0.5 if rewards else None)
    return buffer


def test_the_summary_has_the_documents_keys() -> None:
    always = ["3d/loss_landscape", "3d/training_dynamics", "step"]
    assert sorted(viz.create_checkpoint_3d_summary(filled(rewards=False), None, 60)) == always
    every = viz.create_checkpoint_3d_summary(filled(rewards=True), GradientFlowBuffer(4), 60)
    assert sorted(every) == ["3d/gradient_flow", "3d/loss_landscape", "3d/reward_landscape", *always[1:]]
    assert every["step"] == 60
    assert missing_in(every["3d/gradient_flow"]).startswith("No gradients were recorded")


def test_one_figure_that_fails_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> go.Figure:
        raise ZeroDivisionError("collinear")

    monkeypatch.setattr(viz, "create_3d_rl_reward_landscape", broken)
    with pytest.warns(bv.RecordingWarning, match="3d/reward_landscape was not drawn: ZeroDivisionError: collinear"):
        found = viz.create_checkpoint_3d_summary(filled(rewards=True), None, 60)
    assert missing_in(found["3d/reward_landscape"]) == "Not drawn: ZeroDivisionError: collinear"
    assert not missing_in(found["3d/loss_landscape"]) and not missing_in(found["3d/training_dynamics"])


def fake_wandb(rows: list[object]) -> ModuleType:
    module = ModuleType("wandb")
    module.__dict__.update(Object3D=object, log=rows.append, run=object())
    return module


def test_figures_are_logged_in_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[object] = []
    monkeypatch.setitem(sys.modules, "wandb", fake_wandb(rows))
    figure = go.Figure()
    viz.log_3d_plotly_to_wandb({"3d/a": figure, "3d/b": figure}, 60)
    viz.log_3d_plotly_to_wandb(figure, "3d/a", step=61)
    viz.log_3d_plotly_to_wandb(figure, "3d/a")
    assert rows == [{"3d/a": figure, "3d/b": figure, "step": 60}, {"3d/a": figure, "step": 61}, {"3d/a": figure}]
    with pytest.raises(UsageError, match="a figure needs a name"):
        viz.log_3d_plotly_to_wandb(figure)
