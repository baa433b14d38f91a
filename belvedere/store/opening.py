"""`belvedere.open`: the door to reading."""

from belvedere.store.store import open_store as open

__all__ = ["open"]
