"""Which series are losses, and which of them belong to evaluations."""

from belvedere.core.names import matches, section

LOSSES = ("train/loss", "loss", "*/loss", "loss/*", "*_loss")
ANY_LOSS = "|".join(LOSSES)  # an entry of `Needs` that is met by the first of them
EVALUATIONS = ("val", "valid", "validation", "eval", "test", "dev")


def is_loss(key: str) -> bool:
    """Whether a series of that name is a loss."""
    return any(matches(key, pattern) for pattern in LOSSES)


def is_evaluation(key: str) -> bool:
    """Whether a series of that name was measured on data the training does not learn from: "val/loss", "eval_loss"."""
    return section(key) in EVALUATIONS or key.split("_")[0] in EVALUATIONS
