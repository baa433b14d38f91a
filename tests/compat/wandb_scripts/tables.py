# ruff: noqa - written as people write for W&B, and run with one line changed by test_wandb_scripts.py
"""Tables, and charts of them."""

import numpy as np

import wandb

run = wandb.init(project="tables")
table = wandb.Table(columns=["id", "image", "label"])
for place in range(3):
    table.add_data(place, wandb.Image(np.zeros((4, 4, 3), dtype=np.uint8)), str(place % 2))
table.add_column("score", [0.1, 0.2, 0.7])
assert [row[2] for _, row in table.iterrows()] == ["0", "1", "0"]
assert table.get_column("id") == [0, 1, 2]
wandb.log({"predictions": table})
points = [[x, x * x] for x in range(5)]
data = wandb.Table(data=points, columns=["x", "y"])
wandb.log({
    "line": wandb.plot.line(data, "x", "y", title="Squares"),
    "scatter": wandb.plot.scatter(data, "x", "y"),
    "bar": wandb.plot.bar(wandb.Table(data=[["a", 1], ["b", 2]], columns=["label", "value"]), "label", "value"),
    "hist": wandb.plot.histogram(data, "y", title="How y is spread"),
    "series": wandb.plot.line_series(xs=[0, 1, 2], ys=[[1, 2, 3], [3, 2, 1]], keys=["up", "down"], title="Two", xname="t"),
    "named": wandb.plot_table("wandb/line/v0", data, {"x": "x", "y": "y"}),
})  # fmt: skip
run.finish()
