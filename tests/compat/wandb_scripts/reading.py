# ruff: noqa - written as people write for W&B, and run with one line changed by test_wandb_scripts.py
"""What was recorded, read back."""

import wandb

for lr in (0.1, 0.2, 0.3):
    with wandb.init(project="reading", name=f"lr-{lr}", config={"lr": lr}, group="g") as run:
        for step in range(5):
            wandb.log({"loss": lr / (step + 1), "acc": step})

api = wandb.Api()
runs = api.runs(
    "my-team/reading", filters={"config.lr": {"$gt": 0.15}, "state": "finished"}, order="-summary_metrics.loss"
)
assert [run.name for run in runs] == ["lr-0.3", "lr-0.2"], [run.name for run in runs]
summary_list = [run.summary._json_dict for run in runs]
config_list = [{k: v for k, v in run.config.items() if not k.startswith("_")} for run in runs]
assert config_list == [{"lr": 0.3}, {"lr": 0.2}]
assert summary_list[0]["acc"] == 4
run = api.run(f"my-team/reading/{runs[0].id}")
history = run.history(keys=["loss"], pandas=False)
assert [row["_step"] for row in history] == [0, 1, 2, 3, 4]
assert [row["loss"] for row in run.scan_history(keys=["loss"])] == [0.3 / (step + 1) for step in range(5)]
assert run.lastHistoryStep == 4
try:
    api.run("my-team/reading/nothing")
except (wandb.errors.CommError, wandb.Error) as error:
    print("not there:", error)
