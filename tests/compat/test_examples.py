"""Every usage example of the documents runs with only its import line changed, for Belvedere and for a foreign run."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

import belvedere as bv
from belvedere.compat.training_buffers import GradientFlowBuffer, TrainingMetricsBuffer
from belvedere.compat.weave_training_visualizer import main
from belvedere.store.run import Run as Stored
from belvedere.store.store import open_store
from tests.compat import examples
from tests.compat.examples import moved

Begin = Callable[[str], bv.Run]


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Begins a run of a project in the folder of this test."""
    monkeypatch.setenv("BELVEDERE_DIR", str(tmp_path))
    monkeypatch.setenv("BELVEDERE_SILENT", "1")
    yield lambda project: bv.init(project=project, console=False, hardware=False)
    bv.finish()


def run_example(example: str, **names: object) -> dict[str, object]:
    """Run the lines with `import belvedere as wandb`, and what a training script has around them."""
    space: dict[str, object] = {"wandb": bv, **names}
    exec(moved(example), space)  # the text of a document is the subject
    return space


def stored(run: bv.Run) -> Stored:
    run.finish()
    path = Path(run.dir)
    return open_store(path.parent.parent).run(f"{path.parent.name}/{path.name}")


def filled(steps: int = 60) -> TrainingMetricsBuffer:
    buffer = TrainingMetricsBuffer()
    for step in range(steps):
        buffer.add(step, 3.0 / (step + 1), 1e-3, 1.0, reward=step / steps)
    return buffer


def test_the_attention_example(begin: Begin) -> None:
    run, weights = begin("nanochat"), torch.full((1, 2, 4, 4), 0.25)
    run_example(examples.ATTENTION, attention_weights=weights)
    item = stored(run).media("3d/attention_layer0_head0")[0]
    assert (item.type, item.record["shape"]) == ("object3d", [16, 6])


def test_the_embedding_example(begin: Begin) -> None:
    run, snapshots = begin("nanochat"), [torch.eye(4)[place] for place in range(4)]
    space = run_example(examples.EMBEDDINGS, embeddings_list=snapshots, labels=["a", "b", "c", "d"])
    figure = space["fig"]
    assert isinstance(figure, go.Figure)
    assert figure.layout.title.text == "3D Embedding Space Trajectory (PCA)"
    assert [item.type for item in stored(run).media("3d/embedding_trajectory")] == ["plotly"]


def test_the_example_of_larger_buffers() -> None:
    space = run_example(examples.BUFFERS, model=SimpleNamespace(config=SimpleNamespace(n_layer=4)))
    metrics, gradients = space["metrics_buffer"], space["gradient_buffer"]
    assert isinstance(metrics, TrainingMetricsBuffer) and isinstance(gradients, GradientFlowBuffer)
    assert (metrics.max_size, gradients.num_layers, gradients.max_steps) == (2000, 4, 200)


def test_the_example_of_one_figure_and_that_of_html(begin: Begin) -> None:
    run = begin("nanochat")
    space = run_example(examples.MANUAL, metrics_buffer=filled())
    run_example(examples.AS_HTML, fig=space["custom_fig"])
    read = stored(run)
    assert [read.media(key)[0].type for key in ("custom/my_viz", "viz")] == ["plotly", "html"]


TRAINING = {
    "step": 7, "device": torch.device("cpu"), "dt": 0.5, "tok_per_sec": 2048.0, "mfu": 41.0, "flops_so_far": 6e12,
    "total_training_time": 3.0, "loss": torch.tensor(2.25), "mmlu_accuracy": 0.25, "arc_easy_accuracy": 0.5,
    "gsm8k_accuracy": 0.0, "humaneval_accuracy": 0.125,
}  # fmt: skip


