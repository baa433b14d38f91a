"""Asks `wandb.Api()` about three runs, changes and deletes, and prints the answers as one line of JSON."""

import json
from pathlib import Path

import wandb

PROJECT = "api"
seen: dict[str, object] = {}

for number, (name, lr) in enumerate([("ada", 0.1), ("bob", 0.2), ("cyd", 0.3)]):
    with wandb.init(project=PROJECT, id=f"r{number}", name=name, config={"lr": lr, "net": {"depth": number}, "old": 1},
                    tags=["odd" if number % 2 else "even"], group="g" if number else None) as run:  # fmt: skip
        run.define_metric("val/*", step_metric="epoch")
        for step in range(50):
            run.log({"loss": lr / (step + 1), "only": step} if step % 5 == 0 else {"loss": lr / (step + 1)})

api = wandb.Api()


def found(filters: dict[str, object] | None = None, order: str = "+created_at") -> list[str]:
    return [run.name for run in api.runs(PROJECT, filters=filters, order=order)]


seen["projects"] = PROJECT in [project.name for project in api.projects()]
seen["all"] = found()
seen["newest first"] = found(order="-created_at")
seen["best first"] = found(order="-summary_metrics.loss")
seen["by config"] = found(order="-config.lr.value")
seen["filters"] = {
    name: found(filters)
    for name, filters in {
        "equal": {"config.lr": 0.2},
        "nested": {"config.net.depth": {"$gte": 1}},
        "or": {"$or": [{"display_name": "ada"}, {"config.lr": {"$gt": 0.25}}]},
        "and": {"$and": [{"tags": {"$in": ["even"]}}, {"summary_metrics.loss": {"$lt": 0.003}}]},
        "regex": {"display_name": {"$regex": "^[ab]"}},
        "state": {"state": "finished"},
        "no state": {"state": {"$ne": "finished"}},
        "group": {"group": "g"},
        "no group": {"group": {"$exists": False}},
        "all tags": {"tags": {"$all": ["odd"]}},
        "nothing": {"config.absent": 1},
    }.items()
}
seen["length and slice"] = [len(api.runs(PROJECT)), api.runs(PROJECT, per_page=1)[2].name]

run = api.run(f"{PROJECT}/r1")
table = run.history(samples=1000)
seen["history"] = [len(table), sorted(column for column in table.columns if not column.startswith("_"))]
seen["keys"] = run.history(keys=["only"], pandas=False)[:2]
seen["sampled"] = len(run.history(samples=10, pandas=False))
seen["one"] = [row["_step"] for row in run.history(samples=1, pandas=False)]
seen["own axis"] = run.history(keys=["loss"], x_axis="only", pandas=False)[-1]
seen["system"] = any(key.startswith("system.") for row in run.history(stream="system", pandas=False) for key in row)
seen["scan"] = [[row["_step"], row["loss"]] for row in run.scan_history(min_step=10, max_step=13, page_size=2)]
seen["scan of keys"] = list(run.scan_history(keys=["only", "_step"]))[-1]
seen["state"] = [run.state, run.group, run.lastHistoryStep, run.entity, run.project, run.path[-1]]

run.config["lr"] = 0.5
run.config["added"] = [1, None, "two"]
del run.config["old"]
run.tags.append("new")
run.notes = "later\nwords"
run.name = "robert"
run.update()
run.summary["score"] = {"a": [1.5]}
run.summary.update()
Path("up.txt").write_text("uploaded later")
run.upload_file("up.txt")
run = wandb.Api().run(f"{PROJECT}/r1")
seen["updated"] = [run.config, run.tags, run.notes, run.name, run.summary["score"]["a"], run.summary["loss"]]
seen["uploaded"] = run.file("up.txt").download("down", replace=True).read()
run.file("up.txt").delete()
seen["deleted file"] = "up.txt" in [file.name for file in wandb.Api().run(f"{PROJECT}/r1").files()]
api.run(f"{PROJECT}/r0").delete()
try:
    wandb.Api().run(f"{PROJECT}/r0")
except (wandb.errors.CommError, ValueError) as error:
    seen["deleted"] = f"{type(error).__name__}: {error}"
seen["left"] = [run.name for run in wandb.Api().runs(PROJECT)]
seen["lists of services"] = [list(api.reports(PROJECT)), list(api.automations("belvedere")), list(api.automations())]
try:
    seen["queue"] = wandb.Api().run_queue("belvedere", "queue").id
except wandb.errors.CommError as error:
    seen["queue"] = str(error).strip()
print(json.dumps(seen))
