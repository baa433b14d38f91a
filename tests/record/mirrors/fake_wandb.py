"""A stand-in for W&B's client: writes what it is told as JSON lines to $FAKE_WANDB_LOG, and misbehaves on demand.

$FAKE_WANDB_MODE: "block" (log never returns), "raise" (log raises), "no-server" (init raises unless offline), "broken"
(init always raises).
"""

import json
import os
import threading
from pathlib import Path

MODE = os.environ.get("FAKE_WANDB_MODE", "")


def tell(what, *values, **named):
    with open(os.environ["FAKE_WANDB_LOG"], "a", encoding="utf-8") as log:
        log.write(json.dumps([what, *values, named] if named else [what, *values], default=shown) + "\n")


def shown(value):
    return value.told if isinstance(value, Rich) else repr(value)


class Rich:
    def __init__(self, *values, **named):
        plain = [value.tolist() if hasattr(value, "tolist") else value for value in values]
        self.told = [
            type(self).__name__,
            *(repr(value) if not isinstance(value, str | list) else value for value in plain),
        ]
        self.told += [{key: repr(value) for key, value in sorted(named.items()) if value is not None}]


Image, Audio, Video, Html, Plotly, Object3D, Table, Histogram, Molecule = (
    type(name, (Rich,), {})
    for name in ("Image", "Audio", "Video", "Html", "Plotly", "Object3D", "Table", "Histogram", "Molecule")
)


class Artifact:
    def __init__(self, name, type, description=None, metadata=None):
        self.told = [name, type, metadata]

    def add_file(self, path, name):
        self.told.append([name, Path(path).read_text(encoding="utf-8", errors="replace")])


class Settings:
    model_fields = dict.fromkeys(("console", "silent", "base_url", "api_key"))

    def __init__(self, **fields):
        self.fields = fields


class Section(dict):
    def __init__(self, name):
        self.name = name

    def update(self, values, **named):
        tell(self.name, values)

    def __setitem__(self, key, value):
        tell(self.name, {key: value})


class Run:
    starting_step = 0
    url = "http://server/run"

    def __init__(self, offline):
        self.offline, self.dir = offline, str(Path(os.environ["FAKE_WANDB_LOG"]).parent / "files")
        self.config, self.summary = Section("config"), Section("summary")

    def log(self, values, step=None):
        tell("log", step, values)
        if MODE == "block":
            threading.Event().wait()
        if MODE == "raise":
            raise RuntimeError("the client is unwell")

    def log_artifact(self, artifact, aliases=None):
        tell("artifact", artifact.told, aliases)

    def define_metric(self, name, step_metric=None, summary=None, hidden=None):
        tell("define", name, step_metric, summary)

    def alert(self, title, text, level, wait_duration):
        tell("alert", title, text, level)

    def save(self, path, base_path, policy):
        tell("save", os.path.relpath(path, base_path), Path(path).read_text(encoding="utf-8", errors="replace"))

    def finish(self, exit_code=0):
        tell("finish", exit_code)


def teardown():
    tell("teardown")


def init(**asked):
    if MODE == "broken" or (MODE == "no-server" and asked["mode"] != "offline"):
        raise ConnectionError("nobody answers")
    named = {key: value for key, value in asked.items() if key != "settings" and value is not None}
    tell("init", named, asked["settings"].fields)
    return Run(asked["mode"] == "offline")
