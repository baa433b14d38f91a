"""The network as a table: one row per block in depth order, under the names that `grad_norm` has. Costs nothing: sizes
are known without looking at a value."""

import torch

from belvedere.core.errors import UsageError
from belvedere.core.values import Table
from belvedere.record.capture.asked import Sheltered, needed_module, needed_run
from belvedere.record.capture.blocks import Blocks, blocks_of
from belvedere.record.run import Run

COLUMNS = ("name", "kind", "depth", "parameters", "shape")


def log_architecture(model: object, *, step: int | None = None, run: Run | None = None) -> None:
    """Log the table `architecture` of a model to the run (given, or the current one); `watch` does it by itself.

    UsageError for what is no module, a model without parameters, and where there is no run.
    """
    recorder = needed_run(run, "log_architecture()")
    table = architecture_of(needed_module(model, "log_architecture()"))
    with Sheltered(recorder, "log_architecture()"):
        recorder.log({"architecture": table}, step=step, commit=False)


def architecture_of(model: torch.nn.Module) -> Table:
    """Columns: name · kind, the class of the block's module · depth, 0 for the first · parameters, how many numbers,
    tied weights once, where they were registered first · shape of the largest tensor: "512×128"."""
    if not any(True for _ in model.parameters()):
        raise UsageError(f"{type(model).__name__} has no layers with parameters; pass the model that is trained")
    blocks = blocks_of(model)
    modules = modules_of(model, blocks)
    table = Table(columns=list(COLUMNS))
    for depth, name in enumerate(blocks.names):
        tensors = [found for found, row in zip(blocks.parameters, blocks.rows, strict=True) if row == depth]
        largest = max(tensors, key=lambda tensor: tensor.numel())
        kind = " + ".join(dict.fromkeys(type(module).__name__ for module in modules[depth])) or "Parameter"
        shape = "×".join(str(size) for size in largest.shape) or "1"
        table.add_data(name, kind, depth, sum(tensor.numel() for tensor in tensors), shape)
    return table


def modules_of(model: torch.nn.Module, blocks: Blocks) -> list[list[torch.nn.Module]]:
    """For each block its outermost modules: those whose parameters all belong to it, and that run.

    A list of modules never runs, so its members stand for it. A weight used twice belongs where it came first. A bare
    parameter of a module that has others beside it has none.
    """
    row_of = {id(parameter): row for parameter, row in zip(blocks.parameters, blocks.rows, strict=True)}
    found: list[list[torch.nn.Module]] = [[] for _ in blocks.names]
    _collect(model, row_of, found)
    return found


def _collect(module: torch.nn.Module, row_of: dict[int, int], found: list[list[torch.nn.Module]]) -> None:
    rows = {row_of[id(parameter)] for parameter in module.parameters() if id(parameter) in row_of}
    never_runs = isinstance(module, torch.nn.ModuleList | torch.nn.ModuleDict)
    is_compiled = isinstance(getattr(module, "_orig_mod", None), torch.nn.Module)  # the module inside has the name
    if len(rows) == 1 and not never_runs and not is_compiled:
        found[rows.pop()].append(module)
        return
    for child in module.children():
        _collect(child, row_of, found)
