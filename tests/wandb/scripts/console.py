"""Prints as trainings print, with bars that rewrite their line, and keeps its code beside its run."""

import json
import sys
from pathlib import Path

import wandb
from tqdm import tqdm

code = Path("code")
(code / "deep").mkdir(parents=True)
(code / "train.py").write_text("print('train')\n")
(code / "deep" / "model.py").write_text("WIDTH = 3\n")
(code / "notes.md").write_text("not code\n")
with wandb.init(project="console", id="lines") as run:
    print("first line")
    print("warned", file=sys.stderr)
    for number in tqdm(range(40), desc="epoch", mininterval=0, file=sys.stdout, ncols=60):
        run.log({"loss": 1 / (number + 1)})
    sys.stdout.write("half a ")
    sys.stdout.write("line\n")
    print("ünïcode ☃ \x1b[31mred\x1b[0m")
    print("two\nlines")
    logged = run.log_code("code")
    print("last line")
logged.wait()
api = wandb.Api()
found = api.run("console/lines")
print(json.dumps(sorted(file.name for file in found.files())))
print(json.dumps([[one.type, sorted(one.manifest.entries)] for one in found.logged_artifacts()]))
requirements = found.file("requirements.txt").download("down", replace=True).read().split()
print(json.dumps(dict(line.split("==", 1) for line in requirements if "==" in line)))
