"""Under which names the usual quantities are logged: entries of `Needs`, the most specific name first."""

from belvedere.analysis.lookback import LEARNING_RATE_KEYS
from belvedere.analysis.losses import ANY_LOSS

LOSS = ANY_LOSS
VALIDATION_LOSS = "val/loss|val_loss|valid/loss|validation/loss|eval/loss|eval_loss|test/loss|val_all/loss"
RATE = "|".join(("train/lr", *LEARNING_RATE_KEYS, "lrm", "*/lrm"))
GRADIENT_NORM = "train/grad_norm|grad/norm|grad_norm|grad/global_norm|*/grad_norm|*/global_norm"
REWARD = "reward|rl/reward|train/reward|*/reward|reward_mean|*/reward_mean"
ACCURACY = (
    "val/accuracy|val/acc|eval/accuracy|pass@1|accuracy|evaluation/mean_accuracy|evaluation/accuracy|*/accuracy|*_acc"
    "|*_accuracy|*/acc"
)
UTILISATION = "throughput/mfu|train/mfu|efficiency/mfu_percent|mfu|*/mfu|throughput/mfu_of_measured_peak"
TOKENS_PER_SECOND = (
    "throughput/tokens_per_sec|train/tok_per_sec|train/tokens_per_sec|efficiency/tokens_per_sec|*tokens_per_sec"
    "|*tok_per_sec"
)
TOKENS = "train/tokens|tokens|*/tokens|total_tokens|*/total_tokens|num_tokens"

IS_LESS_BETTER = ("loss", "bpb", "perplexity", "ppl", "error", "nll", "bits")


def is_less_better(key: str) -> bool:
    """Whether small values of that name are good ones, by its words: losses and errors are, scores are not."""
    words = key.lower().replace("_", "/").replace(".", "/").split("/")
    return any(word in IS_LESS_BETTER for word in words)
