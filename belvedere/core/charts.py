"""A chart of a logged table, as a script described it: which kind, and which column is what."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TableChart:
    """kind: "line", "scatter", "bar" … · table: the key of the table · columns: what the chart needs ("x") -> the
    column that holds it · words: "title" and names of axes."""

    kind: str
    table: str
    columns: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)
