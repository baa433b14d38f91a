"""Every number of a stage in one frozen record, and what makes a wish impossible."""

from dataclasses import dataclass, fields

import belvedere as bv
from belvedere.recipes.chat.sum_tokens import PRACTICE_TOKENS
from belvedere.recipes.corpora.aqua import SPLIT_OF
from belvedere.recipes.models.gpt import GPTShape
from belvedere.recipes.ranks import Ranks

Number = int | float | str | bool | None
SHARP = 8.0  # largest attention logit of normed queries and keys in the small models: 5 to 15 learn, 30 hardly


@dataclass(frozen=True)
class Settings:
    """Of steps and seconds exactly one is set. The seconds are of training: examinations do not count."""

    preset: str = "cpu"
    tokens: str = "sums"  # sums: 84 tokens of their own; text: those of the pretrained model
    steps: int | None = None
    seconds: float | None = 20.0
    layers: int = 2
    heads: int = 2
    kv_heads: int = 2
    width: int = 64
    context: int = 64  # tokens
    attention_scale: float | None = SHARP / 32  # of q·k; None is 1 / √Q
    rate: float = 1.0  # learning rates as a share of pretraining's
    batch: int = 48  # sequences of a mid or sft step, over all ranks
    micro_batch: int = 128  # sequences of a forward pass of one rank, at most
    noise: float = 0.0  # share of sft labels that argue for a wrong option, as crowd workers do
    questions: int = 8  # of an rl step, over all ranks
    samples: int = 16  # answers per question of an rl step
    new_tokens: int = 14  # an answer may have; the right ones to sums have 12
    temperature: float = 1.0
    top_k: int | None = None  # a sampled token is one of so many likeliest
    eval_every: int = 40  # steps
    eval_questions: int = 256
    eval_samples: int = 8  # per question, for pass@1 … pass@8
    save_every: int = 100  # steps
    data: str | None = None  # a folder with AQuA-RAT
    train_split: str = "train"
    eval_split: str = "dev"
    may_download: bool = False
    tasks: str | None = None  # a folder with benchmarks
    may_run_code: bool = False
    seed: int = 0
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 1  # matrices this small do not get faster with more
    has_pictures: bool = True
    figures_every: int = 0  # steps between two sets of live figures; 0 for none

    def shape(self, vocab: int) -> GPTShape:
        """The model for a vocabulary."""
        return GPTShape(vocab, self.layers, self.heads, self.kv_heads, self.width, self.context, self.attention_scale)

    def fraction(self, step: int, seconds: float) -> float:
        """How much of the budget is used, 0 … 1 and beyond."""
        return step / self.steps if self.steps is not None else seconds / (self.seconds or 1.0)


AT_LEAST_ONE = ("layers", "heads", "kv_heads", "width", "batch", "micro_batch", "questions", "eval_every",
                "eval_questions", "save_every", "threads")  # fmt: skip


def refuse_impossible(settings: Settings, ranks: Ranks) -> None:
    """Say what cannot be before any time is spent."""
    for name in AT_LEAST_ONE:
        if getattr(settings, name) < 1:
            raise bv.UsageError(f"--{_option(name)} is {getattr(settings, name)}; give at least 1")
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, int | float) and not 0 <= value < float("inf"):
            raise bv.UsageError(f"--{_option(field.name)} is {value}; give 0 or more")
    for name in ("steps", "seconds", "rate", "temperature", "top_k"):
        if getattr(settings, name) == 0:
            raise bv.UsageError(f"--{_option(name)} is 0; give more")
    if settings.samples < 2:
        raise bv.UsageError(f"--samples is {settings.samples}; an advantage compares at least 2 answers")
    if settings.eval_samples < 8:
        raise bv.UsageError(f"--eval-samples is {settings.eval_samples}; pass@8 needs at least 8")
    if settings.noise > 1:
        raise bv.UsageError(f"--noise is {settings.noise}; it is a share, 0 to 1")
    if settings.tokens == "sums" and settings.context < PRACTICE_TOKENS:
        raise bv.UsageError(f"--context is {settings.context}; a practice sequence has {PRACTICE_TOKENS} tokens")
    if settings.tokens == "sums" and (settings.data or settings.may_download):
        raise bv.UsageError("preset cpu knows sums only; take --preset aqua-tiny, or leave --data and --download out")
    splits = [SPLIT_OF.get(split, split) for split in (settings.train_split, settings.eval_split)]
    if settings.tokens == "text" and splits[0] == splits[1]:
        raise bv.UsageError(f"--train-split {settings.train_split} and --eval-split {settings.eval_split} are the same "
                            "questions, so none would be held out; name two splits")  # fmt: skip
    for name in ("batch", "questions"):
        if getattr(settings, name) % ranks.world:
            more = -(-getattr(settings, name) // ranks.world) * ranks.world
            raise bv.UsageError(f"--{name} {getattr(settings, name)} does not split over {ranks.world} ranks; "
                                f"pass --{name} {more}")  # fmt: skip
    try:
        settings.shape(1)
    except AssertionError as fault:
        raise bv.UsageError(f"no such model: {fault}") from fault


def _option(name: str) -> str:
    return name.replace("_", "-")
