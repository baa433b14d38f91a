"""Every number of a multimodal training in one frozen record, the presets, and what makes a wish impossible."""

import math
from dataclasses import dataclass

import belvedere as bv
from belvedere.recipes.models.convolutions import SMALLEST, is_side
from belvedere.recipes.models.image_caption import INFONCE, ImageCaptionShape

LEAST = ("batch", "channels", "convolutions", "latent", "embedding", "heads", "layers", "threads", "log_every",
         "share_every", "media_every", "save_epochs", "word_count_min")  # fmt: skip
AT_LEAST_ZERO = ("seed", "workers", "image_weight", "caption_weight", "alignment_weight", "weight_decay")


@dataclass(frozen=True)
class Settings:
    """What is trained, on what, for how long. Of epochs, steps and seconds exactly one is set; `seconds` are those of
    the processor, evaluations included (a busy machine takes longer and learns the same), on a GPU those of the clock.
    """

    preset: str = "digits"
    images: str | None = None  # folder of pictures; None is scikit-learn's digits
    captions: str | None = None  # JSON file
    side: int = 8  # pixels
    channels: int = 1  # 1 grey, 3 colour
    train: int | None = None  # captions to learn from at most; None is all
    word_count_min: int = 1  # a word is known when it occurs so often in what is learned from
    caption_length: int = 16  # tokens, <START> and <END> among them
    convolutions: int = 16  # channels at full side; twice as many each time the side is halved
    latent: int = 32
    embedding: int = 64  # of the words
    heads: int = 4
    layers: int = 2  # of the caption transformer
    alignment: str = INFONCE
    image_weight: float = 10.0  # squared errors of pixels are a hundredth where nats are one
    caption_weight: float = 1.0
    alignment_weight: float = 0.5
    batch: int = 64  # captions per step, over all ranks
    epochs: int | None = None
    steps: int | None = None
    seconds: float | None = 30.0
    lr: float = 2e-3  # falls along half a cosine to LR_END
    weight_decay: float = 1e-4
    clip: float = 1.0  # a longer gradient is shortened to this norm
    workers: int = 0  # processes that load pictures; 0 is this one
    seed: int = 0
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 1
    log_every: int = 10  # steps; the logged losses are means over them
    share_every: int = 50  # steps between two measurements of each loss's gradient
    media_every: int = 100  # steps between two examinations with pictures
    save_epochs: int = 5  # epochs between two checkpoints
    tracks_gradients: bool = True
    tracks_hardware: bool = True
    tracks_latents: bool = True
    tracks_captions: bool = True
    keeps_model: bool = True  # the best checkpoint is copied into the run

    def shape_of(self, vocab: int) -> ImageCaptionShape:
        """The model for a vocabulary's size."""
        return ImageCaptionShape(
            vocab, self.caption_length, self.side, self.channels, self.convolutions, self.latent, self.embedding,
            self.heads, self.layers, self.alignment,
        )  # fmt: skip

    @property
    def weights(self) -> tuple[float, float, float]:
        """Of image, caption and alignment in the sum that is minimised."""
        return self.image_weight, self.caption_weight, self.alignment_weight


PRESETS: dict[str, dict[str, int | float | str | bool | None]] = {
    # 1,617 digits of 8 × 8 pixels, half a minute on one core
    "digits": {},
    "digits-quick": {"seconds": 12.0},
    # few digits, no decay: the train loss goes on falling where the held-out loss turns
    "overfit": {"train": 200, "weight_decay": 0.0, "seconds": 60.0, "batch": 40, "media_every": 200},
    # 5,141 engravings in the original: 512 × 512 pixels, a GPU, some hours. Pictures and captions are yours to give.
    # A checkpoint every epoch: there an epoch takes minutes.
    "engravings": {
        "side": 512, "channels": 3, "caption_length": 100, "convolutions": 32, "latent": 1024, "embedding": 512,
        "heads": 8, "layers": 4, "image_weight": 1.0, "batch": 16, "seconds": None, "epochs": 100, "lr": 1e-3,
        "workers": 4, "media_every": 100, "save_epochs": 1, "share_every": 100,
    },
}  # fmt: skip


def refuse_impossible(settings: Settings) -> None:
    """Say what cannot be before any time is spent."""
    for name in LEAST:
        if getattr(settings, name) < 1:
            raise bv.UsageError(f"--{name.replace('_', '-')} is {getattr(settings, name)}; give at least 1")
    for name in AT_LEAST_ZERO:
        if not 0 <= getattr(settings, name) < math.inf:
            raise bv.UsageError(f"--{name.replace('_', '-')} is {getattr(settings, name)}; give 0 or more")
    for name in ("epochs", "steps", "seconds", "lr", "clip"):
        value = getattr(settings, name)
        if value is not None and not 0 < value < math.inf:
            raise bv.UsageError(f"--{name} is {value}; give more than 0")
    if not any(settings.weights):
        raise bv.UsageError("all three weights of the loss are 0; give one of them more")
    if not is_side(settings.side):
        raise bv.UsageError(f"--side is {settings.side}; give {SMALLEST} times a power of two, such as 8, 64 or 512")
    if settings.channels not in (1, 3):
        raise bv.UsageError(f"--channels is {settings.channels}; give 1 for grey or 3 for coloured pictures")
    if settings.embedding % settings.heads:
        fitting = -(-settings.embedding // settings.heads) * settings.heads
        raise bv.UsageError(f"--embedding {settings.embedding} does not split over {settings.heads} heads; "
                            f"pass --embedding {fitting}")  # fmt: skip
    if settings.caption_length < 3:
        raise bv.UsageError(f"--caption-length is {settings.caption_length}; give at least 3: start, a word, end")
    _refuse_half_a_corpus(settings)


def _refuse_half_a_corpus(settings: Settings) -> None:
    if (settings.images is None) != (settings.captions is None):
        missing = "--captions FILE.json" if settings.captions is None else "--images DIR"
        raise bv.UsageError(f"pictures and captions go together; pass {missing} too")
    if settings.images is None and (settings.side, settings.channels) != (8, 1):
        raise bv.UsageError(f"the preset {settings.preset} learns from pictures of {settings.side} x {settings.side} "
                            "pixels; pass --images DIR --captions FILE.json, or --preset digits")  # fmt: skip
