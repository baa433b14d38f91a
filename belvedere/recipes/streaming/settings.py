"""Every number of a training on a stream in one frozen record, the presets, and what makes a wish impossible."""

import math
from dataclasses import dataclass

import belvedere as bv
from belvedere.recipes.models.gpt import GPTShape
from belvedere.recipes.optim import MUON_RATE


@dataclass(frozen=True)
class Settings:
    """What is trained, on which stream, how far. A chunk is `tokens_per_chunk` tokens, trained on in as many updates
    as batches of `batch` sequences fit into it. Without `max_chunks` and `seconds` the stream's end is the end."""

    preset: str = "cpu"
    data: str | None = None  # a file, a folder, a Hugging Face data set; None is Python's standard library
    tokenizer: str = "byte"  # byte or bpe
    vocab: int = 256  # wanted size of a bpe vocabulary; 256 for bytes
    layers: int = 4
    heads: int = 4
    kv_heads: int = 4
    width: int = 128
    max_seq_length: int = 256  # tokens
    tokens_per_chunk: int = 4096
    batch: int = 8  # sequences per update, over all ranks
    micro_batch: int = 8  # sequences per forward pass of one rank, at most
    max_chunks: int | None = 100
    seconds: float | None = None
    lr: float = MUON_RATE  # of the matrices inside the blocks; embedding and head go in proportion
    warmup: int = 20  # updates
    seed: int = 0
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 2
    viz_dir: str = "training_viz"
    viz_interval: int = 50  # chunks between two dashboards
    display_samples: int = 5  # texts on a dashboard
    sample_interval: int = 10  # chunks between two texts that the model writes
    checkpoint_interval: int = 2000  # chunks
    keep_checkpoints: int = 0  # of those of the interval; the newest is always kept
    has_checkpoints: bool = True

    def shape_of(self, vocab: int) -> GPTShape:
        """The model for a vocabulary's true size: a short text may not fill the wanted one."""
        return GPTShape(vocab, self.layers, self.heads, self.kv_heads, self.width, self.max_seq_length)

    @property
    def sequences(self) -> int:
        """Of a chunk."""
        return self.tokens_per_chunk // self.max_seq_length

    @property
    def updates(self) -> int:
        """Of a chunk."""
        return self.sequences // self.batch

    @property
    def lanes(self) -> dict[str, int]:
        """A chunk's shape: as many lanes as a batch has sequences, and the inputs of each."""
        return {"lanes": self.batch, "length": self.tokens_per_chunk // self.batch}


SLIMPAJAMA = "cerebras/SlimPajama-627B"
PRESETS: dict[str, dict[str, int | float | str | bool | None]] = {
    # what --test runs: 20 updates of 256 tokens, 131 thousand parameters
    "tiny": {
        "layers": 2, "heads": 2, "kv_heads": 2, "width": 64, "max_seq_length": 64, "tokens_per_chunk": 1024,
        "batch": 4, "micro_batch": 4, "max_chunks": 5, "warmup": 4, "viz_interval": 2, "sample_interval": 1,
    },
    # 0.85 million parameters, two updates a chunk, a minute on two cores
    "cpu": {},
    # GPT-2 small's blocks; embedding and head are two matrices here, so V = 25 600 makes the same 124 M parameters
    "gpt2-124m": {
        "data": SLIMPAJAMA, "tokenizer": "bpe", "vocab": 25_600, "layers": 12, "heads": 12, "kv_heads": 12,
        "width": 768, "max_seq_length": 1024, "tokens_per_chunk": 480 * 1024, "batch": 480, "micro_batch": 32,
        "max_chunks": 19_000, "warmup": 700,
    },
    # wide heads and a context of 2 048: the family of depths, width 64 times depth
    "d12": {
        "data": SLIMPAJAMA, "tokenizer": "bpe", "vocab": 32_768, "layers": 12, "heads": 6, "kv_heads": 6,
        "width": 768, "max_seq_length": 2048, "tokens_per_chunk": 256 * 2048, "batch": 256, "micro_batch": 16,
        "max_chunks": 5_000, "warmup": 200,
    },
}  # fmt: skip
AT_LEAST_ONE = (
    "vocab layers heads kv_heads width max_seq_length tokens_per_chunk batch micro_batch warmup threads viz_interval "
    "display_samples sample_interval checkpoint_interval"
).split()


def refuse_impossible(settings: Settings, *, world: int) -> None:
    """Say what cannot be before any time is spent."""
    for name in AT_LEAST_ONE:
        if getattr(settings, name) < 1:
            raise bv.UsageError(f"--{name.replace('_', '-')} is {getattr(settings, name)}; give at least 1")
    for name in ("seed", "keep_checkpoints"):
        if getattr(settings, name) < 0:
            raise bv.UsageError(f"--{name.replace('_', '-')} is {getattr(settings, name)}; give 0 or more")
    if settings.max_chunks is not None and settings.max_chunks < 1:
        raise bv.UsageError(f"--max-chunks is {settings.max_chunks}; give at least 1")
    if settings.seconds is not None and not 0 < settings.seconds < math.inf:
        raise bv.UsageError(f"--seconds is {settings.seconds}; give a positive number of seconds")
    if not 0 <= settings.lr < math.inf:
        raise bv.UsageError(f"--lr is {settings.lr}; give a positive rate, or 0 to see what no learning looks like")
    if settings.display_samples > 8:
        raise bv.UsageError(f"--display-samples is {settings.display_samples}; a dashboard has room for 8")
    if settings.tokenizer == "bpe" and not 256 <= settings.vocab <= 65_536:
        raise bv.UsageError(f"--vocab is {settings.vocab}; byte-pair ids need 256 to 65536")
    _refuse_uneven(settings, world)
    try:
        settings.shape_of(settings.vocab)
    except AssertionError as fault:
        raise bv.UsageError(f"no such model: {fault}; change --width, --heads or --kv-heads") from fault


def _refuse_uneven(settings: Settings, world: int) -> None:
    """A chunk is whole batches of whole sequences, and each rank has the same share of every batch."""
    if settings.batch % world:
        raise bv.UsageError(f"a batch of {settings.batch} sequences does not split over {world} ranks; "
                            f"pass --batch {-(-settings.batch // world) * world}")  # fmt: skip
    update = settings.batch * settings.max_seq_length
    if settings.tokens_per_chunk % update:
        raise bv.UsageError(f"a chunk of {settings.tokens_per_chunk:,} tokens is no whole number of batches of "
                            f"{settings.batch} x {settings.max_seq_length} tokens; pass --tokens-per-chunk "
                            f"{-(-settings.tokens_per_chunk // update) * update}, or another --batch or "
                            "--max-seq-length")  # fmt: skip
