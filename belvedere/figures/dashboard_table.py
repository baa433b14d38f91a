"""The table of the last samples on the dashboard: what the model said, its words tinted where the target is known."""

import difflib
import math
import re
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet
from matplotlib.patches import Rectangle

from belvedere.figures.dashboard_colours import TABLE_HEAD, TABLE_HEAD_INK, Colours
from belvedere.figures.dashboard_content import SAMPLES, Sample

CUT = 40  # characters of a text that are shown
HEAD = ("Step", "Input Text", "Model Output", "Accuracy")
LEFT = (0.008, 0.075, 0.415, 0.905)  # of each column, as a share of the panel's width
POINTS = 11.0
EM = 0.60205  # width of a character of DejaVu Sans Mono, in its size
POINTS_PER_INCH = 72.0
SIGNS = str.maketrans({"\n": "↵", "\t": "→", "\r": "␍", "\0": "␀"})
TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
SAMPLES_MAX = 8  # rows that there is room for


def draw_samples(sheet: Sheet, axes: Axes, samples: Sequence[Sample], colours: Colours) -> None:
    """The head, and a row for each sample, oldest first."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    title = "Text samples"
    if any(sample.target for sample in samples):
        title += ": what agrees with the target has a green ground, what does not a red one and a line under it"
    axes.set_title(title, loc="left", size=12.5, color=colours.ink, pad=10, y=1.0)
    shown = samples[-SAMPLES_MAX:]
    height = 1.0 / (1 + max(SAMPLES, len(shown)))
    axes.add_patch(Rectangle((0, 1 - height), 1, height, color=TABLE_HEAD, linewidth=0))
    for words, left in zip(HEAD, LEFT):
        _text(axes, left, 1 - height / 2, words, TABLE_HEAD_INK, is_bold=True)
    if not samples:
        words = "No samples were recorded. Log a bv.Table named samples with input, output, target and accuracy."
        axes.text(0.5, 0.45, words, ha="center", va="center", size=11, color=colours.second)
        return
    size = sheet.get_size_inches()
    width_inches = float(size[0]) * axes.get_position().width
    character = POINTS * EM / POINTS_PER_INCH / width_inches  # as a share of the panel's width
    for row, sample in enumerate(shown):
        top = 1 - (row + 1) * height
        if row % 2 == 0:
            axes.add_patch(Rectangle((0, top - height), 1, height, color=colours.raised, linewidth=0))
        _row(axes, top - height / 2, height, character, sample, colours)


def _row(axes: Axes, middle: float, height: float, character: float, sample: Sample, colours: Colours) -> None:
    _text(axes, LEFT[0], middle, f"{sample.step:,}", colours.ink)
    _text(axes, LEFT[1], middle, cut(sample.input) or "–", colours.ink)
    at = LEFT[2]
    if sample.target:
        for words, is_right in agreement(sample.output, sample.target):
            width = len(words) * character
            tint = colours.right if is_right else colours.wrong
            axes.add_patch(Rectangle((at, middle - height * 0.36), width, height * 0.72, color=tint, linewidth=0))
            if not is_right:
                axes.plot((at, at + width), (middle - height * 0.36,) * 2, color=colours.critical, linewidth=1.4)
            at += width
    _text(axes, LEFT[2], middle, cut(sample.output) or "–", colours.ink)
    _text(axes, LEFT[3], middle, scored(sample.accuracy), colours.ink)


def _text(axes: Axes, left: float, middle: float, words: str, colour: str, *, is_bold: bool = False) -> None:
    axes.text(
        left, middle, words, color=colour, size=POINTS, va="center", parse_math=False, clip_on=True,
        family="sans-serif" if is_bold else "monospace", weight="bold" if is_bold else "normal",
    )  # fmt: skip


def scored(accuracy: float | None) -> str:
    """A share of 1 in percent; what cannot be one, such as a reward of −1, as a number."""
    if accuracy is None or math.isnan(accuracy):
        return "–"
    return f"{accuracy * 100:.1f} %" if 0 <= accuracy <= 1 else f"{accuracy:.4g}"


def cut(text: str) -> str:
    """The first CUT characters on one line, "..." behind them when there were more."""
    line = "".join(sign if sign.isprintable() else "�" for sign in text[: CUT + 1].translate(SIGNS))
    return f"{line[:CUT]}..." if len(text) > CUT else line


def agreement(output: str, target: str) -> list[tuple[str, bool]]:
    """What is shown of an output in pieces, each with whether it stands in the target too: words, numbers and signs, as
    difflib aligns them. The pieces joined are the first CUT characters."""
    said, wanted = TOKEN.findall(output), TOKEN.findall(target[: len(output) + 4 * CUT])
    matcher = difflib.SequenceMatcher(None, said, wanted, autojunk=False)
    is_right = [False] * len(said)
    for block in matcher.get_matching_blocks():
        is_right[block.a : block.a + block.size] = [True] * block.size
    pieces, left = [], CUT
    for token, right in zip(said, is_right):
        if left <= 0:
            break
        pieces.append((token[:left], right))
        left -= len(token)
    return pieces
