"""Mid-training, fine-tuning on noisy labels, reward: look-ups, greedy and sampled accuracy, and what reward adds."""

from collections.abc import Iterator

from benchmarks.recipes.table import Check
from benchmarks.recipes.workshop import Workshop, first, last

MID, SFT, RL = 20.0, 15.0, 30.0  # seconds of training


def checks(workshop: Workshop, seed: int) -> Iterator[Check]:
    """Three runs, each beginning with the checkpoint of the one before."""
    chain = f"chat-{seed}"
    words = ["--preset", "cpu", "--seed", str(seed), "--threads", "1", "--no-pictures", "--group", chain]
    mid = workshop.trained("midtrain", f"mid-{seed}", [*words, *workshop.seconds(MID)], checkpoints=chain)
    yield Check("chat", "mid: look-up", seed, last(mid, "evaluation/lookup"), low=0.9)
    sft = workshop.trained("chat_sft", f"sft-{seed}", [*words, *workshop.seconds(SFT)], checkpoints=chain)
    yield Check("chat", "sft: greedy accuracy", seed, last(sft, "val/accuracy"), low=0.85)
    yield Check("chat", "sft: sampled accuracy", seed, last(sft, "pass@1"), low=0.55, high=0.75)
    rl = workshop.trained("chat_rl", f"rl-{seed}", [*words, *workshop.seconds(RL)], checkpoints=chain)
    before, after = first(rl, "pass@1"), last(rl, "pass@1")
    between = f"{last(rl, 'pass@1/low'):.2f} to {last(rl, 'pass@1/high'):.2f}"
    yield Check("chat", "rl: sampled accuracy gained", seed, after - before, low=0.12,
                note=f"{before:.2f} → {after:.2f}, 95 % {between}")  # fmt: skip
    yield Check("chat", "rl: points of the pass@1 curve", seed, len(rl.series("pass@1").values), low=5, digits=0)
