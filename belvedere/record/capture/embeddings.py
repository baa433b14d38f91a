"""Where a fixed set of things lies in a model's space, again and again while it trains: arrays `embeddings/{name}`.

Every snapshot is an array (n, d) float32 in which row i is the same thing each time, with its label and class. Only so
can snapshots be compared; a set that changes under one name is told. A snapshot takes 4·n·d bytes, brought over from
the device without waiting for it.
"""

import weakref
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from belvedere.core.arrays import Array
from belvedere.core.errors import UsageError
from belvedere.core.plain import array_of, plain_data
from belvedere.record.capture.asked import Sheltered, needed_module, needed_run, send, step_of, whole_numbers_of
from belvedere.record.capture.forward import beside_training, called, first_tensor, inner_model
from belvedere.record.capture.schedule import every as every_steps
from belvedere.record.deferred import Arrays
from belvedere.record.run import Run

POOLS = ("mean", "first", "last", "positions")

# by run and name: what the rows were, to notice when they become something else
_probe_sets: "weakref.WeakKeyDictionary[Run, dict[str, tuple[object, ...]]]" = weakref.WeakKeyDictionary()


def log_embeddings(
    name: str, matrix: object, *, labels: Sequence[object] | None = None, classes: Sequence[object] | None = None,
    step: int | None = None, run: Run | None = None,
) -> None:  # fmt: skip
    """Log a matrix (n, d) as `embeddings/{name}`: row i is the thing called labels[i], of class classes[i].

    matrix: tensor of any device, numpy array or nested list · labels, classes: n texts or numbers each, or None
    UsageError for another shape, labels or classes of another length, and where there is no run.
    """
    recorder = needed_run(run, "log_embeddings()")
    _check_name(name)
    rows = _matrix(matrix)
    if rows.ndim != 2 or 0 in rows.shape:
        raise UsageError(f"embeddings are a matrix (things, dimensions), got shape {tuple(rows.shape)}; reshape it")
    about = {"labels": _named("labels", labels, len(rows)), "classes": _named("classes", classes, len(rows))}
    with Sheltered(recorder, "log_embeddings()"):
        _tell_of_change(recorder, name, (tuple(rows.shape), repr(about)))
        key, at = f"embeddings/{name}", step_of(recorder, step)

        def write(arrays: Arrays) -> None:
            recorder._deferred.write(at, {key: Array(arrays[0], about)})

        if not recorder.disabled:
            send(recorder, f"{key!r} of step {at}", [rows.float()], write)


def capture_embeddings(
    model: object, inputs: object = None, *, name: str, module: str | None = None,
    rows: Sequence[int] | None = None, pool: str = "mean", labels: Sequence[object] | None = None,
    classes: Sequence[object] | None = None, every: int = 1, step: int | None = None, run: Run | None = None,
) -> torch.Tensor | None:  # fmt: skip
    """Log where a model puts a fixed set of things, as `embeddings/{name}`; the matrix (n, d), or None where not due.

    Without `inputs`: rows of the weights of an `nn.Embedding`, the model itself or its part called `module`; `rows` are
    the ids, None for all. With `inputs`, the same each time: what the part called `module` (None: the whole model)
    answers to them in one forward pass in evaluation mode that leaves no trace; `inputs` may be a tuple of arguments
    or a mapping of keyword arguments.
    pool: what becomes of answers (n, T, d): the "mean" over positions, the "first", the "last", or all "positions" as
    rows of their own (n·T) · of (n, d, height, width): the mean over the picture · every: only at steps 0, n, 2n …

    Cost: 4·n·d bytes and, with inputs, one forward pass of them. Wrong arguments are a UsageError.
    """
    recorder = needed_run(run, "capture_embeddings()")
    at = step_of(recorder, step)
    whole = inner_model(needed_module(model, "capture_embeddings()"))
    if pool not in POOLS:
        raise UsageError(f"pool={pool!r} is not known; use one of {', '.join(POOLS)}")
    if not every_steps(every).is_due(at):
        return None
    part = _part(whole, module)
    matrix: torch.Tensor | None = None
    with Sheltered(recorder, "capture_embeddings()"):
        matrix = _weights(part, rows) if inputs is None else _answers(whole, part, inputs, pool)
        if inputs is not None and rows is not None:
            matrix = _chosen(matrix, rows)
        log_embeddings(name, matrix, labels=labels, classes=classes, step=at, run=recorder)
    return matrix


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name.strip("/ "):
        raise UsageError(f"name={name!r} names no embeddings; pass a word, such as 'tokens'")


