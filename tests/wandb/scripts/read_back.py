"""Everything that `wandb.Api()` says about a run, as JSON (NaN and Infinity stand bare)."""

import json
import sys
from pathlib import Path

import wandb

api = wandb.Api(timeout=60)
run = api.run(sys.argv[1])
folder = Path(sys.argv[2])
downloaded = {}
for file in run.files():
    with file.download(str(folder / "files"), replace=True) as content:
        downloaded[file.name] = len(Path(content.name).read_bytes())
artifacts = [artifact for artifact in run.logged_artifacts() if artifact.type == "model"]
texts = {}
for artifact in artifacts:
    place = Path(artifact.download(str(folder / "artifact")))
    texts |= {str(path.relative_to(place)): path.stat().st_size for path in place.rglob("*") if path.is_file()}
print(json.dumps({
    "name": run.name, "state": run.state, "tags": run.tags, "group": run.group, "job_type": run.job_type,
    "notes": run.notes, "config": dict(run.config), "summary": run.summary._json_dict,
    "rows": list(run.scan_history()), "keys": sorted(run.history(samples=10, pandas=False)[0]),
    "system": len(run.history(stream="system", pandas=False)), "files": downloaded, "url": run.url,
    "metadata": run.metadata, "artifacts": [[one.name, sorted(one.aliases), one.metadata] for one in artifacts],
    "artifact_files": texts, "last_step": run.lastHistoryStep,
}, default=str))  # fmt: skip
