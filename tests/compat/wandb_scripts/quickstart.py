# ruff: noqa - written as people write for W&B, and run with one line changed by test_wandb_scripts.py
"""The first script everybody writes."""

import random

import wandb

wandb.login()
run = wandb.init(
    entity="my-team", project="my-awesome-project", config={"learning_rate": 0.02, "architecture": "CNN", "epochs": 10}
)
epochs = 10
offset = random.random() / 5
for epoch in range(2, epochs):
    acc = 1 - 2**-epoch - random.random() / epoch - offset
    loss = 2**-epoch + random.random() / epoch + offset
    run.log({"acc": acc, "loss": loss})
run.finish()
