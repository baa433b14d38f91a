"""Losses of several parts."""

from belvedere.recipes.faults.scenario import Label, Scenario
from belvedere.recipes.faults.trace import Trace
from belvedere.recipes.faults.trainings.rebuild import Rebuild
from belvedere.recipes.faults.trainings.variational import Variational


def image_drowns_label(trace: Trace) -> bool:
    """More than 95 % of the loss is the image's part, and the label's ends above one nat."""
    return trace["loss/image"].end() > 0.95 * trace.loss.end() and trace["loss/label"].end() > 1.0


SCENARIOS = (
    Scenario(
        id="loss_imbalance",
        about="The weight of the image's part is ten thousand times too large: the labels are not learned.",
        healthy=Rebuild(),
        switch={"image_weight": 1e5},
        shows=image_drowns_label,
        label=Label("loss_imbalance", "warning", tolerated=("train_val_gap", "bad_init")),
    ),
    Scenario(
        id="posterior_collapse",
        about="The divergence weighs thirty times too much: the latent carries nothing and all pictures are alike.",
        healthy=Variational(),
        switch={"kl_weight": 30.0},
        shows=lambda trace: trace["latent/kl"].end() < 0.1 and trace["latent/active_units"].end() == 0,
        label=Label("posterior_collapse", "warning", tolerated=("representation_collapse", "plateau", "underfitting")),
    ),
)
