"""Groups a model's parameters into the rows of a layer × step chart: embeddings, blocks in depth order, head."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from belvedere.core.errors import UsageError

if TYPE_CHECKING:
    import torch

WRAPPERS = re.compile(r"^(?:(?:module|_orig_mod|_fsdp_wrapped_module)\.)+")  # DDP, torch.compile, FSDP
BLOCK = re.compile(r"^(?:.*?\.)??(?:h|layers|blocks|layer)\.\d+(?=\.)")
NUMBERED = re.compile(r"^(?:.*?\.)??\d+(?=\.)")  # any other numbered part: the steps of an nn.Sequential
EMBEDDING = re.compile(r"(?:^|[._])(?:w[tp]e|emb|embed|embeds|embedding|embeddings)(?:[._]|$)")
HEAD = re.compile(r"(?:^|\.)(?:lm_head|head|unembed|output_projection|classifier|score)\.[^.]+$")


@dataclass(frozen=True, eq=False)
class Blocks:
    """Which row each parameter belongs to.

    names (k,) in depth order · parameters (p,), a tied weight once, under the name it was registered with first
    rows (p,): the index in `names` of each parameter's block
    """

    names: tuple[str, ...]
    parameters: "tuple[torch.nn.Parameter, ...]"
    rows: tuple[int, ...]


def blocks_of(model: "torch.nn.Module") -> Blocks:
    """Group every parameter of the model, frozen ones too; UsageError for a model without any, or with sharded ones."""
    import torch

    named = [(WRAPPERS.sub("", name), parameter) for name, parameter in model.named_parameters()]
    if not named:
        raise UsageError(f"{type(model).__name__} has no parameters to watch; pass the module that is trained")
    sharded = next((name for name, parameter in named if hasattr(parameter, "to_local")), None)
    if sharded is not None:
        raise UsageError(
            f"{sharded!r} is a DTensor, and the norm of one shard is not the norm of the layer; "
            "watch the model before it is sharded, or log the norms that your own clipping returns"
        )
    embedded = {id(module.weight) for module in model.modules() if isinstance(module, torch.nn.Embedding)}
    labels = [_label(name, is_embedding=id(parameter) in embedded) for name, parameter in named]
    names = _in_depth_order(_shortened(labels))
    row_of = {name: row for row, name in enumerate(names)}
    rows = tuple(row_of[name] for name in _shortened(labels))
    return Blocks(names, tuple(parameter for _, parameter in named), rows)


def _label(name: str, *, is_embedding: bool) -> str:
    """The block of one parameter by its full path, not yet shortened: "transformer.h.3", "embed", "head"."""
    found = BLOCK.match(name) or NUMBERED.match(name)
    if found:
        return found.group()
    if is_embedding or EMBEDDING.search(name):
        return "embed"
    if HEAD.search(name):
        return "head"
    owner, _, own = name.rpartition(".")
    return owner or own


def _shortened(labels: Sequence[str]) -> list[str]:
    """Each label without its leading parts, as far as no two different labels become the same."""
    for kept_parts in range(1, 1 + max(label.count(".") + 1 for label in labels)):
        short = {label: _last_parts(label, kept_parts) for label in set(labels)}
        if len(set(short.values())) == len(short):
            return [short[label] for label in labels]
    return list(labels)


def _last_parts(label: str, count: int) -> str:
    parts = label.split(".")
    if parts[-1].isdigit():  # "h.3" counts as one part
        count += 1
    return ".".join(parts[-count:])


def _in_depth_order(names: Iterable[str]) -> tuple[str, ...]:
    """Order of registration, which follows depth in practice, but embeddings first and the head last."""
    unique = list(dict.fromkeys(names))
    first = [name for name in unique if name == "embed"]
    last = [name for name in unique if name == "head"]
    return (*first, *(name for name in unique if name not in ("embed", "head")), *last)