def _matrix(given: object) -> torch.Tensor:
    """Its numbers; UsageError for texts, ragged lists, or nothing."""
    if isinstance(given, torch.Tensor):
        return given.detach()
    try:
        return torch.from_numpy(np.array(array_of(given)))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"embeddings are a matrix of numbers (things, dimensions), got {type(given).__name__} that is none; "
            "pass a tensor, an array or a list of rows of one length"
        ) from error


def _part(model: nn.Module, path: str | None) -> nn.Module:
    if path is None:
        return model
    parts: dict[str, nn.Module] = dict(model.named_modules())
    if path not in parts:
        near = ", ".join([name for name in parts if name][:8])
        raise UsageError(f"{type(model).__name__} has no part called {path!r}; its parts begin with {near}")
    return parts[path]


@torch.no_grad()
def _weights(part: nn.Module, rows: Sequence[int] | None) -> torch.Tensor:
    """(n, d): a copy of the rows of an embedding."""
    if not isinstance(part, nn.Embedding):
        raise UsageError(
            f"{type(part).__name__} is no nn.Embedding, whose weights could be read; pass inputs= to see its answers"
        )
    return part.weight.detach().clone() if rows is None else _chosen(part.weight.detach(), rows)


def _chosen(matrix: torch.Tensor, rows: Sequence[int]) -> torch.Tensor:
    """The rows asked for; their numbers travel to a GPU without a wait."""
    wanted = whole_numbers_of(rows)
    if not wanted:
        raise UsageError(f"rows={rows!r} names no rows; give their numbers, or None for all")
    strange = [row for row in wanted if not 0 <= row < len(matrix)]
    if strange:
        raise UsageError(f"row {strange[0]} does not exist: there are rows 0 to {len(matrix) - 1}")
    places = torch.tensor(wanted, dtype=torch.int64, pin_memory=matrix.is_cuda)
    return matrix.index_select(0, places.to(matrix.device, non_blocking=True))


def _answers(model: nn.Module, part: nn.Module, inputs: object, pool: str) -> torch.Tensor:
    """(n, d) what the part answers to the inputs."""
    heard: list[torch.Tensor] = []

    def listen(module: nn.Module, given: object, answer: object) -> None:
        found = first_tensor(answer)
        if found is not None:
            heard.append(found)

    handle = part.register_forward_hook(listen)
    try:
        with beside_training(model):
            called(model, inputs)
    finally:
        handle.remove()
    if not heard:
        raise UsageError(f"{type(part).__name__} answered no tensor in this forward pass; choose another module=")
    return _pooled(heard[-1], pool)


@torch.no_grad()
def _pooled(answer: torch.Tensor, pool: str) -> torch.Tensor:
    if answer.ndim == 2:
        return answer
    if answer.ndim == 3:
        ways = {"mean": lambda: answer.mean(1), "first": lambda: answer[:, 0], "last": lambda: answer[:, -1]}
        return ways.get(pool, lambda: answer.flatten(0, 1))()
    if answer.ndim == 4:
        return answer.mean((2, 3))
    raise UsageError(f"an answer of shape {tuple(answer.shape)} is no matrix; choose another module=")


def _named(what: str, given: Sequence[object] | None, count: int) -> list[object]:
    if given is None:
        return []
    found = [plain_data(one) for one in given]
    if len(found) != count:
        raise UsageError(f"{len(found)} {what} for {count} rows; give one for each")
    return list(found)


def _tell_of_change(run: Run, name: str, probe_set: tuple[object, ...]) -> None:
    """Say when the rows are no longer the things that they were."""
    known = _probe_sets.setdefault(run, {})
    if known.setdefault(name, probe_set) == probe_set:
        return
    known[name] = probe_set
    run._guard.tell(
        f"the rows of the embeddings {name!r} are no longer the same things (shape, labels or classes changed), so "
        "snapshots before and after cannot be compared; log another set under another name",
        kind=f"probe set {name}",
    )  # fmt: skip
