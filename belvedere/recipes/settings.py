"""Every number of a pretraining run in one frozen record, the presets, and what makes a wish impossible."""

from dataclasses import dataclass
from pathlib import Path

import belvedere as bv
from belvedere.recipes.models.gpt import GPTShape


@dataclass(frozen=True)
class Settings:
    """What is trained, on what, for how long. Of steps and seconds exactly one is set."""

    preset: str = "cpu"
    tokenizer: str = "bpe"  # byte or bpe
    vocab: int = 1024  # wanted size of a bpe vocabulary; 256 for bytes
    layers: int = 4
    heads: int = 4
    kv_heads: int = 4
    width: int = 128
    context: int = 256  # tokens
    batch: int = 8  # sequences per optimizer step, over all ranks
    micro_batch: int = 8  # sequences per forward pass of one rank, at most
    steps: int | None = None
    seconds: float | None = 90.0
    seed: int = 0
    data: str | None = None  # a folder of texts; None is the standard library
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 2
    eval_every: int = 25  # steps
    eval_batches: int = 6  # of `batch` held-out sequences, always the same
    sample_every: int = 100  # steps
    sample_tokens: int = 96
    save_every: int | None = None  # steps; None is at the end only
    has_pictures: bool = True  # attention, embeddings, continuations and histograms at every validation
    probe_every: int | None = 50  # steps between two probes of learning rate and curvature; None for none
    landscape: int = 11  # cells along each side of the final loss landscape; 0 for none, and for no curvature

    def shape_of(self, vocab: int) -> GPTShape:
        """The model for a vocabulary's true size: a small text may not fill the wanted one."""
        return GPTShape(vocab, self.layers, self.heads, self.kv_heads, self.width, self.context)

    @property
    def tokens_per_step(self) -> int:
        """B × T over all ranks."""
        return self.batch * self.context


PRESETS: dict[str, dict[str, int | float | str | bool | None]] = {
    # 2 layers and a short context: tests, and a first look in five seconds
    "tiny": {
        "tokenizer": "byte", "vocab": 256, "layers": 2, "heads": 2, "kv_heads": 1, "width": 32, "context": 64,
        "batch": 4, "micro_batch": 4, "seconds": 5.0, "eval_every": 20, "eval_batches": 2, "sample_tokens": 32,
        "probe_every": None, "landscape": 0,
    },
    # the demo: 1.05 M parameters, about 5 steps a second on two cores
    "cpu": {},
    # GPT-2 small's blocks; embedding and head are two matrices here, so V = 25 600 makes the same 124 M parameters
    "gpt2-124m": {
        "vocab": 25_600, "layers": 12, "heads": 12, "kv_heads": 12, "width": 768, "context": 1024,
        "batch": 480, "micro_batch": 32, "seconds": None, "steps": 19_000,
        "eval_every": 250, "eval_batches": 1, "sample_every": 1000, "sample_tokens": 256, "save_every": 1000,
        "has_pictures": False, "probe_every": None, "landscape": 0,
    },
}  # fmt: skip


def refuse_impossible(settings: Settings, *, world: int) -> None:
    """Say what cannot be before any time is spent."""
    for name in ("vocab", "layers", "heads", "kv_heads", "width", "context", "batch", "micro_batch", "threads",
                 "eval_every", "eval_batches", "sample_every", "sample_tokens"):  # fmt: skip
        if getattr(settings, name) < 1:
            raise bv.UsageError(f"--{name.replace('_', '-')} is {getattr(settings, name)}; give at least 1")
    if settings.seconds is not None and not 0 < settings.seconds < float("inf"):
        raise bv.UsageError(f"--seconds is {settings.seconds}; give a positive number of seconds")
    if settings.steps is not None and settings.steps < 1:
        raise bv.UsageError(f"--steps is {settings.steps}; give at least 1")
    for name in ("save_every", "probe_every"):
        every = getattr(settings, name)
        if every is not None and every < 1:
            raise bv.UsageError(f"--{name.replace('_', '-')} is {every}; give at least 1, or leave it out")
    if settings.landscape < 0 or settings.landscape == 1:
        raise bv.UsageError(f"--landscape is {settings.landscape}; give 2 or more cells along each side, or 0 for none")
    if settings.seed < 0:
        raise bv.UsageError(f"--seed is {settings.seed}; give 0 or more")
    if settings.batch % world:
        raise bv.UsageError(f"a batch of {settings.batch} sequences does not split over {world} ranks; "
                            f"pass --batch {-(-settings.batch // world) * world}")  # fmt: skip
    if settings.tokenizer == "bpe" and not 256 <= settings.vocab <= 65_536:
        raise bv.UsageError(f"--vocab is {settings.vocab}; byte-pair ids need 256 to 65536")
    try:
        settings.shape_of(settings.vocab)
    except AssertionError as fault:
        raise bv.UsageError(f"no such model: {fault}; change --width, --heads or --kv-heads") from fault
    if settings.data is not None and not Path(settings.data).is_dir():
        raise bv.UsageError(f"--data {settings.data!r} is not a folder; give a folder of *.py, *.txt or *.md files")
