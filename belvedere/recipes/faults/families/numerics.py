"""Numbers that are no numbers."""

import numpy as np

from belvedere.recipes.faults.scenario import Label, Scenario
from belvedere.recipes.faults.trace import Trace
from belvedere.recipes.faults.trainings.classifier import Classifier


def ends_without_a_number(trace: Trace) -> bool:
    """The training loss begins as a number and ends as none."""
    return bool(np.isfinite(trace.loss.values[0]) and not np.isfinite(trace.loss.values[-10:]).any())


SCENARIOS = (
    Scenario(
        id="nan_loss",
        about="A batch comes in which nothing has a label; the mean over no label is 0 / 0 and every weight NaN.",
        healthy=Classifier(),
        switch={"empty_at": 150},
        shows=ends_without_a_number,
        label=Label("nan_loss", "critical", onset=150),
    ),
    Scenario(
        id="nan_loss_half",
        about="The loss is the logarithm of a softmax in float16: once the model is sure and wrong it is log 0.",
        healthy=Classifier(label_noise=0.1, lr=5e-3, steps=400),
        switch={"has_half_loss": True},
        shows=ends_without_a_number,
        label=Label("nan_loss", "critical"),
    ),
)
