"""Health of a representation: how much of its width is used. Everything is computed on the device, nothing read back.

For z (n, d), n examples in d dimensions, with λ the eigenvalues of the covariance (division by n):

    latent/std               mean over dimensions of the standard deviation (division by n)
    latent/dead_dimensions   how many dimensions have a standard deviation below 1e-3
    latent/effective_rank    (Σλ)² / Σλ², the participation ratio: d when all directions vary alike, 1 for a line
    latent/entropy_rank      exp(−Σ p ln p) with p = λ/Σλ (Roy & Vetterli 2007); only where eigenvalues need no wait
    latent/isotropy          1 − the mean cosine of two different rows: about 1 when they point everywhere, 0 when all
                             point the same way
    latent/norm              mean Euclidean norm of a row
    latent_std               vector (d,): the standard deviations of the dimensions, sorted, largest first
"""

import torch

from belvedere.core.errors import UsageError
from belvedere.record.capture.asked import Sheltered, needed_run, step_of
from belvedere.record.run import Run

DEAD_STD = 1e-3


def latent_health(z: torch.Tensor) -> dict[str, torch.Tensor]:
    """The scalars of a batch of representations z (n, d), ready for `run.log`: each a () tensor on the device of z.

    Nothing waits. The eigenvalues of `latent/entropy_rank` would, on a GPU: it is there for z on a CPU only, so pass
    `z.cpu()` where a wait does not matter. One example has no spread: ranks and isotropy are NaN. Costs one d × d (or
    n × n, whichever is smaller) matrix of products of the centred rows. UsageError unless z has two dimensions.
    """
    centred, deviations, rows = _measured(z)
    spectrum = _products(centred)  # its nonzero eigenvalues are those of the covariance
    total = spectrum.diagonal().sum()
    found = {
        "latent/std": deviations.mean(),
        "latent/dead_dimensions": (deviations < DEAD_STD).sum(),
        "latent/effective_rank": total.square() / spectrum.square().sum(),
        "latent/isotropy": 1 - _mean_cosine(rows),
        "latent/norm": torch.linalg.vector_norm(rows, dim=-1).mean(),
    }
    if z.device.type == "cpu":
        found["latent/entropy_rank"] = _entropy_rank(spectrum)
    return found


def log_latent_health(z: torch.Tensor, *, step: int | None = None, run: Run | None = None) -> None:
    """Log `latent_health(z)` and the vector `latent_std` (d,) to the run (given, or the current one), without a wait.

    UsageError for z of another shape than (n, d) and where there is no run; what else fails is one warning.
    """
    recorder = needed_run(run, "log_latent_health()")
    with Sheltered(recorder, "log_latent_health()"):
        recorder.log(latent_health(z), step=step, commit=False)
        deviations = _measured(z)[1].sort(descending=True).values
        recorder.log_vector("latent_std", deviations, step=step_of(recorder, step))


@torch.no_grad()
def _measured(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Centred rows (n, d), standard deviations (d,), rows (n, d); in float32, or float64 when z is."""
    if not isinstance(z, torch.Tensor) or z.ndim != 2 or 0 in z.shape:
        shape = tuple(z.shape) if isinstance(z, torch.Tensor) else type(z).__name__
        raise UsageError(
            f"latent health is that of a tensor of shape (n, d), got {shape}; "
            "flatten positions into rows: z.flatten(0, 1)"
        )
    rows = z.detach().to(torch.float64 if z.dtype == torch.float64 else torch.float32)
    centred = rows - rows.mean(0)
    return centred, centred.square().mean(0).sqrt(), rows


@torch.no_grad()
def _products(centred: torch.Tensor) -> torch.Tensor:
    """centred·centredᵀ/n or its transpose's, whichever is smaller: both have the same trace, norm and eigenvalues."""
    count, width = centred.shape
    return (centred.T @ centred if width <= count else centred @ centred.T) / count


@torch.no_grad()
def _mean_cosine(rows: torch.Tensor) -> torch.Tensor:
    """() mean cosine of all pairs of different rows: (‖Σu‖² − n)/(n(n − 1)) for unit vectors u; zero rows are left
    out."""
    norms = torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
    units = torch.where(norms > 0, rows / norms, 0.0)
    count = (norms > 0).sum()
    pairs = count * (count - 1)
    return torch.where(pairs > 0, (units.sum(0).square().sum() - count) / pairs, torch.nan)


@torch.no_grad()
def _entropy_rank(spectrum: torch.Tensor) -> torch.Tensor:
    """() exp of the entropy of the eigenvalues' shares; NaN where nothing varies or a value is no number."""
    if not bool(spectrum.isfinite().all()):
        return torch.full_like(spectrum[0, 0], torch.nan)
    values = torch.linalg.eigvalsh(spectrum).clamp_min(0)
    shares = values / values.sum()
    rank: torch.Tensor = torch.special.entr(shares).sum().exp()
    return rank
