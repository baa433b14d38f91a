"""`belvedere.open`: the door to reading."""

from belvedere.store.store import open_store as open  # noqa: A004 - the name users know

__all__ = ["open"]
