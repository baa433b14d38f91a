"""Habits that look alarming and are sound: nothing may be said against these runs, nor against their twins."""

import numpy as np

from belvedere.recipes.faults.families.generalisation import gap
from belvedere.recipes.faults.scenario import Scenario
from belvedere.recipes.faults.trace import Trace
from belvedere.recipes.faults.trainings.classifier import Classifier
from belvedere.recipes.faults.trainings.paced import Paced
from belvedere.recipes.faults.trainings.ranked import Ranked
from belvedere.recipes.faults.trainings.rebuild import Rebuild
from belvedere.recipes.faults.trainings.reinforced import Reinforced
from belvedere.recipes.faults.trainings.text import Text
from belvedere.recipes.faults.trainings.variational import Variational


def scatter(trace: Trace) -> float:
    """Standard deviation of the loss from step to step in the second half, over √2."""
    return float(np.diff(trace.loss.between(0.5, 1)).std() / np.sqrt(2))


def rises(values: np.ndarray, times: float) -> int:
    """How often a series becomes so many times as large within one step."""
    return int((values[1:] > times * values[:-1]).sum())


def tokens_grow(trace: Trace) -> bool:
    """The last steps see more tokens than the first."""
    counts = np.diff(trace["train/tokens"].values)
    return bool(counts[-1] > counts[0])


def starts_late(trace: Trace) -> bool:
    """The loss is near a guess for a tenth of the run and far below at its end."""
    return bool(np.median(trace.loss.between(0.03, 0.1)) > 2.0 and trace.loss.end() < 0.7)


def is_solved(trace: Trace) -> bool:
    """Reward near one, hardly any entropy, and groups without variance."""
    return trace["reward"].end() > 0.95 and trace["rl/entropy"].end() < 0.1 and trace["rl/zero_variance"].end() > 0.7


def memory_settles(trace: Trace) -> bool:
    """Memory grows by more than 5 % in the first half and by less than 2 % in the last third."""
    memory = trace["memory/rss_mb"].values
    third = len(memory) // 3
    return bool(memory[len(memory) // 2] > 1.05 * memory[2] and memory[-1] < 1.02 * memory[-third])


def ranks_take_turns(trace: Trace) -> bool:
    """Each rank is much later than the other at times, and in the median none is."""
    first, second = trace["throughput/forward_ms"].values, trace.others[1]["throughput/forward_ms"].values
    ratio = second[: len(first)] / first[: len(second)]
    return bool((ratio > 2).mean() > 0.25 and (ratio < 0.5).mean() > 0.25)


def gradients_grow(trace: Trace) -> bool:
    """The gradient becomes five times as large while the loss falls."""
    norm = trace["train/grad_norm"]
    return bool(norm.between(0.02, 0.5).max() > 5 * norm.start(0.02) and trace.loss.fall > 0.5)


def pauses(trace: Trace) -> bool:
    """Every 20th step an evaluation takes more than a millisecond, where between them it takes none."""
    spent = trace["throughput/eval_ms"]
    return bool(np.median(spent.values[spent.steps % 20 == 19]) > 1)


SCENARIOS = (
    Scenario(
        id="small_batch",
        about="Four sequences a step: the loss scatters, and falls.",
        healthy=Text(),
        switch={"batch": 4},
        shows=lambda trace: scatter(trace) > 0.22,
    ),
    Scenario(
        id="step_decay",
        about="The learning rate falls to a tenth twice, and the loss falls with it.",
        healthy=Classifier(),
        switch={"schedule": "steps"},
        shows=lambda trace: rises(1 / trace["lr"].values, 5) == 2,
    ),
    Scenario(
        id="cosine_to_zero",
        about="The learning rate ends at zero, and so do the updates.",
        healthy=Rebuild(schedule="constant"),
        switch={"schedule": "cosine"},
        shows=lambda trace: trace["lr"].end(0.01) < 0.01 * float(trace["lr"].values.max()),
    ),
    Scenario(
        id="warm_restarts",
        about="The learning rate jumps back up three times, and the loss goes along for a while.",
        healthy=Text(lr=0.02),
        switch={"schedule": "restarts"},
        shows=lambda trace: rises(trace["lr"].values, 20) == 3,
    ),
    Scenario(
        id="sequence_growth",
        about="Sequences become twice as long at half time, announced as a stage: steps take longer, tokens do not.",
        healthy=Text(),
        switch={"first_context": 12},
        shows=tokens_grow,
    ),
    Scenario(
        id="curriculum",
        about="Two easy classes come first; when all come, announced as a stage, the loss jumps.",
        healthy=Classifier(),
        switch={"easy_first": 100},
        shows=lambda trace: (
            float(np.median(trace.loss.since(100).values[:5]))
            > 5 * float(np.median(trace.loss.before(100).values[-10:]))
        ),
    ),
    Scenario(
        id="late_start",
        about="Four layers of sigmoids take a tenth of the run before the loss moves; then it falls.",
        healthy=Classifier(lr=5e-3, steps=500),
        switch={"activation": "sigmoid", "depth": 4},
        shows=starts_late,
    ),
    Scenario(
        id="noise_floor",
        about="Half of the bytes cannot be foreseen: the loss ends high, and cannot end lower.",
        healthy=Text(),
        switch={"noise_share": 0.5},
        shows=lambda trace: trace.loss.end() > 4,
    ),
    Scenario(
        id="kl_anneal",
        about="The weight of the divergence rises over half of the run, and the loss with it for a while.",
        healthy=Variational(),
        switch={"anneal": 150},
        shows=lambda trace: trace["kl_weight"].start(0.02) < 0.1 < trace["kl_weight"].end(),
    ),
    Scenario(
        id="solved",
        about="The task is solved: entropy is gone and groups have no variance, because all answers are right.",
        healthy=Reinforced(),
        switch={"imitation": 400, "example_noise": 0.1, "lr": 2e-3},
        shows=is_solved,
    ),
    Scenario(
        id="frozen_on_purpose",
        about="The first block is frozen, and the config says so.",
        healthy=Classifier(),
        switch={"frozen": ("h.0",)},
        shows=lambda trace: float(np.nanmax(trace.vectors["update_ratio"].of("h.0").values, initial=0.0)) == 0,
    ),
    Scenario(
        id="cache_fill",
        about="The loader keeps what it made until it has enough: memory grows for a third of the run, then no more.",
        healthy=Paced(),
        switch={"cached": 80},
        shows=memory_settles,
    ),
    Scenario(
        id="rank_jitter",
        about="In every step one of two processes is late, drawn by lot: neither is a straggler.",
        healthy=Ranked(),
        switch={"jitter": 0.006},
        shows=ranks_take_turns,
    ),
    Scenario(
        id="pauses",
        about="Kernels are warmed up before the first step, and every 20 steps comes a long evaluation.",
        healthy=Paced(),
        switch={"pause_every": 20, "warmed": 20},
        shows=pauses,
    ),
    Scenario(
        id="growing_gradients",
        about="Small start values: the gradient becomes many times as large while the loss falls.",
        healthy=Classifier(activation="tanh", depth=3),
        switch={"init_gain": 0.2},
        shows=gradients_grow,
    ),
    Scenario(
        id="constant_small_gap",
        about="The validation stays a little above the training loss from beginning to end.",
        healthy=Rebuild(label_weight=0.0),
        switch={"val_noise": 0.05},
        shows=lambda trace: min(gap(trace)) > 0.03 and max(gap(trace)) < 0.2,
    ),
)
