"""What the training says on the console: six steps, a line an epoch, and where everything lies."""

import math
from collections import Counter
from pathlib import Path

import belvedere as bv
from belvedere.recipes.captioning.examination import Numbers
from belvedere.recipes.captioning.settings import Settings
from belvedere.recipes.captioning.training import Training
from belvedere.recipes.corpora.captions import SPECIALS, SPLIT_SEED, CaptionedPictures, Split, Vocabulary, words_of
from belvedere.recipes.models.captioner import UNKNOWN
from belvedere.recipes.models.image_caption import INFONCE, ImageCaptionModel

NAMED = 6  # words and unknown words that are named
RESULTS = {
    "val/loss": "loss", "val/image_mse": "image MSE", "val/image_ssim": "SSIM", "val/image_psnr": "PSNR in dB",
    "val/caption_accuracy": "next word right", "val/caption_perplexity": "perplexity",
    "caption/class_accuracy": "class named by the free caption", "caption/attribute_accuracy": "attributes right in it",
    "caption/word_f1": "its words in common with the true one (F1)", "retrieval/caption@1": "picture → caption @1",
    "retrieval/caption@5": "picture → caption @5", "retrieval/picture@1": "caption → picture @1",
    "latent/probe_accuracy": "class by a linear probe",
}  # fmt: skip


class Lines:
    """Only the first rank is heard."""

    def __init__(self, *, is_heard: bool) -> None:
        self._is_heard = is_heard

    def say(self, text: str) -> None:
        """One line or more, at once: a pipe holds nothing back."""
        if self._is_heard:
            print(text, flush=True)

    def title(self, text: str) -> None:
        """The beginning of a step."""
        self.say(f"\n{text}")

    def dataset(self, corpus: CaptionedPictures) -> None:
        """How much there is, and one caption of it."""
        classes = f", {len(corpus.classes)} classes" if corpus.classes else ""
        self.say(f"captions found: {len(corpus):,} of {len(corpus.pictures):,} pictures ({corpus.name}{classes})\n"
                 f"the first: {corpus.captions[0]}")  # fmt: skip

    def tokenizer(
        self, corpus: CaptionedPictures, split: Split, vocabulary: Vocabulary, counts: Counter[str], *, length: int
    ) -> None:
        """Size and frequent words of the vocabulary; what of the captions it does not hold."""
        common = ", ".join(f"{word!r} {count:,}" for word, count in counts.most_common(NAMED))
        longest = max(len(words_of(caption)) for caption in corpus.captions) + 2
        cut = sum(len(words_of(caption)) + 2 > length for caption in corpus.captions)
        self.say(f"{len(vocabulary):,} tokens = {len(vocabulary) - len(SPECIALS):,} words + {' '.join(SPECIALS)}\n"
                 f"most common: {common}\n"
                 f"longest caption: {longest} tokens with start and end; "
                 + (f"{cut:,} are cut to {length}" if cut else f"all fit into {length}"))  # fmt: skip
        encoded = vocabulary.encoded([corpus.captions[row] for row in split.held_out], length=length)
        unknown = int((encoded == UNKNOWN).sum())
        if unknown:
            known = set(vocabulary.words)
            words = Counter(word for row in split.held_out for word in words_of(corpus.captions[row])
                            if word not in known)  # fmt: skip
            self.say(
                f"unknown in held-out captions: {unknown:,} words are <UNK>, such as {', '.join(list(words)[:NAMED])}"
            )

    def loaders(self, split: Split, settings: Settings) -> None:
        """Sizes of both parts, and what an epoch is."""
        batches = len(split.train) // settings.batch
        self.say(f"train {len(split.train):,}, held out {len(split.held_out):,} (a tenth of the pictures, "
                 f"seed {SPLIT_SEED})\nbatches per epoch: {batches:,} of {settings.batch}")  # fmt: skip

    def model(self, model: ImageCaptionModel, settings: Settings) -> None:
        """Parameters, counted; and what the losses should begin with."""
        parts = ", ".join(f"{name} {sum(weight.numel() for weight in part.parameters()):,}"
                          for name, part in model.named_children())  # fmt: skip
        alignment = (f"alignment about ln {settings.batch} = {math.log(settings.batch):.2f} (one of a batch by chance)"
                     if settings.alignment == INFONCE else "alignment by norm only")  # fmt: skip
        self.say(f"parameters: {model.parameter_count():,} ({parts})\n"
                 f"loss = {settings.image_weight:g} x image + {settings.caption_weight:g} x caption "
                 f"+ {settings.alignment_weight:g} x alignment; first caption loss about ln {model.shape.vocab} = "
                 f"{math.log(model.shape.vocab):.2f} nats a word, {alignment}")  # fmt: skip

    def recording(self, run: bv.Run) -> None:
        """Where the run lies and how it is watched."""
        where = (
            "nothing is recorded" if run.disabled else f"run {run.project}/{run.id}; watch it with `belvedere serve`"
        )
        self.say(where + (f": {run.url}" if run.url else ""))

    def budget(self, settings: Settings, step: int) -> None:
        """How long, and on what."""
        long = (f"{settings.epochs:,} epochs" if settings.epochs is not None else
                f"{settings.steps:,} steps" if settings.steps is not None else
                f"{settings.seconds:g} s of {'processor' if settings.device == 'cpu' else 'clock'} time")  # fmt: skip
        begins = f", from step {step:,} on" if step else ""
        self.say(f"{long} on {settings.device} in {settings.dtype}{begins}")

    def epoch(self, training: Training, val_loss: float) -> None:
        """One line: train loss is the mean over the epoch's steps."""
        losses = training.of_epoch
        mean = f"{sum(loss.item() for loss in losses) / len(losses):.4f}" if losses else "     -"
        number = f"{training.step / training.steps_per_epoch:.4g}"
        self.say(f"Epoch {number:>4} | Train Loss: {mean} | Val Loss: {val_loss:.4f} | "
                 f"Time: {training.clock() - training.epoch_started:.1f}s | "
                 f"LR: {training.optimizer.param_groups[0]['lr']:.2e}")  # fmt: skip

    def result(self, last: Numbers, training: Training) -> None:
        """The last numbers of held-out pictures, in words."""
        found = [f"  {words:43} {last[name]:.4g}" for name, words in RESULTS.items() if name in last]
        self.say(f"\nheld out, after step {training.step:,}:\n" + "\n".join(found))
        if training.settings.alignment != INFONCE:
            self._norm_identity(last, training)

    def _norm_identity(self, last: Numbers, training: Training) -> None:
        """What the norm alignment makes of the latents, so that nobody takes it for learning."""
        if "val/latent_std" not in last:
            return
        norm, width = last["val/latent_norm"], training.settings.latent
        self.say(f"norm alignment: spread {last['val/latent_std']:.4f}, norm / root of {width} = {norm:.3f} / "
                 f"{math.sqrt(width):.2f} = {norm / math.sqrt(width):.4f}. The second follows from the length that "
                 "this loss asks for, whatever is learned; retrieval, probe and rank tell about learning.")  # fmt: skip

    def end(self, newest: Path, best: Path, training: Training) -> None:
        """Where the checkpoints lie."""
        self.say(f"checkpoint {newest}; go on with --resume\nbest, val loss {training.best:.4f}: {best}")
