"""Policies that stop exploring, run away, cheat, or have nothing to learn from."""

import numpy as np

from belvedere.recipes.faults.scenario import Label, Scenario
from belvedere.recipes.faults.trace import Trace
from belvedere.recipes.faults.trainings.reinforced import Reinforced


def stops_exploring(trace: Trace) -> bool:
    """The entropy ends below a twentieth of its start, and the reward is poor."""
    return trace["rl/entropy"].end() < 0.05 * trace["rl/entropy"].start(0.02) and trace["reward"].end() < 0.5


def runs_away(trace: Trace) -> bool:
    """The divergence ends above one nat a token, and the reward did not rise."""
    return trace["rl/kl"].end() > 1 and trace["reward"].end() < trace["reward"].start() + 0.1


def cheats(trace: Trace) -> bool:
    """The reward rises by a third, and the answers are right less often than before."""
    return trace["reward"].end() > 1.3 * trace["reward"].start(0.02) and trace["val/accuracy"].end() < 0.5 * float(
        trace["val/accuracy"].values[0]
    )


def learns_from_nothing(trace: Trace) -> bool:
    """In four of five groups all rewards are alike, and they are bad."""
    return float(np.mean(trace["rl/zero_variance"].values)) > 0.8 and trace["reward"].end() < 0.5


SCENARIOS = (
    Scenario(
        id="entropy_collapse",
        about="The entropy bonus has the wrong sign: the policy is sure before it is right.",
        healthy=Reinforced(imitation=80, lr=2e-3),
        switch={"entropy_weight": -0.3},
        shows=stops_exploring,
        label=Label("entropy_collapse", "critical", tolerated=("kl_blowup", "zero_variance_groups", "not_learning",
                                                              "vanishing_gradient")),
    ),
    Scenario(
        id="kl_blowup",
        about="The checker answers by lot and nothing holds the policy: it walks away from where it came from.",
        healthy=Reinforced(lr=5e-3),
        switch={"reward_noise": 1.0, "kl_weight": 0.0},
        shows=runs_away,
        label=Label("kl_blowup", "critical", tolerated=("entropy_collapse", "reward_hacking", "not_learning",
                                                       "lr_too_high")),
    ),
    Scenario(
        id="reward_hacking",
        about="Every token earns a little: the policy never stops talking, and is right no more.",
        healthy=Reinforced(),
        switch={"length_bonus": 0.4},
        shows=cheats,
        label=Label("reward_hacking", "critical", tolerated=("zero_variance_groups", "kl_blowup", "forgetting")),
    ),
    Scenario(
        id="zero_variance_groups",
        about="The questions are far too hard for a policy that has seen next to no examples: all rewards are zero.",
        healthy=Reinforced(),
        switch={"imitation": 10},
        shows=learns_from_nothing,
        label=Label("zero_variance_groups", "warning", accept=("not_learning",), tolerated=("lr_too_low", "plateau")),
    ),
)  # fmt: skip
