"""Models whose loss is known in closed form."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Loss = Callable[[nn.Module], Tensor]


class Point(nn.Module):
    """One weight matrix in float64, and nothing else."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.double())


def quadratic(curvatures: Tensor) -> Loss:
    """½ Σ c·w²: the Hessian is diagonal and holds the curvatures (of the weight's shape)."""

    def loss(model: nn.Module) -> Tensor:
        assert isinstance(model, Point)
        return 0.5 * (curvatures * model.weight.square()).sum()

    return loss


class Small(nn.Module):
    """An embedding, a convolution's stand-in, batch norm, dropout and a head: every kind of tensor, and buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.conv = nn.Conv1d(4, 5, 3, padding=1)
        self.up = nn.ConvTranspose1d(5, 3, 2)
        self.norm = nn.BatchNorm1d(3)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(3, 7)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (b, 7) for tokens (b, t)."""
        x = self.embed(tokens).movedim(1, 2)
        x = self.drop(self.norm(self.up(torch.relu(self.conv(x)))))
        logits: Tensor = self.head(x.mean(dim=2))
        return logits


def small_model() -> tuple[Small, Loss]:
    """Seeded, in training mode, with buffers that are no start values, and its loss on one batch."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = Small()
        tokens, targets = torch.randint(0, 7, (6, 5)), torch.randint(0, 7, (6,))
        model(tokens)
    return model, lambda one: nn.functional.cross_entropy(one(tokens), targets)


def state_of(model: nn.Module) -> dict[str, bytes]:
    """Every bit of parameters and buffers, the mode of every module, and the state of the random numbers."""
    bits = {name: tensor.detach().numpy().tobytes() for name, tensor in model.state_dict().items()}
    modes = {f"mode of {name}": bytes([part.training]) for name, part in model.named_modules()}
    return bits | modes | {"dice": torch.random.get_rng_state().numpy().tobytes()}
