# ruff: noqa - written as people write for W&B, and run with one line changed by test_wandb_scripts.py
"""A search over learning rates."""

import wandb

configuration = {
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {
        "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-1},
        "batch_size": {"values": [16, 32]},
        "epochs": {"value": 2},
        "optimizer": {"parameters": {"momentum": {"min": 0.1, "max": 0.9}}},
    },
}


def train():
    with wandb.init() as run:
        config = wandb.config
        assert config.batch_size in (16, 32) and 1e-4 <= config["lr"] <= 1e-1
        assert 0.1 <= config.optimizer["momentum"] <= 0.9
        for epoch in range(config.epochs):
            run.log({"loss": config.lr / (epoch + 1)})


sweep_id = wandb.sweep(configuration, project="sweeps")
wandb.agent(sweep_id, function=train, count=3)
