"""What a reader may choose arrives as text or as Python values, and is refused in one sentence."""

import pytest

from belvedere.core.errors import UsageError
from belvedere.figures.options import Choice, Number, Option, SeriesName, Word, chosen, described

OPTIONS: dict[str, Option] = {
    "view": Choice(("cloud", "heatmap")),
    "layer": Number(None, 0, 31),
    "threshold": Number(0.01, 0.0, 1.0, is_whole=False),
    "x": SeriesName("train/loss|loss"),
    "colour": Word("lr"),
}


def test_what_is_not_asked_for_has_its_default() -> None:
    assert chosen("f", OPTIONS, {}) == {
        "view": "cloud", "layer": None, "threshold": 0.01, "x": "train/loss|loss", "colour": "lr",
    }  # fmt: skip


def test_text_becomes_what_the_figure_takes() -> None:
    asked = {"view": "heatmap", "layer": "3", "threshold": "0.5", "x": "reward", "colour": "seed"}
    assert chosen("f", OPTIONS, asked) == {
        "view": "heatmap", "layer": 3, "threshold": 0.5, "x": "reward", "colour": "seed",
    }  # fmt: skip
    assert chosen("f", OPTIONS, {"layer": 3, "threshold": 1}) | {} == chosen(
        "f", OPTIONS, {"layer": "3", "threshold": "1"}
    )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"view": "cube"}, "figure f cannot be drawn with view='cube'; choose one of: cloud, heatmap"),
        ({"layer": "32"}, "layer='32'; give a whole number from 0 to 31"),
        ({"layer": 1.5}, "layer=1.5; give a whole number"),
        ({"layer": "nan"}, "layer='nan'; give a whole number"),
        ({"threshold": "much"}, "threshold='much'; give a number from 0 to 1"),
        ({"size": 1}, "figure f has no option 'size'; it has: view, layer, threshold, x, colour"),
    ],
)
def test_what_cannot_be_is_refused(asked: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        chosen("f", OPTIONS, asked)


def test_options_are_told_in_plain_data() -> None:
    told = {row["name"]: row for row in described(OPTIONS)}
    assert told["view"] == {
        "name": "view", "kind": "choice", "what": "", "default": "cloud", "choices": ["cloud", "heatmap"],
    }  # fmt: skip
    assert told["layer"]["kind"] == "number" and told["layer"]["is_whole"] is True
    assert told["x"]["kind"] == "series" and told["colour"]["kind"] == "word"
