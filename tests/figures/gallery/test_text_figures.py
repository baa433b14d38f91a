"""Samples and completions: the rows of a step, in order, with what differs marked and nothing read as HTML."""

import pytest

from belvedere.core.series import RunData
from belvedere.core.values import Table
from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.completions import completions, completions_of, reward_strip
from belvedere.figures.gallery.text_samples import samples_of, text_samples
from belvedere.figures.tables import against_target, plain
from tests.analysis.runs import NAN
from tests.figures.logged import logged

SAMPLES = ["step", "input", "output", "target", "accuracy"]
COMPLETIONS = ["step", "prompt", "completion", "answer", "reward", "advantage"]


def test_what_the_target_does_not_have_is_marked() -> None:
    assert against_target("a red dog", "a blue dog") == "a <b><u>red</u></b> dog"
    assert against_target("a dog", "a dog") == "a dog"
    assert against_target("<b>x</b>", None) == "‹b›x‹/b›"


def test_a_cell_is_one_line_without_html() -> None:
    assert plain("a\n<i>") == "a⏎ ‹i›"
    assert (plain(0.123456), plain(None), plain(3)) == ("0.1235", "–", "3")
    assert len(plain("x" * 500)) == 180


def test_rows_belong_to_the_step_they_name_and_later_tables_repeat_them() -> None:
    first = logged(0, Table(SAMPLES, [[0, "a", "b", "c", 0.5]]))
    second = logged(9, Table(SAMPLES, [[0, "a", "b", "c", 0.5], [9, "a", "c", "c", 1.0]]))
    found, reason = samples_of([first, second])
    assert ({step: len(rows) for step, rows in found.items()}, reason) == ({0: 1, 9: 1}, "")


def test_the_slider_changes_the_rows() -> None:
    tables = tuple(logged(step, Table(SAMPLES, [[step, "in", f"out {step}", "out 5", 0.5]])) for step in (0, 5))
    drawing = text_samples(RunData("a", media={"samples": tables}))
    assert isinstance(drawing, Drawn)
    assert drawing.figure.layout.meta["steps"] == [0, 5]
    assert [list(column) for column in drawing.figure.data[0].cells.values] == [
        ["5"],
        ["in"],
        ["out 5"],
        ["out 5"],
        ["0.5"],
    ]
    assert drawing.figure.frames[0].data[0].cells.values[2][0] == "out <b><u>0</u></b>"


def test_a_table_without_texts_is_refused_with_its_columns() -> None:
    drawing = text_samples(RunData("a", media={"samples": (logged(0, Table(["loss"], [[1.0]])),)}))
    assert isinstance(drawing, Refused)
    assert drawing.reason == "No column output or input in the table of samples; it has: loss."


def test_completions_stand_by_group_the_best_first() -> None:
    rows = [[3, "p", "bad", "A", 0.0, -0.5], [3, "q", "x", "B", NAN, NAN], [3, "p", "good", "A", 1.0, 0.5]]
    drawing = completions(RunData("a", media={"completions": (logged(3, Table(COMPLETIONS, rows)),)}))
    assert isinstance(drawing, Drawn)
    cells = drawing.figure.data[-1].cells.values
    assert [list(column) for column in cells] == [
        ["p", "p", "q"], ["good", "bad", "x"], ["A", "A", "B"], ["1", "0", "–"], ["+0.5", "-0.5", "–"],
    ]  # fmt: skip


def test_the_strip_counts_rewards_by_step() -> None:
    rows = [[1, "p", "", "", 1.0, 0], [1, "p", "", "", 1.0, 0], [1, "p", "", "", 0.0, 0], [2, "p", "", "", NAN, 0]]
    found, _ = completions_of([logged(1, Table(COMPLETIONS, rows))])
    strip = reward_strip([one for samples in found.values() for one in samples])
    assert (strip.steps.tolist(), strip.rewards.tolist(), strip.counts.tolist()) == ([1, 1], [0, 1], [1, 2])
    assert strip.means.tolist() == pytest.approx([2 / 3])
