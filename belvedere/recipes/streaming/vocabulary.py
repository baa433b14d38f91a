"""The tokenizer of a training on a stream: bytes, or byte pairs learned from its head."""

from belvedere.recipes.checkpoint import Checkpoint
from belvedere.recipes.corpora.bpe import BPETokenizer, ByteTokenizer, Tokenizer, learn_bpe
from belvedere.recipes.corpora.text_stream import texts
from belvedere.recipes.streaming.settings import Settings

BYTES_PER_TOKEN = 600  # text to learn one vocabulary entry from: 0.6 MB for 1 024


def tokenizer_of(settings: Settings, resumed: Checkpoint | None) -> Tokenizer:
    """Bytes, the checkpoint's merges, or merges learned from the head of the stream: the same on all ranks."""
    if settings.tokenizer == "byte":
        return ByteTokenizer()
    if resumed:
        return BPETokenizer([(left, right) for left, right in resumed.more["merges"]])
    return learn_bpe(head_of(settings.data, settings.vocab * BYTES_PER_TOKEN), settings.vocab)


def head_of(source: str | None, size_bytes: int) -> bytes:
    """The first bytes of a stream."""
    head = bytearray()
    for text in texts(source):
        head += text.encode()
        if len(head) >= size_bytes:
            break
    return bytes(head[:size_bytes])
