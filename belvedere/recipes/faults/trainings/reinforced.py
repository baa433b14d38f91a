"""A policy that has seen noisy examples gets better by being rewarded: group-relative policy gradient.

The advantage of an answer is its reward minus the mean of its question's answers; the loss is -Σ advantage · log p over
all tokens of the step divided by their number, plus kl_weight · KL(policy ‖ reference) - entropy_weight · entropy. The
reference is the policy as it was before. Fields behind `hidden` break it without being a hyper-parameter.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import belvedere as bv
from belvedere.recipes.faults.trainings.course import (
    EVALUATED_EVERY,
    Order,
    Outcome,
    closed,
    gradient_norm,
    hidden,
    open_run,
    optimizer_of,
    set_rate,
    share_of_rate,
    watch,
)
from belvedere.recipes.faults.trainings.reversal import (
    LONGEST,
    SYMBOLS,
    Policy,
    all_logits,
    is_right,
    lengths_of,
    prompts_of,
    right_answers,
    said,
)

IMITATED = 128  # answers of an imitation step
IMITATION_RATE = 3e-3
METERED_EVERY = 5  # steps


@dataclass(frozen=True)
class Reinforced:
    """`imitation` steps of examples, of which `example_noise` are random, come before the first recorded step."""

    steps: int = 240
    questions: int = 8
    samples: int = 12  # answers to each
    temperature: float = 1.0
    width: int = 96
    imitation: int = 120
    example_noise: float = 0.35
    kl_weight: float = 0.02
    entropy_weight: float = 0.0
    length_bonus: float = hidden(0.0)  # reward for each token of an answer
    reward_noise: float = hidden(0.0)  # share of the rewards that are drawn by lot
    optimizer: str = "adam"
    lr: float = 1e-3
    schedule: str = "linear"
    warmup: int = 5

    def train(self, order: Order) -> Outcome:
        """Train as ordered."""
        return train(self, order)


@dataclass(frozen=True)
class Step:
    """Q questions × S answers: prompts (Q·S, 3), answers (Q·S, 8), rewards (Q, S)."""

    prompts: Tensor
    answers: Tensor
    rewards: Tensor

    @property
    def advantages(self) -> Tensor:
        """(Q·S,)"""
        return (self.rewards - self.rewards.mean(dim=1, keepdim=True)).flatten()

    @property
    def is_said(self) -> Tensor:
        """(Q·S, 8) bool: tokens up to and with the first END."""
        return torch.arange(LONGEST) < lengths_of(self.answers)[:, None]


# ---------------------------------------------------------------------------------------------------------------------
# The training


def train(it: Reinforced, order: Order) -> Outcome:
    """`it.steps` updates, each recorded."""
    losses: list[Tensor] = []
    with open_run(it, order) as run:
        run.stage("rl")
        policy = imitated(it, order.seed)
        reference = copy.deepcopy(policy)
        optimizer = optimizer_of(it.optimizer, policy.parameters(), lr=it.lr)
        watch(run, policy, [optimizer])
        meter = run.throughput(samples_per_step=it.questions * it.samples, every=METERED_EVERY)
        for step in range(it.steps):
            if order.is_asked_to_stop:
                break
            if step % EVALUATED_EVERY == 0:
                with meter.phase("evaluation"):
                    run.log(examined(policy), commit=False)
            rate = it.lr * share_of_rate(it.schedule, step, it.steps, warmup=it.warmup)
            set_rate([optimizer], rate)
            with meter.phase("generation"):
                found = answered(it, policy, order.seed, step)
            with meter.phase("forward"):
                loss, entropy, divergence = loss_of(it, policy, reference, found)
            with meter.phase("backward"):
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                norm = gradient_norm(policy)
            with meter.phase("optimizer"):
                optimizer.step()
            meter.step()
            losses.append(loss.detach())
            run.log({"train/loss": loss, "train/grad_norm": norm, "lr": rate, "rl/entropy": entropy,
                     "rl/kl": divergence, **counted(found)})  # fmt: skip
        return closed(run, losses, order)


def imitated(it: Reinforced, seed: int) -> Policy:
    """A policy that has seen examples of which a share answers something else."""
    policy = Policy(it.width)
    optimizer = optimizer_of("adam", policy.parameters(), lr=IMITATION_RATE)
    for step in range(it.imitation):
        random = np.random.default_rng((seed, 1, step))
        prompts = prompts_of(IMITATED, random)
        is_noise = torch.from_numpy(random.random(IMITATED) < it.example_noise)
        examples = right_answers(torch.where(is_noise[:, None], prompts_of(IMITATED, random), prompts))
        optimizer.zero_grad()
        logits = all_logits(policy, prompts, examples)[:, :4]  # behind the first END nothing is learned
        F.cross_entropy(logits.flatten(0, 1), examples[:, :4].flatten()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return policy


def answered(it: Reinforced, policy: Policy, seed: int, step: int) -> Step:
    """The answers of one step, by seed and step only."""
    random = np.random.default_rng((seed, 2, step))
    prompts = prompts_of(it.questions, random).repeat_interleave(it.samples, dim=0)
    generator = torch.Generator().manual_seed(int(random.integers(2**62)))
    answers = said(policy, prompts, temperature=it.temperature, generator=generator)
    rewards = is_right(prompts, answers).float()
    rewards = rewards + it.length_bonus * lengths_of(answers)  # FAULT: long answers are taken for good ones
    if it.reward_noise:  # FAULT: the checker answers by lot
        is_lot = torch.from_numpy(random.random(len(rewards)) < it.reward_noise)
        rewards = torch.where(is_lot, torch.from_numpy(random.integers(2, size=len(rewards))).float(), rewards)
    return Step(prompts, answers, rewards.view(it.questions, it.samples))


def loss_of(it: Reinforced, policy: Policy, reference: Policy, found: Step) -> tuple[Tensor, Tensor, Tensor]:
    """The loss, and the means over all tokens of entropy and divergence from the reference in nats, each ()."""
    every = all_logits(policy, found.prompts, found.answers).log_softmax(dim=-1)  # (B, 8, 7)
    with torch.no_grad():
        before = all_logits(reference, found.prompts, found.answers).log_softmax(dim=-1)
    chosen = every.gather(-1, found.answers[..., None])[..., 0]  # (B, 8)
    is_said = found.is_said
    policy_loss = -(found.advantages[:, None] * chosen)[is_said].mean()
    entropy = -(every.exp() * every).sum(dim=-1)[is_said].mean()
    divergence = (every.exp() * (every - before)).sum(dim=-1)[is_said].mean()
    return policy_loss + it.kl_weight * divergence - it.entropy_weight * entropy, entropy.detach(), divergence.detach()


def counted(found: Step) -> dict[str, object]:
    """What the answers of a step were like."""
    lengths = lengths_of(found.answers)
    first = found.answers[:, 0]
    return {
        "reward": found.rewards.mean(),
        "rl/reward_std": found.rewards.std(dim=1).mean(),
        "rl/zero_variance": (found.rewards == found.rewards[:, :1]).all(dim=1).float().mean(),
        "rl/length": lengths.float().mean(),
        "rl/truncated": ((lengths == LONGEST) & (found.answers[:, -1] != SYMBOLS)).float().mean(),
        "rl/letters": bv.Vector(torch.bincount(first, minlength=SYMBOLS + 1) / len(first), [*"ABCDEF", "end"]),
    }


def examined(policy: Policy) -> dict[str, Tensor]:
    """Right answers to every prompt there is, the likeliest and one drawn with the same dice every time."""
    prompts = torch.cartesian_prod(*[torch.arange(SYMBOLS)] * 3)  # (216, 3)
    dice = torch.Generator().manual_seed(0)
    drawn = is_right(prompts, said(policy, prompts, temperature=1.0, generator=dice)).float().mean()
    likeliest = is_right(prompts, said(policy, prompts, temperature=1.0, generator=None)).float().mean()
    return {"val/accuracy": drawn, "val/greedy_accuracy": likeliest}
