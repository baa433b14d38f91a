"""Units that say nothing, and start values that say too much."""

import numpy as np

from belvedere.recipes.faults.families.optimisation import CHANCE
from belvedere.recipes.faults.scenario import Label, Scenario
from belvedere.recipes.faults.trace import Trace
from belvedere.recipes.faults.trainings.classifier import Classifier


def share_of(trace: Trace, family: str, block: str) -> float:
    """Median over the second half of the run."""
    values = trace.vectors[family].of(block).values
    return float(np.median(values[len(values) // 2 :]))


SCENARIOS = (
    Scenario(
        id="dead_relu",
        about="The biases of one block start at -6: none of its units is ever above zero.",
        healthy=Classifier(),
        switch={"bias_start": ("h.1", -6.0)},
        shows=lambda trace: share_of(trace, "dead_share", "h.1") > 0.7,
        label=Label("dead_relu", "critical", where="h.1",
                    tolerated=("not_learning", "frozen_layer", "vanishing_gradient", "plateau", "underfitting")),
    ),
    Scenario(
        id="saturation",
        about="Pixels come as 0 to 16 instead of 0 to 1 into wide tanh layers, whose units stand at their ends.",
        healthy=Classifier(activation="tanh", init_gain=1.5),
        switch={"input_scale": 16.0},
        shows=lambda trace: share_of(trace, "saturation", "h.0") > 0.5,
        label=Label("saturation", "warning", accept=("bad_init",), where="h.0", tolerated=("vanishing_gradient",)),
    ),
    Scenario(
        id="bad_init",
        about="The start values are three times too large in every block: the first loss is far worse than a guess.",
        healthy=Classifier(),
        switch={"init_gain": 3.0},
        shows=lambda trace: float(trace.loss.values[0]) > 3 * CHANCE,
        label=Label("bad_init", "warning", tolerated=("exploding_gradient", "update_ratio_out_of_range", "overfitting",
                                                     "train_val_gap")),
    ),
)  # fmt: skip
