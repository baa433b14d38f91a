"""What the run table says of a run whose program was not ours."""

from pathlib import Path

from belvedere.core.entries import Configured, Described, RunFinished, RunStarted, Stored
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import run_folder, writer_id
from belvedere.store.engines.folder import FolderEngine
from belvedere.store.filters import parse

BEGAN = 1_700_000_000.0


def test_notes_short_facts_and_the_number_of_rows_are_in_the_table(tmp_path: Path) -> None:
    identity = writer_id(0, round(BEGAN * 1e9), "0a")
    landing = Landing(run_folder(tmp_path, "p", "run1"), RunStarted(BEGAN, "p", "run1", identity, notes="first"))
    for step in range(3):
        landing.row(2 * step, round((BEGAN + step) * 1e6), {"loss": 1.0, **({"val": 2.0} if step else {})})
    for second in range(9):
        landing.row(4, round((BEGAN + second) * 1e6), {"system/cpu": 1.0})
    facts: dict[str, Stored] = {
        "sweep": "s1",
        "count": 3,
        "preempting": True,
        "huge": 2**70,
        "long": "x" * 201,
        "config": {"t": 1},
        "absent": ["a"],
        "nothing": None,
    }
    landing.event(Configured(BEGAN, facts, section="wandb"))
    landing.event(Described(BEGAN, notes="second"))
    landing.event(RunFinished(BEGAN + 9))
    landing.close()
    for engine in (FolderEngine(tmp_path), FolderEngine(tmp_path)):  # the second reads what the first put down
        (row,) = engine.runs(None, "p")
        assert engine.index.rows(parse("steps > 1"), "p") == [row]  # through the catalogue
        short = {"sweep": "s1", "count": 3, "preempting": True}
        assert (row.notes, row.facts, row.rows, row.steps) == ("second", {"wandb": short}, 3, 5)
        engine.close()
