"""What is learned does not hold elsewhere, or does not last."""

import numpy as np

from belvedere.recipes.faults.scenario import Label, Scenario
from belvedere.recipes.faults.trace import Trace
from belvedere.recipes.faults.trainings.classifier import Classifier
from belvedere.recipes.faults.trainings.rebuild import Rebuild
from belvedere.recipes.faults.trainings.text import Text


def val_rises_while_train_falls(trace: Trace) -> bool:
    """The validation ends 30 % and a tenth of a nat above its best, and the training loss falls on from there."""
    best = int(np.argmin(trace.val.values))
    step = int(trace.val.steps[best])
    return (
        trace.val.end() > max(1.3 * float(trace.val.values[best]), float(trace.val.values[best]) + 0.1)
        and trace.loss.end() < 0.7 * float(np.median(trace.loss.since(step).values[:10]))
        and step < 0.7 * int(trace.loss.steps[-1])
    )


def gap(trace: Trace) -> tuple[float, float]:
    """By which share the validation is above the training loss, in the third and in the last quarter."""

    def share(first: float, last: float) -> float:
        return float(np.median(trace.val.between(first, last)) / np.median(trace.loss.between(first, last)) - 1)

    return share(0.5, 0.75), share(0.75, 1)


def val_leaves_train(trace: Trace, step: int) -> bool:
    """From a step on the validation rises by a tenth while the training loss does not rise."""
    before, after = trace.val.before(step), trace.val.since(step + 1)
    train = trace.loss.since(step + 20)
    return after.end(0.3) > 1.1 * before.end() and train.end(0.3) < 1.05 * trace.loss.before(step).end()


def ends_high_alike(trace: Trace) -> bool:
    """Both losses end high, near each other, and no longer fall."""
    late = trace.loss.between(0.8, 1)
    earlier = trace.loss.between(0.6, 0.8)
    return trace.loss.end() > 0.8 and abs(gap(trace)[1]) < 0.2 and bool(np.median(late) > 0.9 * np.median(earlier))


SCENARIOS = (
    Scenario(
        id="overfitting",
        about="150 digits, a fifth of them wrongly labelled, and a wide model: it learns the mistakes by heart.",
        healthy=Classifier(width=128, lr=1e-3),
        switch={"examples": 150, "label_noise": 0.2},
        shows=val_rises_while_train_falls,
        label=Label("overfitting", "warning", tolerated=("train_val_gap", "duplicated_data")),
    ),
    Scenario(
        id="train_val_gap",
        about="Only the validation's loader adds noise to the images: its loss stays above the other by a constant.",
        healthy=Rebuild(steps=400),
        switch={"val_noise": 0.15},
        shows=lambda trace: min(gap(trace)) > 0.4,
        label=Label("train_val_gap", "info", accept=("overfitting",)),
    ),
    Scenario(
        id="forgetting",
        about="From step 150 on the loader has lost half of its shards; the digits that no longer come are forgotten.",
        healthy=Classifier(),
        switch={"narrow_from": 150},
        shows=lambda trace: val_leaves_train(trace, 150),
        label=Label("forgetting", "warning", onset=150, accept=("overfitting",), tolerated=("train_val_gap",)),
    ),
    Scenario(
        id="forgetting_text",
        about="From step 120 on the loader gives capitals only, and the validation does not.",
        healthy=Text(),
        switch={"upper_from": 120},
        shows=lambda trace: val_leaves_train(trace, 120),
        label=Label("forgetting", "warning", onset=120, accept=("overfitting",),
                    tolerated=("train_val_gap", "loss_spike")),
    ),
    Scenario(
        id="forgetting_stage",
        about="A second stage trains on half of the classes, and the validation of all of them rises.",
        healthy=Classifier(),
        switch={"stage_classes": 5},
        shows=lambda trace: val_leaves_train(trace, 150),
        label=Label("forgetting", "warning", onset=150, accept=("overfitting",), tolerated=("train_val_gap",)),
    ),
    Scenario(
        id="underfitting",
        about="One layer of two units has to tell ten classes apart: both losses end high, and alike.",
        healthy=Classifier(depth=1, lr=1e-2, steps=500),
        switch={"width": 2},
        shows=ends_high_alike,
        label=Label("underfitting", "info", accept=("plateau",), tolerated=("dead_relu", "not_learning")),
    ),
)  # fmt: skip
