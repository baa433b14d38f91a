"""A mixture of data sets: how many examples of each were seen, how much of it that is, and its share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Mixture:
    """`sizes` in examples by name, None for what is generated without end; `seen` so far. Nothing changes in place."""

    sizes: Mapping[str, int | None]
    seen: Mapping[str, int] = field(default_factory=dict)

    def with_seen(self, examples: Mapping[str, int]) -> "Mixture":
        """The mixture after so many more examples of each."""
        return replace(self, seen={name: self.seen.get(name, 0) + examples.get(name, 0) for name in self.sizes})

    def row(self) -> dict[str, float]:
        """mixture/NAME/examples_seen, …/ratio of all that were seen, and …/coverage_percent where there is a size: more
        than 100 is more than one epoch."""
        total = sum(self.seen.values())
        row: dict[str, float] = {}
        for name, size in self.sizes.items():
            seen = self.seen.get(name, 0)
            row[f"mixture/{name}/examples_seen"] = float(seen)
            if total:
                row[f"mixture/{name}/ratio"] = seen / total
            if size:
                row[f"mixture/{name}/coverage_percent"] = 100 * seen / size
        return row
