"""Every number of the pipeline in one frozen record, and what makes a wish impossible."""

from dataclasses import dataclass, fields

import belvedere as bv
from belvedere.recipes.corpora.sums import LETTERS
from belvedere.recipes.models.gpt import GPTShape

STAGES = ("mid", "sft", "rl")
QUICK = 0.4  # of the seconds


@dataclass(frozen=True)
class Settings:
    """Seconds are processor time, evaluations included: a busy machine takes longer and learns the same. With `steps`
    every stage has so many, and there is no clock."""

    mid_seconds: float = 20.0
    sft_seconds: float = 15.0
    rl_seconds: float = 25.0
    steps: int | None = None  # of each stage
    layers: int = 2
    heads: int = 2
    width: int = 64
    context: int = 64  # tokens
    batch: int = 48  # sequences of a mid or sft step
    noise: float = 0.35  # share of sft labels that name an option at random, as crowd workers do
    questions: int = 8  # of an rl step
    samples: int = 16  # answers per question of an rl step
    new_tokens: int = 14  # an answer may have; the shortest right one has 12
    sft_rate: float = 0.5  # learning rates as a share of pretraining's
    rl_rate: float = 0.1  # 0.2 has been seen to collapse
    eval_seconds: float = 2.0  # between two evaluations
    eval_every: int | None = None  # steps between two, instead
    eval_questions: int = 64
    eval_samples: int = 8  # per question, for pass@1 … pass@8
    seed: int = 0
    threads: int = 1  # matrices this small do not get faster with more

    def shape(self, vocab: int) -> GPTShape:
        """15 / Q as scale lets a normed query and key reach a logit of 15: look-ups need sharp attention."""
        return GPTShape(vocab, self.layers, self.heads, self.heads, self.width, self.context,
                        attention_scale=15 / (self.width / self.heads))  # fmt: skip

    def seconds_of(self, stage: str) -> float:
        """The budget of a stage."""
        return {"mid": self.mid_seconds, "sft": self.sft_seconds, "rl": self.rl_seconds}[stage]

    @property
    def chance(self) -> float:
        """What guessing reaches."""
        return 1 / len(LETTERS)


def refuse_impossible(settings: Settings) -> None:
    """Say what cannot be before any time is spent."""
    for field in fields(settings):
        value = getattr(settings, field.name)
        if value is not None and value < 0:
            raise bv.UsageError(f"--{field.name.replace('_', '-')} is {value}; give 0 or more")
    for name in ("layers", "heads", "width", "batch", "questions", "eval_questions", "threads"):
        if getattr(settings, name) < 1:
            raise bv.UsageError(f"--{name.replace('_', '-')} is {getattr(settings, name)}; give at least 1")
    if settings.steps is not None and settings.steps < 1:
        raise bv.UsageError(f"--steps is {settings.steps}; give at least 1")
    if settings.samples < 2:
        raise bv.UsageError(f"--samples is {settings.samples}; an advantage compares at least 2 answers")
    if settings.eval_samples < 8:
        raise bv.UsageError(f"--eval-samples is {settings.eval_samples}; pass@8 needs at least 8")
    if settings.noise > 1:
        raise bv.UsageError(f"--noise is {settings.noise}; it is a share, 0 to 1")
    if settings.context < 39:  # the longest sequence: a mid-training one
        raise bv.UsageError(f"--context is {settings.context}; a practice sequence has 39 tokens")
    if settings.new_tokens < 12:
        raise bv.UsageError(f"--new-tokens is {settings.new_tokens}; a right answer has 12")
