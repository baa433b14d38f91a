"""What there is to see when the demo is over: figures drawn, runs diagnosed, addresses and commands to go on with.

Only what can be drawn from these very runs is named.
"""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from belvedere.cli.options import default_dir
from belvedere.core.errors import BelvedereError, NotFound

if TYPE_CHECKING:
    from belvedere.store.run import Run

FOLDER = "belvedere-figures"  # beside that of the runs
NAMED = 8  # runs of which nothing is said, by name
SHEETS = ("pretrain", "rl")  # runs of which a dashboard is drawn as PNG


@dataclass(frozen=True)
class Sight:
    """A figure of the newest run of that name, group or project, and what to see in it."""

    run: str
    figure: str
    about: str
    options: Mapping[str, str] = field(default_factory=dict)


SIGHTS = (
    Sight("pretrain", "loss_surface", "the true loss around the trained weights, and the way there"),
    Sight("pretrain", "gradient_flow", "how strong the gradient is in every block, from the first step to the last"),
    Sight("rl", "training_trajectory", "mid-training, fine-tuning and reward as one way", {"x": "cumulative"}),
    Sight("rl", "reward_landscape", "the reward as the policy moves away from where it began"),
    Sight("mid", "attention_cloud", "which token looks at which: look-ups draw a line"),
    Sight("multimodal", "embedding_trajectory", "ten kinds of digits part in the latent"),
    Sight("multimodal", "loss_components", "what the loss is made of"),
    Sight("sweep", "hyperparameter_space", "sixteen runs: which settings reached what"),
    Sight("ranks", "rank_spread", "two processes side by side"),
)


@dataclass(frozen=True)
class Drawn:
    """A sight of a run, and the file that holds it."""

    sight: Sight
    run: "Run"
    path: Path

    def address(self, server: str) -> str:
        """The page that shows it, with `server` the address of Belvedere."""
        from belvedere.figures.render import find

        place = f"{server}/{self.run.project}/{self.run.id}"
        is_scene = find(self.sight.figure).scene
        view = f"/observatory?scene={self.sight.figure}" if is_scene else f"?tab=figures&figure={self.sight.figure}"
        options = quote(json.dumps(dict(self.sight.options), separators=(",", ":")))
        return place + view + (f"&options={options}" if self.sight.options else "")

    def command(self, root: Path) -> str:
        """What draws it again."""
        choices = "".join(f" --set {name}={value}" for name, value in self.sight.options.items())
        target = shlex.quote(self.path.name)  # a run's name may have spaces
        return f"belvedere figure {self.run.id} {self.sight.figure}{choices}{_where(root)} -o {target}"


def tell(root: Path, runs: Sequence["Run"], server: str) -> None:
    """Draw, diagnose, and print all of it. `runs`: those of the demo, newest first; NotFound when there are none."""
    if not runs:
        raise NotFound(f"the training left no run; look at its own words above: {root}")
    folder = root.parent / FOLDER
    drawn = list(drawings(runs, folder))
    sheets = list(dashboards(runs, folder))
    click.echo("\n--- diagnosis")
    for line in diagnoses(runs):
        click.echo(line)
    click.echo(f"\n--- what to look at ({len(drawn)} figures are drawn in {folder})")
    for one in drawn:
        click.echo(f"\n  {one.sight.about}\n    {one.address(server)}\n    {one.command(root)}")
    if sheets:
        click.echo("\n  whole runs on one sheet: " + ", ".join(str(path) for path in sheets))
    example = runs[-1]
    click.echo(f"\n  all {len(runs)} runs\n    {server}/{example.project}\n    belvedere ls {root}")
    click.echo(f"\n  one of them, {example.name}")
    for words in ("show RUN", "doctor RUN", "export RUN --format csv -o run.csv"):
        click.echo(f"    belvedere {words.replace('RUN', example.id)}{_where(root)}")
    click.echo(f"\n  later\n    belvedere serve {root}")


def drawings(runs: Sequence["Run"], folder: Path) -> Iterator[Drawn]:
    """Every sight that these runs can fill, as HTML."""
    from belvedere.figures.render import missing_in, render, to_html

    for sight in SIGHTS:
        run = next((one for one in runs if sight.run in (one.name, one.group, one.project)), None)
        if run is None:
            continue
        try:
            figure = render(sight.figure, run, **sight.options)
        except BelvedereError as error:
            click.echo(f"not drawn: {sight.figure} of {run.name} ({error})", err=True)
            continue
        if reason := missing_in(figure):
            click.echo(f"not drawn: {sight.figure} of {run.name} ({reason})", err=True)
            continue
        folder.mkdir(parents=True, exist_ok=True)
        yield Drawn(sight, run, to_html(figure, folder / f"{run.name or run.id}-{sight.figure}.html"))


def dashboards(runs: Sequence["Run"], folder: Path) -> Iterator[Path]:
    """PNG sheets of the runs in SHEETS."""
    from belvedere.figures.dashboard import png
    from belvedere.figures.dashboard_content import content_of
    from belvedere.figures.dashboard_files import replace

    for name in SHEETS:
        run = next((one for one in runs if one.name == name), None)
        if run is not None:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{name}-dashboard.png"
            replace(path, png(content_of(run), theme="light"))
            yield path


def diagnoses(runs: Sequence["Run"]) -> Iterator[str]:
    """What `belvedere doctor` says of each run, the oldest first; runs of which it says nothing in one line."""
    from belvedere.analysis.diagnose import diagnose
    from belvedere.cli.commands.doctor import in_words

    healthy = []
    for run in reversed(runs):
        diagnosis = diagnose(run)
        if diagnosis.findings:
            yield f"{run.name} ({run.project}/{run.id})"
            yield from (f"  {line}" for line in in_words(diagnosis) if not line.startswith("not checked"))
        else:
            healthy.append(run.name or run.id)
    if healthy:
        more = f" and {len(healthy) - NAMED} more" if len(healthy) > NAMED else ""
        yield f"nothing found: {', '.join(healthy[:NAMED])}{more}"


def _where(root: Path) -> str:
    """--dir for the commands, unless they look there by themselves."""
    return "" if root == Path(default_dir()).resolve() else f" --dir {shlex.quote(str(root))}"
