"""Text samples: what the model itself writes after the begin of a text, and how the text really goes on."""

from dataclasses import dataclass

from torch import Tensor

from belvedere.recipes.corpora.bpe import Tokenizer
from belvedere.recipes.models.decoding import written
from belvedere.recipes.models.gpt import GPT

PROMPT_TOKENS, WRITTEN_TOKENS = 64, 48  # where the context has room for them
NO_TOKEN = -1  # ends no continuation: the text has no end token
NEXT_TEXT = "⏏"  # how the zero byte with which each text begins is shown


@dataclass(frozen=True)
class Sample:
    """`output` is the model's greedy continuation of `input`, `target` the text's own; `accuracy` is the share of
    tokens in which they agree, place by place."""

    input: str
    output: str
    target: str
    accuracy: float


def sample_of(model: GPT, tokenizer: Tokenizer, tokens: Tensor) -> Sample:
    """The model writes on from the first of `tokens` (n,), which are more than its context holds."""
    context = model.shape.context
    more = min(WRITTEN_TOKENS, context // 2)
    begin = min(PROMPT_TOKENS, context - more)
    prompt, target = tokens[:begin], tokens[begin : begin + more]
    on_device = prompt[None].to(model.head.weight.device)  # (1, begin)
    output = written(model, on_device, tokens=more, end=NO_TOKEN, generator=None)[0].cpu()  # (more,)
    accuracy = (output == target).double().mean().item()
    return Sample(text_of(tokenizer, prompt), text_of(tokenizer, output), text_of(tokenizer, target), accuracy)


def text_of(tokenizer: Tokenizer, tokens: Tensor) -> str:
    """Some tokens (n,) to read."""
    return tokenizer.decode(tokens.tolist()).decode("utf-8", "replace").replace("\0", NEXT_TEXT)
