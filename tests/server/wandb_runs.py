"""A run as W&B's client leaves it: tables, definitions of charts, an axis of its own, a hidden series, files."""

import json
from pathlib import Path

from belvedere.core.entries import Configured, Defined, FileSaved, Stored
from belvedere.runlog.layout import RunFolder, run_folder
from belvedere.runlog.media import keep
from tests.server.recorded import BEGAN, writer_of

LINE: dict[str, Stored] = {
    "panelDefId": "wandb/line/v0", "fieldSettings": {"x": "x", "y": "y"}, "stringSettings": {"title": "a line"}
}  # fmt: skip


def record_wandb(root: Path, run_id: str = "foreign", project: str = "p") -> RunFolder:
    """Ten steps of val/loss over epochs; the chart "curve" at two steps, "broken" whose column is missing."""
    folder = run_folder(root, project, run_id)
    writer = writer_of(folder, is_alive=False)
    broken: dict[str, Stored] = {**LINE, "fieldSettings": {"x": "x", "y": "gone"}}
    told: dict[str, Stored] = {key: {"panel_config": one} for key, one in (("curve", LINE), ("broken", broken))}
    writer.event(Configured(BEGAN, {"config": {"visualize": told}}, "wandb"))
    writer.event(Defined(BEGAN, "epoch", hidden=True))
    writer.event(Defined(BEGAN, "val/*", x="epoch"))
    writer.event(Defined(BEGAN, "lr", x="never logged"))
    for step in range(10):
        writer.row(step, {"val/loss": 1.0 / (step + 1), "epoch": step // 2, "lr": 0.1, "system/cpu": 50.0})
    for step, rows in ((4, [[0, 1.0], [1, 2.0]]), (9, [[0, 1.0], [1, 3.0]])):
        writer.row(step, {"curve_table": table(folder, rows), "broken_table": table(folder, rows)})
    notes = keep(folder, b"a saved file", ".txt")
    writer.event(FileSaved(BEGAN, "notes.txt", notes.sha256, notes.size_bytes))
    writer.event(FileSaved(BEGAN, "media/table/gone.table.json", "0" * 64, 7))
    writer.close()
    return folder


def table(folder: RunFolder, rows: Stored) -> dict[str, Stored]:
    """A table whose content is kept, as its record."""
    kept = keep(folder, json.dumps({"columns": ["x", "y"], "data": rows}).encode(), ".table.json")
    return {"_type": "table", "sha256": kept.sha256, "size": kept.size_bytes, "suffix": kept.suffix, "rows": 2}
