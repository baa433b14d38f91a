"""Started by test_optim.py on several ranks: a few steps with shared optimizers, and their memory."""

import copy

import torch

from belvedere.recipes.models.gpt import GPT, GPTShape
from belvedere.recipes.optim import optimizers_for, whole_memories
from belvedere.recipes.ranks import Ranks, average_gradients, meet, part, ranks_of_environment

STEPS = 4
SHAPE = GPTShape(vocab=50, layers=3, heads=2, kv_heads=1, width=32, context=8)


def trained(ranks: Ranks, *, memory: list[dict[str, object]] | None = None) -> dict[str, object]:
    """Weights, optimizers' memory and losses after STEPS; each rank sees its half or third of six sequences."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = GPT(SHAPE)
    optimizers = optimizers_for(model, ranks)
    for optimizer, before in zip(optimizers, memory or (), strict=False):
        optimizer.load_state_dict(copy.deepcopy(before))  # a step would write into it
    losses = []
    for step in range(STEPS):
        tokens = torch.randint(50, (6, 9), generator=torch.Generator().manual_seed(step))[ranks.share_of(6)]
        model.zero_grad()
        loss = model.loss(tokens[:, :-1], tokens[:, 1:])
        loss.backward()
        losses.append(average_gradients(model.parameters(), ranks, loss[None].detach())[0].item())
        for optimizer in optimizers:
            optimizer.step()
    memories = whole_memories(optimizers)
    return {"weights": dict(model.state_dict()), "memories": memories, "losses": losses}


def main(words: list[str]) -> int:
    here = ranks_of_environment()
    meet(here, torch.device("cpu"))
    alone = torch.load(words[0])
    torch.save([trained(here), trained(here, memory=alone["memories"])], f"{words[1]}.{here.rank}")
    part(here)
    return 0
