"""The usage examples of nanochat's documents, as they stand, with the real wandb."""

import sys
from importlib import import_module
from types import ModuleType, SimpleNamespace

import plotly.graph_objects as go
import torch
import wandb

from tests.compat import examples

for document, ours in (
    ("nanochat.wandb_3d_viz", "wandb_3d_viz"),
    ("scripts.enhanced_wandb_logging", "enhanced_wandb_logging"),
    ("scripts.weave_training_visualizer", "weave_training_visualizer"),
):
    sys.modules.setdefault(document.partition(".")[0], ModuleType(document.partition(".")[0]))
    sys.modules[document] = import_module(f"belvedere.compat.{ours}")

run = wandb.init(
    project="nanochat", name="custom-run-name", config={"custom_param": "value", "data_sources": 12},
    tags=["custom", "experiment"], notes="Custom experiment notes", id=sys.argv[1],
)  # fmt: skip
training = {
    "device": torch.device("cpu"), "dt": 0.5, "tok_per_sec": 2048.0, "mfu": 41.0, "flops_so_far": 6e12,
    "total_training_time": 3.0, "mmlu_accuracy": 0.25, "arc_easy_accuracy": 0.5, "gsm8k_accuracy": 0.0,
    "humaneval_accuracy": 0.125,
}  # fmt: skip


def example(text: str, **names: object) -> dict[str, object]:
    space: dict[str, object] = {"wandb": wandb, "wandb_run": run, **names}
    exec(text, space)
    return space


for step in range(30):
    loss = torch.tensor(3.0 / (step + 1))
    example(examples.INTEGRATION, step=step, loss=loss, **training)
    example(examples.ENHANCED, step=step, loss=loss, **training)
buffers = example(examples.BUFFERS, model=SimpleNamespace(config=SimpleNamespace(n_layer=4)))
metrics = buffers["metrics_buffer"]
for step in range(60):
    metrics.add(step, 3.0 / (step + 1), 1e-3, 1.0, reward=step / 60)
example(examples.ATTENTION, attention_weights=torch.full((1, 2, 4, 4), 0.25))
example(examples.EMBEDDINGS, embeddings_list=[torch.eye(4)[i] for i in range(4)], labels=["a", "b", "c", "d"])
manual = example(examples.MANUAL, metrics_buffer=metrics)
example(examples.AS_HTML, fig=manual["custom_fig"])
run.finish()

app = example(examples.APP)["app"]
assert isinstance(app, dict)
for name, figure in app.items():
    assert isinstance(figure, go.Figure)
    print(f"{name}: {sum(0 if trace.x is None else len(trace.x) for trace in figure.data)} points")
