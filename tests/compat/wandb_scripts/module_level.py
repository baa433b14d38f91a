# ruff: noqa - written as people write for W&B, and run with one line changed by test_wandb_scripts.py
"""Everything through the module, nothing through the run."""

import argparse

import wandb

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--batch-size", type=int, default=32)
args = parser.parse_args([])

wandb.init(project="mnist", name="baseline", tags=["baseline", "paper1"], notes="first try", config=args, reinit=True)
wandb.config.update({"dropout": 0.1}, allow_val_change=True)
wandb.config.seed = 3
wandb.define_metric("epoch")
wandb.define_metric("val/*", step_metric="epoch", summary="max")
assert wandb.config.lr == 0.01
assert wandb.config["batch_size"] == 32
for epoch in range(3):
    for step in range(4):
        wandb.log({"train/loss": 1.0 / (epoch * 4 + step + 1), "epoch": epoch})
    wandb.log({"val/acc": 0.5 + epoch / 10, "epoch": epoch})
wandb.run.summary["best_accuracy"] = 0.7
wandb.summary.update({"note": "done"})
print(wandb.run.name, wandb.run.id, wandb.run.url, wandb.run.get_url(), wandb.run.dir, wandb.run.path)
wandb.alert(title="Low accuracy", text="below the threshold", level=wandb.AlertLevel.WARN, wait_duration=300)
wandb.finish()
