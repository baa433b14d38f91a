"""`belvedere landscape`: the true loss landscape around checkpoints."""

import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from belvedere.cli.options import as_json, in_dir
from belvedere.core.errors import BelvedereError, UsageError

if TYPE_CHECKING:
    from belvedere.analysis.landscape.loaded import Loaded
    from belvedere.cli.surveys import Results
    from belvedere.core.series import Floats

KINDS = ("auto", "random", "pca")
WHATS = ("surface", "line", "hessian")


@dataclass(frozen=True)
class Wish:
    """The options that say what to measure."""

    kind: str
    size: int | None
    span: float
    seed: int
    cells: Path | None
    lr: float | None
    is_alone: bool


@click.command("landscape")
@click.argument("checkpoints", metavar="CHECKPOINT...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--loss", "spec", metavar="MODULE:FUNCTION", help="Gets a path, returns (model, loss_fn[, step]).")
@click.option("--what", type=click.Choice(WHATS), default=WHATS[0], show_default=True, help="What is measured.")
@click.option("--kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True, help="auto: pca of 3 or more.")
@click.option("--size", type=int, help="Places along each direction.  [default: 21, of a line 25]")
@click.option("--span", type=float, default=1.0, show_default=True, help="How far; 1: as far as each row's own norm.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random directions.")
@click.option("--cells", type=click.Path(path_type=Path), help="Keeps finished places.  [default: beside the last one]")
@click.option("--lr", type=float, help="Learning rate for the limit 2/lr of the hessian.")
@click.option("--device", default="cpu", show_default=True, help="For checkpoints of our own recipes.")
@click.option("--run", help="Log the result to this run: id, project/id or path.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="x.html or x.json.")
@in_dir
@as_json
def command(
    checkpoints: Sequence[Path], spec: str | None, what: str, kind: str, size: int | None, span: float, seed: int,
    cells: Path | None, lr: float | None, device: str, run: str | None, output: Path | None, directory: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Measure the loss around the last CHECKPOINT: on a random plane, or on that of the path through all of them.

    Interrupted with Ctrl-C it goes on where it was when called again. Under torchrun the processes share the places.
    """
    from belvedere.cli.checkpoints import loader
    from belvedere.cli.printing import print_json
    from belvedere.cli.surveys import Results, checked_output
    from belvedere.cli.where import local_run
    from belvedere.record.ranks import find_place

    if not checkpoints:
        raise UsageError("no checkpoint named; give the path of at least one")
    checked_output(output)
    place = find_place(os.environ)
    wish = Wish(kind, size, span, seed, cells, lr, is_alone=place.world_size == 1)
    if run is not None:
        local_run(run, directory)  # before any time is spent
    with _foreign_errors(f"--loss {spec!r} cannot be imported"):
        load = loader(spec, device)
    loaded, results = [], Results()
    for path in checkpoints:
        with _foreign_errors(f"{path} cannot be loaded"):
            loaded.append(load(path))
    with _foreign_errors("the loss cannot be computed"):
        words = MEASURES[what](loaded, wish, results)
    if place.rank != 0:
        return
    if run is not None:
        words["run"] = results.to_run(run, directory)
    if output is not None:
        results.to_file(output)
        words["file"] = str(output)
    for path in results.kept:
        path.unlink()
    if as_json:
        print_json(words)
        return
    for name, value in words.items():
        click.echo(f"{name:<22} {value}")


@contextmanager
def _foreign_errors(doing: str) -> Iterator[None]:
    """What a function of the user's or a file of another program throws becomes a sentence that says where."""
    from belvedere.record.guard import ANY_ERROR, PACKAGE, described

    try:
        yield
    except BelvedereError:
        raise
    except ANY_ERROR as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        if frame.filename.startswith(PACKAGE):
            raise
        where = f"{Path(frame.filename).name}, line {frame.lineno}"
        raise UsageError(f"{doing} ({described(error)}); look at {where}") from error


def _surface(loaded: "list[Loaded]", wish: Wish, results: "Results") -> dict[str, object]:
    from belvedere.analysis.landscape.cells import files
    from belvedere.analysis.landscape.loaded import steps_of
    from belvedere.analysis.landscape.survey import landscape

    last, size = loaded[-1], wish.size or 21
    kind = ("pca" if len(loaded) > 2 else "random") if wish.kind == "auto" else wish.kind
    kept = wish.cells or last.path.with_name(f"{last.path.name}.{kind}-{size}.cells")
    steps = steps_of(loaded)
    is_path = kind == "pca"
    try:
        found = landscape(
            last.model, last.loss_fn, run=results, step=steps[-1], kind=kind, size=size, span=wish.span, seed=wish.seed,
            checkpoints=[one.state() for one in loaded[:-1]] if is_path else (), steps=steps if is_path else None,
            path=kept,
        )  # fmt: skip
    except KeyboardInterrupt:
        click.echo(f"interrupted; what is done is kept in {kept}, the same command goes on", err=True)
        raise
    if wish.cells is None and wish.is_alone:
        results.kept += files(kept)
    words: dict[str, object] = {
        "plane": kind, "places": f"{size} x {size}, {found.how}", "weights": found.parameters,
        "loss of the model": found.center_loss, **_ends(found.losses),
    }  # fmt: skip
    if is_path:
        words["explained"] = [round(share, 4) for share in found.explained]
        words["of a random walk"] = [round(share, 4) for share in found.null_explained]
    return words


def _ends(losses: "Floats") -> dict[str, object]:
    """The lowest and the highest of those that are numbers, and how many are not."""
    import numpy as np

    finite = losses[np.isfinite(losses)]
    words: dict[str, object] = {"lowest": float(finite.min()), "highest": float(finite.max())} if finite.size else {}
    return words if finite.size == losses.size else words | {"not finite": int(losses.size - finite.size)}


def _line(loaded: "list[Loaded]", wish: Wish, results: "Results") -> dict[str, object]:
    from belvedere.analysis.landscape.interpolation import landscape_line
    from belvedere.analysis.landscape.loaded import steps_of

    if len(loaded) < 2:
        raise UsageError("a line needs two checkpoints; name both")
    first, last = loaded[0], loaded[-1]
    steps = steps_of(loaded)
    names = (f"step {steps[0]:,}", f"step {steps[-1]:,}")
    found = landscape_line(
        last.model, last.loss_fn, first.state(), names=names, size=wish.size or 25, run=results, step=steps[-1]
    )
    return {"places": len(found.alphas), "distance": found.distance, "barrier": found.barrier}


def _hessian(loaded: "list[Loaded]", wish: Wish, results: "Results") -> dict[str, object]:
    from belvedere.analysis.landscape.hessian import hessian_top
    from belvedere.analysis.landscape.loaded import steps_of

    words: dict[str, object] = {}
    for one, step in zip(loaded, steps_of(loaded), strict=True):
        found = hessian_top(one.model, one.loss_fn, lr=wish.lr, seed=wish.seed, run=results, step=step)
        settled = "" if found.is_converged else ", not settled"
        words[f"step {step:,}"] = f"{found.top:.6g} after {found.products} products{settled}"
    if wish.lr is not None:
        words["limit 2/lr"] = 2 / wish.lr
    return words


MEASURES: "dict[str, Callable[[list[Loaded], Wish, Results], dict[str, object]]]" = {
    "surface": _surface, "line": _line, "hessian": _hessian,
}  # fmt: skip
