"""The keys of a run that hold values, by what they hold: what figures and rules ask about, tens of times a run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from belvedere.core.query import Needs, absent
from belvedere.store.records import KeyInfo


@dataclass(frozen=True)
class Inventory:
    """media: the type of each key's values."""

    scalars: Mapping[str, KeyInfo]
    families: Mapping[str, KeyInfo]
    media: Mapping[str, str]

    def lacks(self, needs: Needs) -> str:
        """What is required and not there, in words; "" if nothing."""
        return absent(needs, series=self.scalars.keys(), vectors=self.families.keys(), media=self.media)


def inventory(infos: Iterable[KeyInfo]) -> Inventory:
    """Of keys that have values, in their order."""
    held = [info for info in infos if info.count]
    return Inventory(
        {info.key: info for info in held if info.kind == "scalar"},
        {info.key: info for info in held if info.kind == "vector"},
        {info.key: info.kind for info in held if info.kind not in ("scalar", "vector")},
    )
