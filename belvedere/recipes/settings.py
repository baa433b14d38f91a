"""Every number of a pretraining run in one frozen record, the presets, and what makes a wish impossible."""

from dataclasses import dataclass

import belvedere as bv
from belvedere.recipes.command import split_over
from belvedere.recipes.corpora.bpe import Pair
from belvedere.recipes.corpora.token_file import Wanted
from belvedere.recipes.models.gpt import GPTShape
from belvedere.recipes.ranks import Ranks

VOCAB_MAX = 65_536  # ids are kept in two bytes
HEAD_WIDTH = 128  # of the depth presets
WIDTH_PER_LAYER = 64  # likewise
BATCH_TOKENS = 524_288  # of an optimizer step at full size
Plain = int | float | str | bool | None
TOKENS_PER_PARAMETER = 20  # what a model of a given size is trained on where compute is what is short (Chinchilla)


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
    tokenizer_file: str | None = None  # a vocabulary that is known already
    data: str | None = None  # a file, a folder, or what else the text stream takes; None is the standard library
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 2
    is_compiled: bool = False  # torch.compile: minutes at the start, faster steps on a GPU
    eval_every: int = 25  # steps
    eval_batches: int = 6  # of `batch` held-out sequences, always the same
    sample_every: int = 100  # steps
    sample_tokens: int = 96
    save_every: int = 75  # steps between two checkpoints: some 15 s
    has_pictures: bool = True  # attention, embeddings, continuations and histograms at every validation
    probe_every: int | None = 50  # steps between two probes of learning rate and curvature; None for none
    landscape: int = 11  # cells along each side of the final loss landscape; 0 for none, and for no curvature

    def shape_of(self, vocab: int) -> GPTShape:
        """The model for a vocabulary's true size: a small text may not fill the wanted one."""
        return GPTShape(vocab, self.layers, self.heads, self.kv_heads, self.width, self.context)

    def wanted(self, merges: tuple[Pair, ...] = ()) -> Wanted:
        """What the token file must be made with; `merges` are those of `tokenizer_file`."""
        return Wanted(self.tokenizer, self.vocab, merges=merges)

    @property
    def tokens_per_step(self) -> int:
        """B × T over all ranks."""
        return self.batch * self.context


def of_depth(layers: int, *, vocab: int, micro_batch: int) -> dict[str, Plain]:
    """One dial for a family of models: 64 wide per layer, heads 128 wide, T = 2048, half a million tokens a step, and
    20 tokens per parameter in all."""
    width, context = WIDTH_PER_LAYER * layers, 2048
    parameters = 2 * vocab * width + 12 * layers * width**2
    heads = width // HEAD_WIDTH
    return {
        "vocab": vocab, "layers": layers, "heads": heads, "kv_heads": heads, "width": width, "context": context,
        "batch": BATCH_TOKENS // context, "micro_batch": micro_batch,
        "seconds": None, "steps": TOKENS_PER_PARAMETER * parameters // BATCH_TOKENS,
        **AT_FULL_SIZE,
    }  # fmt: skip


# A checkpoint of d26 is 11 GB; pictures and probes would hold a second copy of the model.
AT_FULL_SIZE: dict[str, Plain] = {
    "eval_every": 250, "eval_batches": 4, "sample_every": 1000, "sample_tokens": 256, "save_every": 500,
    "has_pictures": False, "probe_every": None, "landscape": 0, "is_compiled": True,
}  # fmt: skip
PRESETS: dict[str, dict[str, Plain]] = {
    # 2 layers and a short context: tests, and a first look in five seconds
    "tiny": {
        "tokenizer": "byte", "vocab": 256, "layers": 2, "heads": 2, "kv_heads": 1, "width": 32, "context": 64,
        "batch": 4, "micro_batch": 4, "seconds": 5.0, "eval_every": 20, "eval_batches": 2, "sample_tokens": 32,
        "save_every": 250, "probe_every": None, "landscape": 0,
    },
    # the demo: 1.05 M parameters, about 5 steps a second on two cores
    "cpu": {},
    # GPT-2 small's blocks; embedding and head are two matrices here, so V = 25 600 makes the same 124 M parameters
    "gpt2-124m": {
        "vocab": 25_600, "layers": 12, "heads": 12, "kv_heads": 12, "width": 768, "context": 1024,
        "batch": 480, "micro_batch": 30, "seconds": None, "steps": 19_000, **AT_FULL_SIZE,
    },
    "d8": of_depth(8, vocab=32_768, micro_batch=16),  # 58.7 M parameters
    "d12": of_depth(12, vocab=32_768, micro_batch=16),  # 135.3 M
    "d16": of_depth(16, vocab=32_768, micro_batch=16),  # 268.4 M
    "d20": of_depth(20, vocab=65_536, micro_batch=8),  # 561.0 M
    "d26": of_depth(26, vocab=65_536, micro_batch=4),  # 1.08 B
}  # fmt: skip


def refuse_impossible(settings: Settings, ranks: Ranks) -> None:
    """Say what cannot be before any time is spent."""
    for name in ("vocab", "layers", "heads", "kv_heads", "width", "context", "batch", "micro_batch", "threads",
                 "eval_every", "eval_batches", "sample_every", "sample_tokens", "save_every"):  # fmt: skip
        if getattr(settings, name) < 1:
            raise bv.UsageError(f"--{name.replace('_', '-')} is {getattr(settings, name)}; give at least 1")
    if settings.seconds is not None and not 0 < settings.seconds < float("inf"):
        raise bv.UsageError(f"--seconds is {settings.seconds}; give a positive number of seconds")
    if settings.steps is not None and settings.steps < 1:
        raise bv.UsageError(f"--steps is {settings.steps}; give at least 1")
    if settings.probe_every is not None and settings.probe_every < 1:
        raise bv.UsageError(f"--probe-every is {settings.probe_every}; give at least 1, or leave it out")
    if settings.landscape < 0 or settings.landscape == 1:
        raise bv.UsageError(f"--landscape is {settings.landscape}; give 2 or more cells along each side, or 0 for none")
    if settings.seed < 0:
        raise bv.UsageError(f"--seed is {settings.seed}; give 0 or more")
    split_over(settings.batch, ranks)
    if settings.tokenizer == "bpe" and not 256 <= settings.vocab <= VOCAB_MAX:
        raise bv.UsageError(f"--vocab is {settings.vocab}; byte-pair ids need 256 to {VOCAB_MAX}")
    try:
        settings.shape_of(settings.vocab)
    except AssertionError as fault:
        raise bv.UsageError(f"no such model: {fault}; change --width, --heads or --kv-heads") from fault
