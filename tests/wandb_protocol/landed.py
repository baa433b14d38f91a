"""Runs on disk as W&B's client leaves them, written without a client."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from belvedere.core.entries import Configured, Console, Described, RunFinished, RunStarted, Stored
from belvedere.importers.wandb.rows import history_row, system_row
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import run_folder, writer_id

BEGAN = 1_700_000_000.0


def land(
    root: Path, run_id: str = "run1", rows: Sequence[Mapping[str, Stored]] = (), *, project: str = "p",
    number: int = 0, resume_from: int | None = None, state: str | None = "finished", name: str = "", group: str = "",
    tags: Sequence[str] = (), notes: str | None = None, config: Mapping[str, Stored] | None = None,
    facts: Mapping[str, Stored] | None = None, system: Sequence[Mapping[str, Stored]] = (),
    console: Sequence[str] = (),
) -> None:  # fmt: skip
    """One attempt of a run; a row without `_step` has its place among `rows`, without `_timestamp` a second a step.
    `number` tells attempts and runs apart: each begins a day after the one before."""
    began = BEGAN + 86_400 * number
    root.mkdir(exist_ok=True)
    folder = run_folder(root, project, run_id)
    identity = writer_id(0, round(began * 1e9), f"{number:04x}")
    started = RunStarted(
        began, project, run_id, identity, name=name, group=group, job_type="train", tags=tags, host="elsewhere",
        resume_from=resume_from,
    )  # fmt: skip
    landing = Landing(folder, started)
    landing.event(Configured(began, dict(config or {})))
    if notes is not None:
        landing.event(Described(began, notes=notes))
    nested: dict[str, Stored] = {}
    for place, row in enumerate(rows):
        found = history_row({"_runtime": float(place), **row}, step=place, time_us=round((began + place) * 1e6))
        landing.row(found.step, found.time_us, found.values)
        nested |= found.nested
    for step, row in enumerate(system):
        time_us, values = system_row(row, time_us=round((began + step) * 1e6))
        landing.row(step, time_us, values)
    for place, line in enumerate(console):
        landing.event(Console(began + place, "stderr" if line.startswith("ERROR ") else "stdout", line))
    landing.event(Configured(began, {**(facts or {}), **({"nested": nested} if nested else {})}, section="wandb"))
    if state is not None:
        landing.event(RunFinished(began + len(rows), state))
    landing.close()
