"""What the model wrote during training, beside what it should have written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from belvedere.core.query import Needs, evenly_chosen
from belvedere.core.series import Media, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.moving import with_frames
from belvedere.figures.options import Chosen, Number, Word
from belvedere.figures.tables import against_target, column_of, plain, readable_tables, text_table
from belvedere.figures.theme import Theme
from belvedere.figures.words import counted

TABLES = "table:samples|table:text_samples|table:*/samples|table:*samples*"
INPUTS = ("input", "prompt", "question", "text")
OUTPUTS = ("output", "completion", "generated", "generation", "model output")
TARGETS = ("target", "expected", "reference", "label")
SCORES = ("accuracy", "correct", "score")
STEPS_MAX = 40
ROWS_MAX = 50
HEADER = ("step", "input", "output", "target", "accuracy")


@dataclass(frozen=True)
class Sample:
    """One text of one step; a cell that was not logged is None."""

    step: int
    input: object
    output: object
    target: object
    accuracy: object


def _media_for(options: Mapping[str, Chosen]) -> tuple[str, ...]:
    return (f"table:{options['key']}",) if options["key"] else (TABLES,)


@figure(
    id="text_samples",
    title="Text samples",
    family="text",
    needs=Needs(media=(TABLES,)),
    media_for=_media_for,
    options={
        "rows": Number(8, 1, ROWS_MAX, what="samples at a step"),
        "key": Word("", "the table of samples, when it has another name"),
    },
    absent="No text samples were recorded. Log a Table with step, input, output, target and accuracy as samples.",
)
def text_samples(data: RunData, *, theme: Theme, rows: int, key: str) -> Drawing:
    """What the model wrote at the step under the slider, beside its input and the target.

    What it shows: the samples that were logged at one step, in the order they were logged, each output as the model
    gave it. In an output every word or sign that the target does not have there is bold and underlined. Line ends are
    ⏎; texts are cut at 180 characters.

    How to read it: early outputs repeat the most frequent words; then they take the shape of the target before they
    take its content. An output that repeats one word over thousands of steps, or the same output for every input, has
    not learned to look at the input. An output that is too perfect too early may be in the training data.

    What it does not show: how often it is so: a few samples are an impression, the evaluation curves are the measure.
    The marks compare words at their places, not meanings.
    """
    found, reason = samples_of([media for values in data.media.values() for media in values])
    if not found:
        return Refused(reason or "The table of samples has no row.")
    steps = list(found)
    kept = [steps[place] for place in evenly_chosen(len(steps), STEPS_MAX)]
    columns = {step: _columns(found[step][:rows]) for step in kept}
    is_text = [name in ("input", "output", "target") for name in HEADER]
    drawn = Canvas(
        text_table(HEADER, columns[kept[-1]], widths=[8, 28, 30, 24, 10], theme=theme, is_text=is_text)
    )  # fmt: skip
    if len(kept) > 1:
        with_frames(drawn, {step: [{"cells": {"values": columns[step]}}] for step in kept}, [0])
    drawn.update_layout(margin={"l": 24, "r": 24, "b": 16})
    return Drawn(drawn, "measured", _notes(found, kept, rows))


def samples_of(values: Sequence[Media]) -> tuple[dict[int, list[Sample]], str]:
    """step -> its samples, rising, of all tables; a row that says its step belongs there, also when the table was
    logged later and repeats it. Then why a table could not be read, or ""."""
    tables, reason = readable_tables(values)
    found: dict[int, list[Sample]] = {}
    for logged_at, content in tables:
        told = [column_of(content, names) for names in (("step",), INPUTS, OUTPUTS, TARGETS, SCORES)]
        if told[2] is None and told[1] is None:
            reason = f"No column output or input in the table of samples; it has: {', '.join(content.columns)}."
            continue
        cells = [column if column is not None else [None] * len(content.rows) for column in told]
        here: dict[int, list[Sample]] = {}
        for step, *others in zip(*cells):
            at = int(step) if isinstance(step, int | float) and step == step // 1 else logged_at
            here.setdefault(at, []).append(Sample(at, *others))
        found |= here
    return dict(sorted(found.items())), reason


def _columns(samples: Sequence[Sample]) -> list[list[str]]:
    return [
        [f"{sample.step:,}" for sample in samples],
        [plain(sample.input) for sample in samples],
        [against_target(sample.output, sample.target) for sample in samples],
        [plain(sample.target) for sample in samples],
        [plain(sample.accuracy) for sample in samples],
    ]


def _notes(found: Mapping[int, Sequence[Sample]], kept: Sequence[int], rows: int) -> tuple[str, ...]:
    count = sum(len(samples) for samples in found.values())
    notes = [f"{counted(count, 'sample')} of {counted(len(found), 'step')}"]
    if len(kept) < len(found):
        notes.append(f"The slider stops at {len(kept)} of the {len(found):,} steps, evenly chosen.")
    if any(len(found[step]) > rows for step in kept):
        notes.append(f"The first {rows} of each step are shown.")
    return tuple(notes)
