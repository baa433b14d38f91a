"""Which rank of how many this process is, and a run id on which all ranks agree without talking.

torchrun, SLURM, Open MPI and MPICH tell a process its rank by environment variables. The id is BELVEDERE_RUN_ID when
that is set. Otherwise it is a hash of what all ranks of one launch share and other launches do not:

    torchrun   TORCHELASTIC_RUN_ID, MASTER_ADDR, MASTER_PORT, TORCHELASTIC_RESTART_COUNT, SLURM_JOB_ID if there is
               one, and on one node the agent's process id and start time. On several nodes with a fixed port and no
               --rdzv-id two launches look alike and become two attempts of one run: set BELVEDERE_RUN_ID.
    SLURM      SLURM_JOB_ID, SLURM_STEP_ID, SLURM_RESTART_COUNT
    Open MPI   OMPI_MCA_ess_base_jobid or PMIX_NAMESPACE
    MPICH      PMI_PORT or PMI_JOBID, else the parent process

With resume="auto" what a restart changes (ports, counts, processes, the step) is left out, so a requeued job finds
its run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from belvedere.core.names import RUN_ID_ALPHABET

RANK_VARIABLES = (
    ("torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK"),
    ("slurm", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"),
    ("openmpi", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
    ("mpich", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"),
)
LAUNCH_VARIABLES = {
    "torchrun": ("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RESTART_COUNT", "SLURM_JOB_ID"),
    "slurm": ("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_RESTART_COUNT"),
    "openmpi": ("OMPI_MCA_ess_base_jobid", "PMIX_NAMESPACE"),
    "mpich": ("PMI_PORT", "PMI_JOBID", "SLURM_JOB_ID"),
}
LASTING_VARIABLES = {
    "torchrun": ("TORCHELASTIC_RUN_ID", "SLURM_JOB_ID"),
    "slurm": ("SLURM_JOB_ID",),
    "openmpi": ("SLURM_JOB_ID",),
    "mpich": ("SLURM_JOB_ID",),
}
NO_ID = ("", "none")  # torchrun without --rdzv-id says "none"
RUN_ID_LETTERS = 8


@dataclass(frozen=True)
class Place:
    """Where a process stands in its launch. `launcher` is "" for a single process."""

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0
    launcher: str = ""


def find_place(environ: Mapping[str, str]) -> Place:
    """Rank and world size from the launcher's variables. A launch of one process is no launch."""
    for launcher, rank_name, size_name, local_name in RANK_VARIABLES:
        rank, size = _number(environ, rank_name), _number(environ, size_name)
        if rank is not None and size is not None and 0 <= rank < size and size > 1:
            return Place(rank, size, _number(environ, local_name) or 0, launcher)
    return Place()


def shared_run_id(place: Place, environ: Mapping[str, str], *, parent: str, ordinal: int = 0) -> str | None:
    """The id that all ranks of this launch derive; None for a single process or when nothing ties the ranks together.

    `parent` names the parent process (pid and start time); `ordinal` counts the runs this process began before."""
    if not place.launcher:
        return None
    parts = [f"{name}={environ[name]}" for name in LAUNCH_VARIABLES[place.launcher] if environ.get(name)]
    is_one_node = _number(environ, "LOCAL_WORLD_SIZE") == place.world_size
    if (place.launcher == "torchrun" and is_one_node) or (place.launcher == "mpich" and not parts):
        parts.append(parent)
    return _digest([place.launcher, *parts, str(ordinal)]) if parts else None


def lasting_run_id(environ: Mapping[str, str], *, ordinal: int = 0) -> str | None:
    """The id for resume="auto": it stays the same when the scheduler starts the job again. None outside a scheduler."""
    launcher = find_place(environ).launcher or "slurm"
    found = ((name, environ.get(name, "")) for name in LASTING_VARIABLES[launcher])
    parts = [f"{name}={value}" for name, value in found if value not in NO_ID]
    return _digest(["auto", *parts, str(ordinal)]) if parts else None


def _digest(parts: list[str]) -> str:
    number = int.from_bytes(blake2b("\n".join(parts).encode(), digest_size=16).digest(), "little")
    letters = []
    for _ in range(RUN_ID_LETTERS):
        number, index = divmod(number, len(RUN_ID_ALPHABET))
        letters.append(RUN_ID_ALPHABET[index])
    return "".join(letters)


def _number(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None
