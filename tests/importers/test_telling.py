"""What is told of a run is told once, and again when it changed."""

from pathlib import Path

import pytest

from belvedere.core.entries import Described, RunStarted
from belvedere.importers.telling import Told, spoken
from belvedere.runlog import layout
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import RunFolder
from tests.importers.brought import runs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("-0.5", -0.5), ("1e-3", 0.001), ("True", True), ("False", False), ("None", "None"), ("", ""),
        ("1_000", "1_000"), ("adam", "adam"), ("inf", float("inf")), ("[1, 2]", "[1, 2]"), ("9" * 60, "9" * 60),
        ("007", "007"), ("0.5", 0.5), ("0", 0),
    ],
)  # fmt: skip
def test_text_that_is_a_number_is_one(text: str, value: object) -> None:
    assert spoken(text) == value and type(spoken(text)) is type(value)


def test_a_fact_is_written_when_it_changed(tmp_path: Path) -> None:
    started = RunStarted(1.0, "p", "r", layout.writer_id(0, 1, "0a"), name="first")
    sizes = []
    for values in ({"lr": 0.1}, {"lr": 0.1}, {"lr": 0.2}):
        landing = Landing(RunFolder(tmp_path, "p", "r"), started)
        before = len(b"".join(path.read_bytes() for path in tmp_path.rglob("*.rlog")))
        told = Told(landing, tell=pytest.fail)
        told.config(2.0, values)
        told.described(Described(2.0, name="second"))
        sizes.append(len(b"".join(path.read_bytes() for path in tmp_path.rglob("*.rlog"))) > before)
        told.commit()
        landing.close()
    assert sizes == [True, False, True]
    assert runs(tmp_path)["second"].config == {"lr": 0.2}
