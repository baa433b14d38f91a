"""How stages are told apart: by colour, and by the shape of a marker or the dash of a line, with a legend of them."""

from collections.abc import Iterable

from belvedere.analysis.stages import rank

SYMBOLS = {"pretrain": "circle", "mid": "diamond", "sft": "square", "rl": "cross", "unknown": "circle"}
OTHER_SYMBOL = "x"
HOLLOW = {"circle": "circle-open", "diamond": "diamond-open", "square": "square-open", "cross": "circle-open"}


def stage_symbol(stage: str, *, is_hollow: bool = False) -> str:
    """The marker of a stage, one that flat and three-dimensional figures have alike."""
    symbol = SYMBOLS.get(stage, OTHER_SYMBOL)
    return HOLLOW.get(symbol, "circle-open") if is_hollow else symbol


def in_order(stages: Iterable[str]) -> list[str]:
    """Every stage once, in the usual order of a pipeline, others after them by name."""
    return sorted(set(stages), key=lambda stage: (rank(stage), stage))
