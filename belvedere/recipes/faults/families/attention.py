"""Attention that sees one key only."""

import numpy as np

from belvedere.recipes.faults.scenario import Label, Scenario
from belvedere.recipes.faults.trace import Trace
from belvedere.recipes.faults.trainings.text import Text


def grows(trace: Trace) -> bool:
    """The largest logit ends above 50 and above five times what it was."""
    logits = trace.vectors["attention/max_logit"].values.max(axis=1)
    return bool(np.median(logits[-20:]) > max(50, 5 * logits[0]))


SCENARIOS = (
    Scenario(
        id="attention_logit_growth",
        about="Queries and keys have no norm and the learning rate is high: their products grow to hundreds.",
        healthy=Text(lr=0.05),
        switch={"has_query_norm": False},
        shows=grows,
        label=Label("attention_logit_growth", "critical", accept=("lr_too_high",),
                    tolerated=("update_ratio_out_of_range", "loss_spike", "exploding_gradient")),
    ),
)  # fmt: skip
