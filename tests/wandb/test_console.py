"""What a training prints, and the code that it keeps beside its run."""

import json

import belvedere as bv
from tests.wandb.real import Client, Server
from tests.wandb.test_everything import script


def test_lines_that_were_rewritten_stand_as_they_were_left(shared: Server, shared_client: Client) -> None:
    output = shared_client.run(script("console.py"), WANDB_SILENT="true")
    files, artifacts, uploaded = map(json.loads, output.splitlines()[-3:])
    run = bv.open(shared.root).run("console/lines")
    lines = [(line.stream, line.text) for line in run.console()]
    bars = [text for _, text in lines if text.startswith("epoch:")]
    assert len(bars) == 1
    assert bars[0].startswith("epoch: 100%|") and "40/40" in bars[0]
    assert [line for line in lines if not line[1].startswith("epoch:")] == [
        ("stdout", "first line"), ("stderr", "warned"), ("stdout", "half a line"),
        ("stdout", "ünïcode ☃ \x1b[31mred\x1b[0m"), ("stdout", "two"), ("stdout", "lines"), ("stdout", "last line"),
    ]  # fmt: skip
    times = [line.time for line in run.console()]
    assert times == sorted(times)
    assert {"config.yaml", "output.log", "requirements.txt", "wandb-metadata.json", "wandb-summary.json"} <= set(files)
    assert artifacts == [["code", ["deep/model.py", "train.py"]]]
    assert uploaded["wandb"] == "0.31.0" and "torch" in uploaded
