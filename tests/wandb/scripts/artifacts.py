"""Logs, uses, links, edits and deletes artifacts, and prints what it saw as one line of JSON. Argument: a folder."""

import json
import sys
from pathlib import Path

import numpy as np
import wandb

folder = Path(sys.argv[1])
(folder / "in" / "sub").mkdir(parents=True)
(folder / "in" / "a.txt").write_text("first")
(folder / "in" / "sub" / "b.bin").write_bytes(bytes(range(256)))
seen = {}


def logged(name, **more):
    artifact = wandb.Artifact(name, type="dataset", **more)
    artifact.add_dir(str(folder / "in"))
    artifact.add_reference((folder / "in" / "a.txt").as_uri(), name="far.txt")
    return artifact


def part(name, **more):
    artifact = wandb.Artifact("together", type="parts", **more)
    artifact.add_file(str(folder / "in" / "a.txt"), name=name)
    return artifact


def called(artifact):
    return [artifact.version, sorted(artifact.aliases)]


with wandb.init(project="art", id="maker") as run:
    first = run.log_artifact(logged("ds", description="words", metadata={"n": 3}), aliases=["best"]).wait()
    seen["first"] = [*called(first), first.description, first.metadata, first.size]
    seen["same again"] = called(run.log_artifact(logged("ds")).wait())
    (folder / "in" / "a.txt").write_text("second")
    second = run.log_artifact(logged("ds")).wait()
    seen["second"] = called(second)
    run.link_artifact(second, "portfolio", aliases=["prod"])
    run.upsert_artifact(part("one"), distributed_id="several")
    picture = wandb.Image(np.full((4, 4, 3), 200, "uint8"), caption="grey")
    run.log({"eval/table": wandb.Table(columns=["i", "picture"], data=[[1, picture], [2, None]])})

with wandb.init(project="art", id="user") as run:
    run.finish_artifact(part("two"), distributed_id="several").wait()
    run.log_artifact(part("three", incremental=True)).wait()
    used = run.use_artifact("ds:best")
    place = Path(used.download(str(folder / "out")))
    seen["downloaded"] = sorted(one.relative_to(place).as_posix() for one in place.rglob("*") if one.is_file())
    seen["content"] = (place / "a.txt").read_text()
    seen["bytes equal"] = (place / "sub" / "b.bin").read_bytes() == bytes(range(256))

api = wandb.Api()
seen["user"] = [one.name for one in api.run("art/user").used_artifacts()]
seen["maker"] = sorted(one.type for one in api.run("art/maker").logged_artifacts())
seen["together"] = [sorted(api.artifact(f"art/together:v{i}").manifest.entries) for i in (0, 1)]
found = api.artifact("art/ds:v0")
seen["runs"] = [found.logged_by().id, [one.id for one in found.used_by()]]
found.description, found.tags = "other words", ["t"]
found.aliases.append("gold")
found.aliases.remove("best")
found.metadata["m"] = [1, 2]
found.save()
found = api.artifact("art/ds:gold")
seen["edited"] = [*called(found), found.description, found.metadata, found.tags]
link = api.artifact("art/portfolio:prod")
seen["linked"] = [link.version, link.source_name, link.is_link]
seen["exists"] = [api.artifact_exists(f"art/{name}") for name in ("ds:v1", "ds:v9", "nothing:latest")]
seen["types"] = sorted(one.name for one in api.artifact_types("art"))
seen["collections"] = sorted(one.name for one in api.artifact_collections("art", "dataset"))
draft = api.artifact("art/ds:v0").new_draft()
with draft.new_file("extra.txt") as file:
    file.write("extra")
draft.remove("a.txt")
draft.save()
draft.wait()
seen["draft"] = [*called(draft), sorted(draft.manifest.entries)]
api.artifact("art/ds:v1").delete(delete_aliases=True)
seen["left"] = [called(one) for one in api.artifacts("dataset", "art/ds")]
(table,) = (one for one in api.run("art/maker").logged_artifacts() if one.type == "run_table")
rows = table.get("eval/table").data
seen["table"] = [rows[0][0], type(rows[0][1]).__name__, rows[1]]
ours = api.artifact("art/ours:best")  # logged by `import belvedere as wandb` into the folder of the server
with wandb.init(project="art", id="both") as run:
    run.use_artifact(ours)
    again = wandb.Artifact("ours", type="dataset")
    again.add_dir(str(folder / "in"), name="in")
    seen["same content"] = run.log_artifact(again).wait().version
place = Path(ours.download(str(folder / "theirs")))
seen["ours"] = [ours.version, ours.metadata, sorted(one.relative_to(place).as_posix() for one in place.rglob("*.*"))]
seen["our table"] = api.artifact("art/numbers:latest").get("numbers").data
print(json.dumps(seen))
