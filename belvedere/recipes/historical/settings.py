"""Every number of a historical language model's training in one frozen record, the presets, and what cannot be."""

from dataclasses import dataclass, replace

import belvedere as bv
from belvedere.recipes.corpora.token_file import Wanted
from belvedere.recipes.models.gpt2 import GPT2Shape
from belvedere.recipes.ranks import Ranks

BETAS = (0.9, 0.95)
CLIP = 1.0  # largest norm of the gradient over all weights
FLOOR = 0.1  # of the learning rate, at the end of its cosine


@dataclass(frozen=True)
class Settings:
    """What is trained, on what, for how long. Of steps and seconds exactly one is set; `batch` is set once the number
    of ranks is known."""

    preset: str = "cpu"
    tokenizer: str = "bpe"  # byte or bpe
    vocab: int = 1024  # wanted size, special tokens included; 256 + those for bytes
    special_tokens: tuple[str, ...] = ()
    layers: int = 4
    heads: int = 4
    width: int = 128
    context: int = 256  # tokens
    dropout: float = 0.0  # a short run sees no text twice, so there is nothing to forget
    has_bias: bool = False
    batch: int | None = None  # sequences per optimizer step, over all ranks; None is one forward pass of each rank
    micro_batch: int = 8  # sequences per forward pass of one rank, at most
    steps: int | None = 250
    seconds: float | None = None
    lr: float = 2e-3  # at its height
    warmup: int = 20  # steps
    weight_decay: float = 0.1
    seed: int = 0
    data: str | None = None  # a file, a folder, or what else the text stream takes; None is the standard library
    period: str = "1500-1850"  # of the texts in `data`
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 2
    is_compiled: bool = False
    log_every: int = 5  # steps
    eval_every: int = 50
    eval_batches: int = 4  # of `micro_batch` sequences, always the same
    save_every: int = 50
    sample_tokens: int = 48  # of the text written at each evaluation; 0 for none

    @property
    def shape(self) -> GPT2Shape:
        """The model, if the text fills the wanted vocabulary."""
        return self.shape_of(self.vocab)

    def shape_of(self, vocab: int) -> GPT2Shape:
        """The model for a vocabulary's true size."""
        return GPT2Shape(vocab, self.layers, self.heads, self.width, self.context, self.dropout, self.has_bias)

    @property
    def tokenizer_wanted(self) -> Wanted:
        """What the token file is to be made with."""
        return Wanted(self.tokenizer, self.vocab, self.special_tokens)

    @property
    def sequences(self) -> int:
        """Per optimizer step, over all ranks."""
        assert self.batch is not None, "settled by order_of"
        return self.batch

    @property
    def tokens_per_step(self) -> int:
        """B × T over all ranks."""
        return self.sequences * self.context


# The numbers of slm and regular are those that the two trainings really ran with, not all those of their page:
# vocabulary 30 000 (not 50 000), betas 0.9 and 0.95, weight decay 0.1, and 3e-4 at the height of the learning rate,
# which 2.4e-4 at iteration 400 of 500 belongs to (not 3e-5).
FULL_SIZE: dict[str, object] = {
    "vocab": 30_000, "context": 1024, "dropout": 0.1, "steps": 60_000, "lr": 3e-4, "warmup": 500,
    "is_compiled": True, "log_every": 100, "eval_batches": 50, "save_every": 500, "sample_tokens": 128,
}  # fmt: skip
PRESETS: dict[str, dict[str, object]] = {
    # bytes, two layers: tests, and a first look in five seconds
    "tiny": {
        "tokenizer": "byte", "vocab": 256, "layers": 2, "heads": 2, "width": 32, "context": 64, "micro_batch": 4,
        "dropout": 0.1, "steps": 60, "warmup": 5, "log_every": 2, "eval_every": 20, "eval_batches": 2, "save_every": 20,
        "sample_tokens": 16,
    },
    # 0.95 M parameters, 110 s of one core: 250 steps
    "cpu": {},
    "slm": FULL_SIZE | {"layers": 12, "heads": 12, "width": 768, "micro_batch": 20, "eval_every": 4000},
    "regular": FULL_SIZE | {"layers": 24, "heads": 16, "width": 1024, "micro_batch": 12, "eval_every": 1000},
}  # fmt: skip


def settled(settings: Settings, ranks: Ranks) -> Settings:
    """With `batch` filled in; UsageError for what cannot be."""
    refuse_impossible(settings)
    batch = settings.micro_batch * ranks.world if settings.batch is None else settings.batch
    return replace(settings, batch=batch)


def refuse_impossible(settings: Settings) -> None:
    """Say what cannot be before any time is spent."""
    for name in ("vocab", "layers", "heads", "width", "context", "micro_batch", "log_every", "eval_every",
                 "eval_batches", "save_every"):  # fmt: skip
        if getattr(settings, name) < 1:
            raise bv.UsageError(f"--{name.replace('_', '-')} is {getattr(settings, name)}; give at least 1")
    for name in ("warmup", "seed", "sample_tokens", "weight_decay"):
        if not 0 <= getattr(settings, name) < float("inf"):
            raise bv.UsageError(f"--{name.replace('_', '-')} is {getattr(settings, name)}; give 0 or more")
    for name in ("batch", "steps"):
        given = getattr(settings, name)
        if given is not None and given < 1:
            raise bv.UsageError(f"--{name} is {given}; give at least 1")
    if settings.seconds is not None and not 0 < settings.seconds < float("inf"):
        raise bv.UsageError(f"--seconds is {settings.seconds}; give a positive number of seconds")
    if not 0 <= settings.lr < float("inf"):
        raise bv.UsageError(f"--lr is {settings.lr}; give a learning rate such as 3e-4")
    least = 256 + len(settings.special_tokens)
    if not least <= settings.vocab <= 65_536:
        raise bv.UsageError(f"--vocab is {settings.vocab}; ids of two bytes and {len(settings.special_tokens)} special "
                            f"tokens need {least} to 65536")  # fmt: skip
    try:
        _ = settings.shape
    except AssertionError as fault:
        raise bv.UsageError(f"no such model: {fault}; change --width, --heads or --dropout") from fault
