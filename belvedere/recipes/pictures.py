"""What pretraining shows of the model from time to time: attention, embeddings, continuations, weights, curvature.

All of it is measured beside the training: no weight, no gradient and no random number of the training is touched, so
the losses with pictures equal those without, bit for bit. Only the first rank does this, but for the probe of learning
rates: it takes steps with the optimizers, to which every rank must come.
"""

import keyword

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

import belvedere as bv
from belvedere.recipes.corpora.batches import training_batch
from belvedere.recipes.corpora.bpe import Tokenizer, Tokens
from belvedere.recipes.models.decoding import written
from belvedere.recipes.models.gpt import GPT
from belvedere.recipes.ranks import Ranks
from belvedere.recipes.settings import Settings

COUNTED_TOKENS = 10_000_000  # of the text, to find the most frequent ones
PROBE_TOKENS = 120  # whose embeddings are followed: the most frequent ones that can be read
ATTENTION_TOKENS = 64  # a map is so many queries by so many keys at most
SAMPLES = 6
WRITTEN_TOKENS = 24
SMALL_BATCH = (4, 128)  # sequences and tokens of the batch that probes, Hessian and landscape look at
PATH_MAX = 20  # checkpoints kept for the landscape's path; thinned by half when there are more
NEXT_FILE = "⏏"  # a zero byte stands between two files
NO_TOKEN = -1  # ends no continuation: the text has no end token
KINDS = {str.isspace: "space", str.isdigit: "number", str.isidentifier: "name"}


class Pictures:
    """One training's fixed examples and the checkpoints on its way."""

    def __init__(
        self, settings: Settings, tokenizer: Tokenizer, train: Tokens, held_out: Tokens, ranks: Ranks
    ) -> None:  # fmt: skip
        self._settings, self._tokenizer, self._ranks = settings, tokenizer, ranks
        self._probes = readable_tokens(tokenizer, train[:COUNTED_TOKENS])
        self._held_out = held_out
        sequences, length = min(SMALL_BATCH[0], settings.batch), min(SMALL_BATCH[1], settings.context)
        small = training_batch(train, seed=settings.seed, step=0, batch=sequences, context=length)
        self._small = tuple(part.to(settings.device) for part in small)  # inputs and targets (B, T)
        self._path: list[tuple[int, dict[str, Tensor]]] = []
        self._apart = 1  # evaluations between two kept checkpoints
        self._seen = 0

    # --- at evaluations ---

    def evaluation(self, run: bv.Run, model: GPT) -> None:
        """Attention, embeddings, weights, and text continued beside how it really goes on."""
        ids = torch.from_numpy(self._held_out[None, :ATTENTION_TOKENS].astype(np.int64)).to(self._settings.device)
        words = [self._word(token) for token in ids[0].tolist()]
        last = self._settings.layers - 1
        heads = list(range(min(2, self._settings.heads)))
        bv.capture_attention(model, ids, layers=sorted({0, last}), heads=heads, tokens=words, run=run)
        labels = [self._word(token) for token in self._probes]
        bv.capture_embeddings(
            model, module="embed", name="tokens", rows=self._probes, labels=labels,
            classes=[self._kind(token) for token in self._probes], run=run,
        )  # fmt: skip
        bv.log_histograms(model, run=run)
        run.log({"samples": self._continuations(model, run.step)}, commit=False)
        self._keep(run.step, model)

    def _continuations(self, model: GPT, step: int) -> bv.Table:
        """What the model writes by its likeliest tokens after held-out text, and how the text really goes on."""
        context = self._settings.context
        begin, more = context // 2, min(WRITTEN_TOKENS, context // 4)
        starts = np.linspace(0, len(self._held_out) - begin - more, SAMPLES).astype(np.int64)
        rows = np.stack([self._held_out[start : start + begin + more].astype(np.int64) for start in starts])
        prompts = torch.from_numpy(rows[:, :begin]).to(self._settings.device)
        answers = written(model, prompts, tokens=more, end=NO_TOKEN, generator=None).cpu().numpy()
        table = bv.Table(columns=["step", "input", "output", "target", "accuracy"])
        for prompt, answer, target in zip(rows[:, :begin], answers, rows[:, begin:], strict=True):
            texts = [self._text(part) for part in (prompt, answer, target)]
            table.add_data(step, *texts, round(float((answer == target).mean()), 4))
        return table

    def _keep(self, step: int, model: nn.Module) -> None:
        """Every so many evaluations a copy of the weights; twice as many apart once PATH_MAX are full."""
        if self._seen % self._apart == 0 and self._settings.landscape:
            self._path.append((step, {name: weight.detach().clone() for name, weight in model.state_dict().items()}))
            if len(self._path) > PATH_MAX:
                self._path, self._apart = self._path[::2], 2 * self._apart
        self._seen += 1

    # --- at probes ---

    def probe(self, run: bv.Run, model: GPT, optimizers: list[Optimizer]) -> None:
        """One step at five learning rates, taken back; and the sharpest curvature. Every rank must call."""
        bv.probe_learning_rates(model, optimizers, lambda: self._loss(model), run=run)
        if self._settings.landscape and self._ranks.is_first:
            bv.hessian_top(model, self._loss, lr=float(optimizers[0].param_groups[0]["lr"]) or None,
                           products=8, tolerance=0.02, run=run)  # fmt: skip

    # --- at the end ---

    def conclusion(self, run: bv.Run, model: GPT, step: int) -> None:
        """The loss on the plane that holds most of the training's path, and on the line from its start to its end."""
        size = self._settings.landscape
        path = [(at, state) for at, state in self._path if at < step]
        if not size or len(path) < 2:
            return
        states, steps = [state for _, state in path], [at for at, _ in path]
        bv.landscape(model, self._loss, run=run, kind="pca", size=size, checkpoints=states, steps=[*steps, step],
                     is_shared=False, progress=False)  # fmt: skip
        names = (f"step {steps[0]}", f"step {step}")
        bv.landscape_line(model, self._loss, states[0], names=names, size=size, run=run, progress=False)

    # --- parts ---

    def _loss(self, model: nn.Module) -> Tensor:
        """Mean cross-entropy on the small batch, which is part of the training text."""
        assert isinstance(model, GPT)
        return model.loss(*self._small)

    def _word(self, token: int) -> str:
        return self._text([token]).replace("\n", "⏎")

    def _text(self, tokens: object) -> str:
        text = self._tokenizer.decode(tokens).decode("utf-8", "replace")  # type: ignore[arg-type]
        return text.replace("\0", NEXT_FILE)

    def _kind(self, token: int) -> str:
        """What a token is in Python's eyes."""
        text = self._text([token]).strip(" ")
        if keyword.iskeyword(text):
            return "keyword"
        return next((kind for test, kind in KINDS.items() if not text or test(text)), "sign")


def readable_tokens(tokenizer: Tokenizer, train: Tokens) -> list[int]:
    """The most frequent tokens that are whole characters, most frequent first."""
    counts = np.bincount(train, minlength=tokenizer.vocab)
    readable = [int(token) for token in np.argsort(-counts, kind="stable") if counts[token]]
    printable = [token for token in readable if is_printable(tokenizer.decode([token]))]
    return printable[:PROBE_TOKENS]


def is_printable(content: bytes) -> bool:
    """Whether bytes are text that can stand in a label; blanks and line breaks can."""
    text = content.decode("utf-8", "replace")
    return bool(text) and all(letter.isprintable() or letter.isspace() for letter in text) and "\ufffd" not in text
