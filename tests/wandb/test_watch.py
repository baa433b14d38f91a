"""A watched model and alerts: histograms of its gradients and weights, its graph, and words above the charts."""

import json

import belvedere as bv
from tests.wandb.real import Client, Server
from tests.wandb.test_everything import script

LAYERS = ("0.weight", "0.bias", "2.weight", "2.bias")


def test_a_watched_model_has_histograms_a_graph_and_alerts(shared: Server, shared_client: Client) -> None:
    output = shared_client.run(script("watch.py"), WANDB_SILENT="true")
    graph = json.loads(output.splitlines()[-1])
    run = bv.open(shared.root).run("watch/model")
    kinds = {info.key: info.kind for info in run.keys() if info.kind != "scalar"}
    assert kinds == {f"{what}/{layer}": "histogram" for what in ("gradients", "parameters") for layer in LAYERS}
    items = run.media("gradients/0.weight")
    assert [item.step for item in items] == [1, 3, 5]
    assert graph["type"] == "graph-file"
    assert graph["nodes"] == ["Linear", "ReLU", "Linear"]
    alerts = [(alert.title, alert.text, alert.level) for alert in run.alerts]
    text = "first line\nsecond"
    assert alerts == [
        ("title INFO", text, "info"), ("title WARN", text, "warning"), ("title ERROR", text, "critical"),
        ("no words", "", "info"),
    ]  # fmt: skip
