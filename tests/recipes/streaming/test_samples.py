"""A sample shows what the model writes, and nothing else."""

import torch

from belvedere.recipes.corpora.bpe import ByteTokenizer
from belvedere.recipes.models.gpt import GPT, GPTShape
from belvedere.recipes.streaming.samples import sample_of


def test_a_sample_is_the_models_own_greedy_continuation() -> None:
    torch.manual_seed(0)
    model = GPT(GPTShape(vocab=256, layers=1, heads=2, kv_heads=2, width=16, context=32))
    torch.nn.init.normal_(model.head.weight)  # it starts at zero: one byte for ever
    text = torch.tensor(list(b"\0def function(x):\n    return x + 1\n"))
    sample = sample_of(model, ByteTokenizer(), text)
    assert (sample.input, sample.target) == ("⏏def function(x)", ":\n    return x +")
    tokens = text[:16].tolist()
    for _ in range(16):
        tokens.append(int(model(torch.tensor([tokens]))[0, -1].argmax()))
    written = bytes(tokens[16:])
    assert sample.output == written.decode("utf-8", "replace").replace("\0", "⏏")
    assert sample.accuracy == sum(one == other for one, other in zip(written, text[16:].tolist(), strict=False)) / 16
