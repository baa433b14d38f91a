"""What an examination leaves to look at: pictures beside their reconstructions, captions, predictions, latents."""

import torch
from torch import Tensor

import belvedere as bv
from belvedere.recipes.captioning.examination import Seen, class_scores, share_right
from belvedere.recipes.corpora.caption_batches import Batch
from belvedere.recipes.corpora.captions import CaptionedPictures, Vocabulary, words_of
from belvedere.recipes.models.image_caption import ImageCaptionModel

SHOWN = 8  # held-out pictures in a table of samples
SIDE_MIN, SIDE_MAX = 64, 128  # pixels of a shown picture: small ones are enlarged, large ones thinned
FOLLOWED = 512  # latents whose way is recorded, at most


@torch.no_grad()
def samples(
    model: ImageCaptionModel, batch: Batch, seen: Seen, corpus: CaptionedPictures, *, step: int
) -> dict[str, object]:  # fmt: skip
    """The first held-out pictures with what was made of them: a table, and one picture, originals above."""
    images = batch.images[:SHOWN]
    rebuilt = model.decoder(model.encoder(images)).float()
    table = bv.Table(columns=["step", "input", "picture", "rebuilt", "output", "target", "accuracy"])
    for place, row in enumerate(batch.rows[:SHOWN]):
        target = " ".join(words_of(corpus.captions[row]))
        output = seen.written[place]
        accuracy = round(share_right(output.split(), row, corpus), 4)
        original, copy = (bv.Image(shown(one[place])) for one in (images, rebuilt))
        title = corpus.pictures.title(corpus.picture_of[row])
        table.add_data(step, title, original, copy, output, target, accuracy)
    words = "; ".join(f"{number}. {text}" for number, text in enumerate(seen.written[: len(images)], start=1))
    strips = torch.cat([torch.cat([shown(one) for one in row], dim=1) for row in (images, rebuilt)])
    return {
        "samples": table,
        "pictures": bv.Image(strips, f"above as they are, below rebuilt from the latent: {words}"),
    }


def shown(image: Tensor) -> Tensor:
    """(C, S, S) to (height, width, C) of a size that can be looked at."""
    enlarged = max(1, SIDE_MIN // image.shape[-1])
    thinned = max(1, image.shape[-1] // SIDE_MAX)
    pixels = image.repeat_interleave(enlarged, dim=1).repeat_interleave(enlarged, dim=2)[:, ::thinned, ::thinned]
    return pixels.permute(1, 2, 0).clamp(0, 1).cpu()


def log_predictions(run: bv.Run, seen: Seen, corpus: CaptionedPictures, vocabulary: Vocabulary) -> None:
    """Which class the free caption names, and how likely each was: for confusion matrix and ROC curve."""
    found = class_scores(seen, corpus, vocabulary)
    if not found:
        return
    rows = [[label, named, *(round(share, 6) for share in shares)] for label, named, shares in found]
    columns = ["label", "prediction", *(f"score:{name}" for name in corpus.named_classes)]
    run.log({"evaluation/predictions": bv.Table(columns=columns, data=rows)}, commit=False)


def log_latents(run: bv.Run, seen: Seen, corpus: CaptionedPictures) -> None:
    """Where the held-out latents lie, the same ones each time, and how much of their room they use."""
    bv.log_latent_health(seen.latents, run=run)
    rows = seen.rows[:FOLLOWED]
    labels = [corpus.captions[row] for row in rows]
    classes = [corpus.labels[row] for row in rows] if corpus.classes else None
    bv.log_embeddings("latent", seen.latents[:FOLLOWED], labels=labels, classes=classes, run=run)


def log_attention(run: bv.Run, model: ImageCaptionModel, batch: Batch, vocabulary: Vocabulary) -> None:
    """Where the caption transformer looks while it reads the first held-out caption; position 0 is the latent."""
    ids = batch.ids[:1, :-1]
    with torch.no_grad():
        latents = model.encoder(batch.images[:1])
    words = ["latent", *(vocabulary.words[number] for number in ids[0].tolist())]
    bv.capture_attention(model.captioner, (latents, ids), tokens=words, run=run)
