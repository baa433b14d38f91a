"""Watches a small model while it trains, and sends an alert of every level."""

import json

import torch
import wandb

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
with wandb.init(project="watch", id="model") as run:
    run.watch(model, log="all", log_freq=2, log_graph=True)
    for _ in range(6):
        rows = torch.randn(16, 4)
        loss = ((model(rows).squeeze(-1) - rows.sum(-1)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.log({"train/loss": loss.item()})
    for level in wandb.AlertLevel:
        run.alert(title=f"title {level.name}", text="first line\nsecond", level=level, wait_duration=0)
    run.alert(title="no words", text="")
    run.mark_preempting()
found = wandb.Api().run("watch/model")
graph = found.summary["graph_0"]
content = json.loads(found.file(graph["path"]).download("down", replace=True).read())
print(json.dumps({"type": graph["_type"], "nodes": [node["class_name"].split("(")[0] for node in content["nodes"]]}))
