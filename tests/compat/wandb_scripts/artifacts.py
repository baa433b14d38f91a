# ruff: noqa - written as people write for W&B, and run with one line changed by test_wandb_scripts.py
"""Data in, model out."""

import os

import wandb

run = wandb.init(project="artifacts", job_type="upload")
os.makedirs("data", exist_ok=True)
for name in ("train.txt", "test.txt"):
    with open(f"data/{name}", "w") as target:
        target.write(name)
artifact = wandb.Artifact("dataset", type="dataset", description="two files", metadata={"rows": 2})
artifact.add_dir("data")
artifact.add_reference("s3://bucket/more", name="more")
with artifact.new_file("readme.md") as target:
    target.write("# read me")
run.log_artifact(artifact, aliases=["clean"])
artifact.wait()
assert artifact.version == "v0", artifact.version
run.finish()

run = wandb.init(project="artifacts", job_type="train")
dataset = run.use_artifact("dataset:latest", type="dataset")
folder = dataset.download()
assert sorted(os.listdir(folder)) == ["readme.md", "test.txt", "train.txt"]
assert open(dataset.get_path("train.txt").download()).read() == "train.txt"
with open("model.pt", "wb") as target:
    target.write(b"weights")
draft = dataset.new_draft()
with draft.new_file("more.txt") as target:
    target.write("more")
draft.add(wandb.Table(columns=["x"], data=[[1], [None]]), "numbers")
run.log_artifact(draft)
assert draft.version == "v1" and draft.get("numbers").data == [[1], [None]]
draft.aliases.append("prod")
draft.metadata["rows"] = 3
draft.save()
found = wandb.Api().artifact("artifacts/dataset:prod")
assert (found.version, found.metadata, found.logged_by().id) == ("v1", {"rows": 3}, run.id)
assert [one.version for one in wandb.Api().artifacts("dataset", "artifacts/dataset")] == ["v1", "v0"]
assert [one.id for one in wandb.Api().artifact("artifacts/dataset:clean").used_by()] == [run.id]
run.link_artifact(draft, "chosen", aliases=["now"])
assert run.use_artifact("chosen:now").digest == draft.digest
model = wandb.Artifact(f"model-{run.id}", type="model")
model.add_file("model.pt")
run.log_artifact(model)
wandb.save("model.pt")
wandb.log_artifact("model.pt", name="weights", type="model")
wandb.finish()
