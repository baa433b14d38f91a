"""Gradients that shrink, grow or never arrive."""

import numpy as np

from belvedere.recipes.faults.scenario import Label, Scenario
from belvedere.recipes.faults.trace import Trace
from belvedere.recipes.faults.trainings.classifier import Classifier


def first_to_last(trace: Trace) -> float:
    """The first block's gradient as a multiple of the last's, median over the first third of the run."""
    norms = trace.vectors["grad_norm"].values
    early = norms[: len(norms) // 3]
    return float(np.median(early[:, 0] / early[:, -1]))


def stands(trace: Trace, block: str) -> bool:
    """A block's weights do not change at all, while the head's do."""
    ratios = trace.vectors["update_ratio"]
    return float(np.nanmax(ratios.of(block).values)) == 0 and float(np.median(ratios.of("head").values)) > 1e-5


SCENARIOS = (
    Scenario(
        id="vanishing_gradient",
        about="Ten layers of sigmoids without norm or skip: of the gradient nothing is left at the first ones.",
        healthy=Classifier(activation="sigmoid", depth=1, lr=5e-3),
        switch={"depth": 10},
        shows=lambda trace: first_to_last(trace) < 1e-3,
        label=Label("vanishing_gradient", "warning", where="h.0", tolerated=("not_learning", "saturation", "plateau",
                                                                            "underfitting")),
    ),
    Scenario(
        id="exploding_gradient",
        about="Fourteen layers of tanh start with weights four times too large: gradients grow from block to block.",
        healthy=Classifier(activation="tanh", depth=14, lr=3e-4),
        switch={"init_gain": 4.0},
        shows=lambda trace: first_to_last(trace) > 50,
        label=Label("exploding_gradient", "critical", accept=("bad_init",), where="h.0",
                    tolerated=("saturation", "not_learning", "lr_too_high", "oscillation", "loss_spike", "underfitting",
                               "update_ratio_out_of_range")),
    ),
    Scenario(
        id="frozen_layer",
        about="A block is in no group of the optimizer: it has gradients and nobody moves it.",
        healthy=Classifier(),
        switch={"left_out": "h.1"},
        shows=lambda trace: stands(trace, "h.1"),
        label=Label("frozen_layer", "warning", where="h.1"),
    ),
    Scenario(
        id="frozen_layer_detached",
        about="A forgotten detach() before the third block: what lies before it gets no gradient.",
        healthy=Classifier(),
        switch={"cut_before": "h.2"},
        shows=lambda trace: stands(trace, "h.0") and stands(trace, "h.1"),
        label=Label("frozen_layer", "warning", where="h.1", accept=("vanishing_gradient",)),
    ),
)  # fmt: skip
