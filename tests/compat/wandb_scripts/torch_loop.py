# ruff: noqa - written as people write for W&B, and run with one line changed by test_wandb_scripts.py
"""A training loop of torch, with watch, resume and hints of types."""

import torch
from torch import nn

import wandb


def log_all(run: "wandb.sdk.wandb_run.Run", loss: torch.Tensor) -> None:
    assert isinstance(run, wandb.wandb_run.Run)
    run.log({"loss": loss, "loss_item": loss.item()})


assert wandb.run is None
run = wandb.init(project="torch", id="abc123", resume="allow", config=dict(lr=0.1), magic=True, monitor_gym=False)
assert wandb.run is run and not run.resumed
model = nn.Linear(2, 1)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=wandb.config.lr)
wandb.watch(model, criterion, log="all", log_freq=2, log_graph=False)
for _ in range(4):
    optimizer.zero_grad()
    loss = criterion(model(torch.ones(3, 2)), torch.zeros(3, 1))
    loss.backward()
    optimizer.step()
    log_all(run, loss.detach())
wandb.unwatch(model)
run.summary["best"] = 0.5
run.name = "renamed"
run.tags += ("late",)
run.notes = "changed"
wandb.termlog("done")
run.mark_preempting()
run.log_code(".")
wandb.finish(exit_code=0)

run = wandb.init(project="torch", id="abc123", resume="must", config={"more": 1})
assert run.resumed and run.step == 4, run.step
assert dict(run.config) == {"lr": 0.1, "more": 1}, run.config
assert run.summary["best"] == 0.5 and run.summary["loss_item"] == loss.item(), run.summary
run.finish()
