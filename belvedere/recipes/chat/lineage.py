"""Which checkpoint a stage begins with, and what its own tells those who come after."""

from dataclasses import dataclass
from pathlib import Path

import belvedere as bv
from belvedere.recipes.chat.dialogue import ChatTokens
from belvedere.recipes.chat.sum_tokens import SumTokens
from belvedere.recipes.chat.text_tokens import TextTokens, text_tokens
from belvedere.recipes.checkpoint import Checkpoint, load, newest


@dataclass(frozen=True)
class Lineage:
    """`parent` is the id of the run whose weights this one began with, "" for new weights; `steps_before` count those
    of all its ancestors; `group` is what they have in common."""

    parent: str = ""
    steps_before: int = 0
    group: str = ""


def parent_of(
    recipe: str, before: str, file: str | None, folder: Path, *, is_new: bool, has_own_tokens: bool
) -> Checkpoint | None:
    """The checkpoint in `file`, else the newest of the recipe before; None for new weights. `has_own_tokens` when no
    pretrained model has the same, so that there is nothing to begin with."""
    if is_new and file is not None:
        raise bv.UsageError("--new-weights and --parent are two ways to begin; pass one of them")
    if has_own_tokens and file is not None:
        raise bv.UsageError("preset cpu has tokens of its own, which no pretrained model knows; leave --parent out, or "
                            "take a preset that reads text")  # fmt: skip
    if is_new or has_own_tokens:
        return None
    if file is None and not list(folder.glob(f"{before}-*.pt")):
        raise bv.UsageError(f"{recipe} begins where {before} ended, and {folder} has no checkpoint of it; run "
                            f"python -m belvedere.recipes.{before} first, or pass --parent FILE")  # fmt: skip
    return load(Path(file) if file else newest(folder, before), recipe=before)


def lineage_of(parent: Checkpoint | None) -> Lineage:
    """What a child of `parent` says about itself."""
    if parent is None:
        return Lineage()
    before = int(parent.more.get("steps_before", 0))
    return Lineage(parent.run_id, before + parent.step, str(parent.more.get("group", "")))


def tokens_of(kind: str, kin: Checkpoint | None) -> ChatTokens:
    """The tokens that a checkpoint was trained with; `kind` is what the preset wants: sums or text."""
    if kin is None:
        return SumTokens() if kind == "sums" else text_tokens([])
    has = "text" if kin.recipe == "pretrain" else str(kin.more["tokens"])
    if has != kind:
        raise bv.UsageError(f"the checkpoint's model knows {has}, the preset wants {kind}; take another --preset")
    if kind == "sums":
        return SumTokens()
    tokens = text_tokens(kin.more.get("merges") or [])
    rows = int(kin.model["embed.weight"].shape[0])
    expected = tokens.tokenizer.vocab if kin.recipe == "pretrain" else tokens.vocab
    if rows != expected:
        raise bv.UsageError(f"the checkpoint's model has {rows:,} tokens, its tokenizer {expected:,}: they do not "
                            "belong together; give another checkpoint")  # fmt: skip
    return tokens


def remembered(tokens: ChatTokens, lineage: Lineage) -> dict[str, object]:
    """What a checkpoint carries besides weights, as `Checkpoint.more`."""
    merges = getattr(tokens.tokenizer, "merges", []) if isinstance(tokens, TextTokens) else []
    return {
        "tokens": "text" if isinstance(tokens, TextTokens) else "sums", "merges": list(merges),
        "parent": lineage.parent, "steps_before": lineage.steps_before, "group": lineage.group,
    }  # fmt: skip


def lineage_again(checkpoint: Checkpoint) -> Lineage:
    """That of a run which goes on."""
    more = checkpoint.more
    return Lineage(str(more["parent"]), int(more["steps_before"]), str(more["group"]))
