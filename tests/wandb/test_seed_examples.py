"""The usage examples of nanochat's documents log to us with the real client, as they stand."""

from pathlib import Path

import numpy as np

import belvedere as bv
from tests.wandb.real import REPOSITORY, Client, Server

SCRIPT = (Path(__file__).parent / "scripts" / "seed_examples.py").read_text()
OTHER_SEED = """
import wandb
wandb.init(
    project="london-historical-llm",
    name="custom-run-name",
    config={
        "custom_param": "value",
        "data_sources": 12,
        "historical_period": "1500-1850"
    },
    tags=["custom", "experiment"],
    notes="Custom experiment notes"
)
for step in range(20):
    wandb.log({"train/loss": 6.0 / (step + 1), "train/lr": 3e-4, "val/loss": 6.1 / (step + 1)}, step=step)
"""


def test_the_examples_of_the_pipeline(shared: Server, shared_client: Client) -> None:
    output = shared_client.run(SCRIPT, "examples", PYTHONPATH=str(REPOSITORY), BELVEDERE_DIR=str(shared.root))
    run = bv.open(shared.root).run("nanochat/examples")
    assert (run.state, run.name, sorted(run.tags)) == ("finished", "custom-run-name", ["custom", "experiment"])
    assert run.series("train/loss").values.tolist() == [float(np.float32(3.0 / (step + 1))) for step in range(30)]
    kinds = {info.key: info.kind for info in run.keys()}
    assert kinds["3d/attention_layer0_head0"] == "object3d"
    assert {kinds["3d/embedding_trajectory"], kinds["custom/my_viz"]} == {"plotly"}
    assert kinds["viz"] == "html"
    assert "trajectory_3d: " in output and "trajectory_3d: 0 points" not in output


def test_the_example_of_the_historical_model_offline_and_synced_later(shared: Server, shared_client: Client) -> None:
    shared_client.run(OTHER_SEED, WANDB_MODE="offline")
    folders = [str(path) for path in shared_client.folder.glob("wandb/offline-run-*")]
    assert len(folders) == 1
    for _ in range(2):
        shared_client.wandb("sync", "--include-synced", *folders)
    runs = bv.open(shared.root).runs(project="london-historical-llm")
    assert [(run.project, run.name, run.state, run.notes) for run in runs] == [
        ("london-historical-llm", "custom-run-name", "finished", "Custom experiment notes")
    ]
    assert runs[0].series("train/loss").values.tolist() == [6.0 / (step + 1) for step in range(20)]
    assert runs[0].config["historical_period"] == "1500-1850"