def test_the_example_of_enhanced_logging(begin: Begin) -> None:
    run = begin("nanochat")
    run_example(examples.ENHANCED, wandb_run=run, **TRAINING)
    read = stored(run)
    wanted = {
        "train/loss": 2.25, "train_loss": 2.25, "train/mfu": 41.0, "efficiency/mfu_percent": 41.0,
        "train/tok_per_sec": 2048.0, "efficiency/tokens_per_sec": 2048.0, "efficiency/step_time_sec": 0.5,
        "efficiency/total_flops": 6e12, "efficiency/total_training_time_sec": 3.0, "efficiency/flops_per_sec": 2e12,
        "step": 7.0, "efficiency/step": 7.0,
    }  # fmt: skip
    assert {key: read.series(key).values.tolist() for key in wanted} == {key: [value] for key, value in wanted.items()}
    assert read.series("train/loss").steps.tolist() == [7]
    assert [stage.name for stage in read.stages] == ["pretraining"]


def test_the_example_of_integration_into_a_foreign_run() -> None:
    rows: list[dict[str, object]] = []
    run_example(examples.INTEGRATION, wandb_run=SimpleNamespace(log=rows.append), **TRAINING)
    training, evaluation = rows
    assert training["training_stage"] == "pretraining"
    assert evaluation == {
        "step": 7, "training_stage": "sft", "mmlu_acc": 0.25, "arc_easy_acc": 0.5, "gsm8k_acc": 0.0,
        "humaneval_acc": 0.125, "evaluation/mmlu_normalized": 25.0, "evaluation/arc_easy_normalized": 50.0,
        "evaluation/gsm8k_normalized": 0.0, "evaluation/humaneval_normalized": 12.5,
        "evaluation/mean_accuracy": 0.21875,
    }  # fmt: skip


def record_pipeline(begin: Begin, project: str) -> None:
    """Two stages, each a project of its own, as nanochat has them."""
    for name, stage in ((project, "pretraining"), (f"{project}-sft", "sft")):
        run = begin(name)
        for step in range(4):
            space = {**TRAINING, "step": step, "loss": torch.tensor(3.0 - step)}
            example = examples.INTEGRATION.replace('"pretraining"', f'"{stage}"').replace('"sft"', f'"{stage}"')
            run_example(example, wandb_run=run, **space)
            run.log({"train/loss": 3.0 - step}, step)
        run.finish()


def test_the_example_of_the_whole_application(begin: Begin) -> None:
    record_pipeline(begin, "nanochat")
    app = run_example(examples.APP)["app"]
    assert isinstance(app, dict)
    assert list(app) == ["trajectory_3d", "hyperparameter_space", "performance_landscape", "multi_metric_3d"]
    trajectory = app["trajectory_3d"]
    assert trajectory.layout.title.text == "3D Training Trajectory - Step vs Loss vs Accuracy"
    assert {"pretrain", "sft"} <= {trace.name for trace in trajectory.data}


@pytest.mark.parametrize("command", examples.COMMANDS)
def test_the_commands_write_one_page(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)[2:]
    record_pipeline(begin, words[1])
    assert main(words) == 0
    page = Path(f"{words[1]}-3d.html")
    assert capsys.readouterr().out.strip() == str(page)
    text = page.read_text(encoding="utf-8")
    assert all(f'<section id="{name}">' in text for name in ("trajectory_3d", "multi_metric_3d"))
    assert '<script src="http' not in text


def test_a_checkpoint_of_a_training_loop_is_one_row(begin: Begin) -> None:
    """What the two documents' scripts do at every eval_every: one log call with all figures and the step."""
    from belvedere.compat.wandb_3d_viz import create_checkpoint_3d_summary

    run, gradients = begin("nanochat"), GradientFlowBuffer(num_layers=2)
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    for step in range(60):
        model(torch.ones(1, 2)).sum().backward()
        gradients.add(step, model)
    bv.log(create_checkpoint_3d_summary(filled(), gradients, 60))
    read = stored(run)
    keys = ["3d/gradient_flow", "3d/loss_landscape", "3d/reward_landscape", "3d/training_dynamics"]
    assert sorted(info.key for info in read.keys("3d/*")) == keys
    assert [read.media(key)[0].step for key in keys] == [0] * 4
    np.testing.assert_array_equal(read.series("step").values, [60])
