"""What held-out pictures say of a model: losses, free-running captions, retrieval, what can be read off the latents.

All of it is measured beside the training, by the first rank alone: no weight, gradient or random number is touched.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor

from belvedere.recipes.captioning.measures import (
    caption_measures,
    neighbour_purity,
    picture_measures,
    probe_accuracy,
    retrieval,
)
from belvedere.recipes.corpora.caption_batches import Batch
from belvedere.recipes.corpora.captions import CaptionedPictures, Vocabulary, words_of
from belvedere.recipes.models.image_caption import PARTS, ImageCaptionModel, losses_of

MEMORY_MAX = 4096  # latents at most that the probe is fitted on

Numbers = dict[str, float]
Short = Callable[[], AbstractContextManager[object]]  # the precision of the matrix products
Loads = Callable[[Sequence[int]], Iterator[Batch]]  # batches of the rows of a corpus, on the model's device


@dataclass(frozen=True)
class Seen:
    """Held-out rows through the model. latents (m, Z) · texts (m, Z) or None without InfoNCE · written: the captions
    that the model wrote by itself · said (m, T, V) logits each word of them was chosen by, on the CPU."""

    rows: tuple[int, ...]
    latents: Tensor
    texts: Tensor | None
    written: tuple[str, ...]
    said: Tensor


@torch.no_grad()
def validated(model: ImageCaptionModel, batches: Iterator[Batch], weights: Sequence[float], short: Short) -> Numbers:
    """Means over all held-out captions: `loss`, its parts as they are (`loss_image` …), measures of pictures and words.

    A batch counts by its captions; InfoNCE compares within a batch of the training's size, as the training does.
    """
    sums, count = dict[str, Tensor](), 0
    for batch in batches:
        with short():
            outputs = model(batch.images, batch.ids)
        parts = losses_of(model, outputs, batch.images, batch.ids).stacked()
        found = {"loss": (parts * parts.new_tensor(weights)).sum()}
        found |= {f"loss_{name}": part for name, part in zip(PARTS, parts, strict=True)}
        found |= picture_measures(outputs.pictures, batch.images) | caption_measures(outputs.logits, batch.ids[:, 1:])
        for name, value in found.items():
            sums[name] = sums.get(name, value.new_zeros(())) + value * len(batch.rows)
        count += len(batch.rows)
    return {name: value.item() / count for name, value in sums.items()}


@torch.no_grad()
def seen_by(model: ImageCaptionModel, batches: Iterator[Batch], vocabulary: Vocabulary, short: Short) -> Seen:
    """What the model makes of held-out pictures when nobody tells it a word of their captions."""
    rows, latents, texts, written, said = list[int](), list[Tensor](), list[Tensor](), list[str](), list[Tensor]()
    for batch in batches:
        with short():
            latents.append(model.encoder(batch.images).float())
            ids, logits = model.captioner.written(latents[-1])
        if model.shape.alignment == "infonce":
            texts.append(model.text_encoder(batch.ids).float())
        rows += batch.rows
        written += [vocabulary.decoded(one) for one in ids.cpu()]
        said.append(logits.cpu())
    return Seen(tuple(rows), torch.cat(latents), torch.cat(texts) if texts else None, tuple(written), torch.cat(said))


@torch.no_grad()
def latents_of(model: ImageCaptionModel, batches: Iterator[Batch], short: Short) -> Tensor:
    """(n, Z) in the order of the batches."""
    with short():
        return torch.cat([model.encoder(batch.images).float() for batch in batches])


# ---------------------------------------------------------------------------------------------------------------------
# Numbers of it


def caption_numbers(seen: Seen, corpus: CaptionedPictures) -> Numbers:
    """Of captions written freely: share that names the right class, and right words of the groups of attributes; words
    in common with the true caption; words a caption; share of different captions. What the corpus lacks is left out."""
    truths = [words_of(corpus.captions[row]) for row in seen.rows]
    found: Numbers = {
        "caption/word_f1": mean([word_f1(text.split(), truth)
                                 for text, truth in zip(seen.written, truths, strict=True)]),
        "caption/length": mean([len(text.split()) for text in seen.written]),
        "caption/diversity": len(set(seen.written)) / len(seen.written),
    }  # fmt: skip
    if corpus.named_classes:
        named = [first_of(corpus.named_classes, text.split()) for text in seen.written]
        found["caption/class_accuracy"] = mean(
            [name == corpus.labels[row] for name, row in zip(named, seen.rows, strict=True)]
        )
    if corpus.attributes:
        found["caption/attribute_accuracy"] = mean(
            [first_of(group, text.split()) == first_of(group, truth)
             for group in corpus.attributes for text, truth in zip(seen.written, truths, strict=True)]
        )  # fmt: skip
    return found


def latent_numbers(seen: Seen, corpus: CaptionedPictures, train: Callable[[], tuple[Tensor, Sequence[int]]]) -> Numbers:
    """Retrieval both ways where captions have vectors; and with labels, probe and purity. `train` gives latents to fit
    the probe on, and their rows."""
    found: Numbers = {}
    if seen.texts is not None:
        wanted = {"caption": retrieval(seen.latents, seen.texts), "picture": retrieval(seen.texts, seen.latents)}
        for name, ranking in wanted.items():
            found |= {f"retrieval/{name}@1": ranking.first, f"retrieval/{name}@5": ranking.first_five,
                      f"retrieval/{name}_rank": ranking.mean_rank}  # fmt: skip
    if len(corpus.classes) > 1 and len(seen.rows) > 1:
        number = {name: at for at, name in enumerate(corpus.classes)}
        labels = torch.tensor([number[corpus.labels[row]] for row in seen.rows], device=seen.latents.device)
        latents, rows = train()
        known = torch.tensor([number[corpus.labels[row]] for row in rows], device=seen.latents.device)
        found["latent/probe_accuracy"] = probe_accuracy(latents, known, seen.latents, labels)
        found["latent/neighbour_purity"] = neighbour_purity(seen.latents, labels)
    return found


def class_scores(seen: Seen, corpus: CaptionedPictures, vocabulary: Vocabulary) -> list[tuple[str, str, list[float]]]:
    """For each held-out row: its class, the class that the written caption names ("none" if it names none), and the
    chance of each class's word where classes were likeliest, as shares of all classes. [] where captions name none."""
    classes, number = corpus.named_classes, {word: at for at, word in enumerate(vocabulary.words)}
    if not classes or any(name not in number for name in classes):
        return []
    chances = seen.said.softmax(dim=2)[:, :, [number[name] for name in classes]]  # (m, T, classes)
    place = chances.sum(dim=2).argmax(dim=1)  # (m,)
    at_place = chances[torch.arange(len(place)), place]
    shares = (at_place / at_place.sum(dim=1, keepdim=True)).tolist()
    return [
        (corpus.labels[row], first_of(classes, text.split()) or "none", share)
        for row, text, share in zip(seen.rows, seen.written, shares, strict=True)
    ]


def first_of(names: Sequence[str], words: Sequence[str]) -> str:
    """The first of the words that is one of the names, or ""."""
    return next((word for word in words if word in names), "")


def share_right(words: Sequence[str], row: int, corpus: CaptionedPictures) -> float:
    """Share of what the caption of a row tells, class and attributes, that these words tell too; where it is not known
    what a caption tells, the words in common. Order and template do not count: one thing can be said in many ways."""
    truth = words_of(corpus.captions[row])
    groups = [group for group in (corpus.named_classes, *corpus.attributes) if group]
    if not groups:
        return word_f1(words, truth)
    return mean([first_of(group, words) == first_of(group, truth) for group in groups])


def word_f1(words: Sequence[str], truth: Sequence[str]) -> float:
    """2 · words in common / words of both, whatever their order; 1 for the same words."""
    common = sum((Counter(words) & Counter(truth)).values())
    return 2 * common / max(len(words) + len(truth), 1)


def mean(values: Sequence[float]) -> float:
    """0 of nothing."""
    return sum(values) / len(values) if values else 0.0
