"""One line a run through what the runs differ in, the most important entry first."""

import numpy as np

from belvedere.core.series import RunData
from belvedere.figures.figure import Drawing, Drawn, Refused
from belvedere.figures.gallery.parallel_coordinates import compared, parallel_coordinates
from tests.analysis.runs import LONG, NAN, float32, series


def run_of(name: str, accuracy: float, **config: object) -> RunData:
    return RunData(name, name=name, config=config, series={"val/accuracy": series("val/accuracy", [accuracy])})


RUNS = tuple(
    run_of(f"r{place}", place / 20, depth=place // 4, rate=10.0 ** -(place % 4), optimizer="ab"[place % 2], width=64)
    for place in range(16)
)


def drawn(drawing: Drawing) -> Drawn:
    assert isinstance(drawing, Drawn)
    return drawing


def test_the_most_important_entry_is_first_and_the_outcome_last() -> None:
    lines, bars = drawn(parallel_coordinates(RUNS)).figure.data
    labels = [axis.label for axis in lines.dimensions]
    assert (labels[0], set(labels[1:3]), labels[3]) == ("depth", {"rate", "optimizer"}, "best val/accuracy")
    axes = dict(zip(labels, lines.dimensions))
    np.testing.assert_array_equal(axes["depth"].values, np.arange(16) // 4)
    np.testing.assert_allclose(axes["rate"].values, -(np.arange(16) % 4), atol=1e-6)  # logarithmic
    assert (axes["optimizer"].ticktext, axes["optimizer"].tickvals) == (("a", "b"), (0, 1))
    assert bars.text[-1] == "93%  ↑ rises with it  p = 0.001"


def test_eight_runs_are_needed_for_importances_and_it_says_so() -> None:
    drawing = drawn(parallel_coordinates(RUNS[:5]))
    assert [trace.type for trace in drawing.figure.data] == ["parcoords"]
    assert drawing.notes[-1] == ("No importances: 5 runs with an outcome are too few to tell what matters; it takes 8.")


def test_runs_without_an_outcome_are_counted_and_an_absent_entry_has_a_place_of_its_own() -> None:
    runs = (run_of("a", 0.1, dropout=0.1), run_of("b", 0.2, dropout=0.2), run_of("c", 0.3), run_of("d", NAN, dropout=1))
    drawing = drawn(parallel_coordinates(runs))
    axis = drawing.figure.data[0].dimensions[0]
    np.testing.assert_allclose(axis.values, float32([0.1, 0.2, 0.08]))
    assert axis.ticktext == ("not set", "0.1", "0.2")
    assert "Left out, because they have no finite outcome: 1." in drawing.notes


def test_names_of_runs_are_no_hyper_parameter() -> None:
    runs = [run_of(f"r{place}", place, note=f"n{place}", depth=place % 2) for place in range(30)]
    found = compared(runs, "")
    assert not isinstance(found, str)
    assert ([one.name for one in found.columns], found.dropped) == (["depth"], 1)


def test_an_objective_of_any_name() -> None:
    found = compared(RUNS, "depth")
    assert not isinstance(found, str)
    assert (found.outcome.title, "depth" in {one.name for one in found.columns}) == ("depth", False)


def test_long_names_are_shortened() -> None:
    runs = [run_of(str(place), place / 9, **{LONG: place, "b": f"<b>{place % 2}</b>"}) for place in range(9)]
    lines, _ = drawn(parallel_coordinates(runs)).figure.data
    assert max(len(axis.label) for axis in lines.dimensions) <= 18
    assert "‹b›0‹/b›" in {text for axis in lines.dimensions for text in axis.ticktext}


def test_what_cannot_be_compared_is_said() -> None:
    cases: list[tuple[tuple[RunData, ...], str]] = [
        ((), "It takes two runs to compare."),
        (RUNS[:1], "It takes two runs to compare."),
        ((RunData("a"), RunData("b")), "No run has an accuracy or a loss"),
        ((run_of("a", 0.1), run_of("b", 0.2)), "The 2 runs do not differ in their config."),
        ((run_of("a", 0.1, depth=1), run_of("b", NAN, depth=2)), "1 of 2 runs with a best val/accuracy"),
    ]
    for runs, words in cases:
        refused = parallel_coordinates(runs)
        assert isinstance(refused, Refused)
        assert refused.reason.startswith(words), refused.reason
