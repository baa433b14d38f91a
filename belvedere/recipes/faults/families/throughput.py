"""Steps that wait, slow down, or keep what they should let go."""

import numpy as np

from belvedere.recipes.faults.scenario import Label, Scenario
from belvedere.recipes.faults.trace import Trace
from belvedere.recipes.faults.trainings.paced import Paced
from belvedere.recipes.faults.trainings.ranked import Ranked

SLOW_FROM = 120
WORK = ("forward", "backward", "optimizer")  # phases of a step that need a processor


def waits_for_data(trace: Trace) -> bool:
    """The median wait for a batch is longer than the median work on it."""
    medians = {name: float(np.median(trace[f"throughput/{name}_ms"].values)) for name in ("data", *WORK)}
    return medians["data"] > sum(medians[name] for name in WORK)


def slows_down(trace: Trace) -> bool:
    """From a step on the median forward pass takes more than twice as long."""
    forward = trace["throughput/forward_ms"]
    return float(np.median(forward.since(SLOW_FROM).values)) > 2 * float(np.median(forward.before(SLOW_FROM).values))


def one_rank_is_late(trace: Trace) -> bool:
    """The second rank's median forward pass takes three times the first's."""
    first = np.median(trace["throughput/forward_ms"].values)
    return bool(np.median(trace.others[1]["throughput/forward_ms"].values) > 3 * first)


def keeps_growing(trace: Trace) -> bool:
    """Memory grows by more than 5 % in the second half of the run."""
    memory = trace["memory/rss_mb"]
    middle = float(np.median(memory.between(0.45, 0.55)))
    return memory.end() > 1.05 * middle


SCENARIOS = (
    Scenario(
        id="data_bottleneck",
        about="The loader waits for a slow disk longer than the step computes.",
        healthy=Paced(),
        switch={"loader_delay": 0.012},
        shows=waits_for_data,
        label=Label("data_bottleneck", "warning"),
    ),
    Scenario(
        id="throughput_degradation",
        about="From step 120 on every step computes something that nobody needs.",
        healthy=Paced(),
        switch={"slow_from": SLOW_FROM},
        shows=slows_down,
        label=Label("throughput_degradation", "warning", onset=SLOW_FROM),
    ),
    Scenario(
        id="memory_leak",
        about="Losses are kept in a list together with their graphs: memory grows with every step.",
        healthy=Paced(),
        switch={"has_leak": True},
        shows=keeps_growing,
        label=Label("memory_leak", "warning", tolerated=("throughput_degradation",)),
    ),
    Scenario(
        id="straggler",
        about="The second of two processes is late in every step, and the first waits for it.",
        healthy=Ranked(),
        switch={"late_rank": 1, "late_by": 0.006},
        shows=one_rank_is_late,
        label=Label("straggler", "warning", where="rank 1"),
    ),
)
