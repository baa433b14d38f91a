"""Draws every figure from real runs and writes the gallery: docs/gallery.md and docs/images/gallery/.

python -m belvedere.recipes.pipeline --dir RUNS     trains what the figures are drawn from
python -m tools.build_gallery RUNS                  draws all; a browser is needed
python -m tools.build_gallery RUNS roc mfu          draws these anew, and writes the whole page

A figure is drawn from the runs that VIEWS names, else from the first run that has what it needs. Pictures have a
palette of 256 colours or fewer, so that each stays below PICTURE_BYTES. Nothing here is random, but a browser's letters
differ from machine to machine, so the pictures are not compared by any test.
"""

import argparse
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import plotly.graph_objects as go
from PIL import Image

from belvedere.core.errors import BelvedereError
from belvedere.figures.figure import Figure
from belvedere.figures.picture import Studio
from belvedere.figures.render import all_figures, find, missing_in, render
from belvedere.store.opening import open as open_store
from belvedere.store.run import Run

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "gallery.md"
PICTURES = REPOSITORY / "docs" / "images" / "gallery"
PICTURE_BYTES = 115_000
WIDTH, HEIGHT, SCALE = 1000, 640, 1.25
COLOURS = (256, 160, 96, 48)
FAMILIES = {
    "loss": "Loss", "landscape": "Loss landscapes", "gradients": "Gradients and weights", "attention": "Attention",
    "representation": "Representation", "rewards": "Rewards", "stages": "Stages", "evaluation": "Evaluation",
    "text": "Text", "efficiency": "Efficiency", "runs": "Many runs",
}  # fmt: skip
ABOUT = """\
Every figure of Belvedere, drawn from the runs that `belvedere demo` records: a GPT of one million parameters on
Python's own source; a smaller one through mid-training, fine-tuning and reinforcement learning on sums; pictures of
digits and their captions from one latent; a sweep over an autoencoder; a run on two processes. No number was made for
a picture. What each figure reads, and its options, stand on [the figures' page](figures.md).
"""


@dataclass(frozen=True)
class View:
    """One picture: a figure of the run with that name (of several the newest), with these options."""

    run: str = ""  # "": the first of ORDER that has what the figure needs
    options: dict[str, str] = field(default_factory=dict)
    theme: str = "light"

    def file_name(self, figure_id: str) -> str:
        """roc.png, loss_landscape-probe.png, gradient_flow-dark.png."""
        said = [value.replace("/", "-") for value in self.options.values()]
        return "-".join([figure_id, *said, *(["dark"] if self.theme == "dark" else [])]) + ".png"


ORDER = ("pretrain", "rl", "sft", "multimodal", "two-ranks", "mid", "lr")
VIEWS: dict[str, tuple[View, ...]] = {
    "attention_cloud": (View("mid"), View("pretrain", {"view": "heatmap"})),
    "completions": (View("rl"),),
    "confusion": (View("multimodal"),),
    "correlation": (View("lr"),),
    "embedding_trajectory": (View("multimodal"), View("mid", theme="dark")),
    "gradient_flow": (View("pretrain"), View("pretrain", theme="dark")),
    "hyperparameter_space": (View("lr"),),
    "latent_health": (View("multimodal"),),
    "loss_components": (View("multimodal"),),
    "loss_landscape": (
        View("pretrain"), View("pretrain", {"mode": "probe"}), View("lr", {"mode": "sweep"}),
        View("pretrain", {"mode": "windowed"}),
    ),
    "loss_surface": (View("pretrain"), View("pretrain", theme="dark")),
    "multi_metric": (View("rl", {
        "x": "evaluation/sums", "y": "evaluation/differences", "z": "pass@1", "size": "pass@8"}),),
    "network_3d": (View("pretrain"),),
    "overfitting_gap": (View("multimodal"),),
    "parallel_coordinates": (View("lr"),),
    "performance_landscape": (View("rl"),),
    "pr_curve": (View("multimodal"),),
    "rank_spread": (View("two-ranks"),),
    "reward_landscape": (View("rl"), View("rl", theme="dark")),
    "roc": (View("multimodal"),),
    "text_samples": (View("pretrain"),),
    "training_dynamics": (View("rl"), View("pretrain")),
    "training_trajectory": (View("rl", {"x": "cumulative"}),),
}  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """A picture of the gallery, or why there is none (`reason`)."""

    figure: Figure
    view: View
    run: str
    reason: str = ""

    @property
    def path(self) -> Path:
        """Where the picture lies."""
        view = self.view if len(views_of(self.figure)) > 1 else View(theme=self.view.theme)
        name = View(options=view.options, theme=view.theme).file_name(self.figure.id)
        twice = [one.file_name("") for one in views_of(self.figure)].count(view.file_name("")) > 1
        return PICTURES / (f"{self.figure.id}-{self.run}.png" if twice else name)


def views_of(figure: Figure) -> tuple[View, ...]:
    """The pictures that a figure has in the gallery."""
    return VIEWS.get(figure.id, (View(),))


def main(words: Sequence[str] | None = None) -> int:
    """0, or 1 when a figure could not be drawn; the page then says why."""
    it = argparse.ArgumentParser(prog="python -m tools.build_gallery", description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    it.add_argument("runs", metavar="RUNS", help="folder that `python -m belvedere.recipes.pipeline` filled")
    it.add_argument("figures", nargs="*", metavar="FIGURE", help="draw these only (all)")
    given = it.parse_args(words)
    runs = {run.name: run for run in reversed(open_store(given.runs).runs())}  # of a name the newest
    figures = [find(name) for name in given.figures] or list(all_figures())
    with Studio() as studio:
        drawn = [draw(figure, view, runs, studio) for figure in figures for view in views_of(figure)]
    for one in drawn:
        print(f"{one.figure.id:24} {one.run:24} {one.reason or one.path.name}")
    if not given.figures:
        for stale in {*PICTURES.glob("*.png")} - {one.path for one in drawn if not one.reason}:
            stale.unlink()
        PAGE.write_text(page(drawn), encoding="utf-8")
    return int(any(one.reason for one in drawn))


def draw(figure: Figure, view: View, runs: dict[str, Run], studio: Studio) -> Drawing:
    """One picture written, from the first run of the view that fills it."""
    wanted = [view.run] if view.run else ORDER
    reason = f"no run called {view.run} lies there" if view.run else "no run lies there"
    for run in (runs[name] for name in named(wanted, runs)):
        try:
            plotted = render(figure.id, run, theme=view.theme, **view.options)
            reason = missing_in(plotted)
            if not reason:
                drawing = Drawing(figure, view, run.name)
                PICTURES.mkdir(parents=True, exist_ok=True)
                drawing.path.write_bytes(small(picture(plotted, studio)))
                return drawing
        except BelvedereError as error:
            reason = str(error)
    return Drawing(figure, view, view.run, reason)


def named(wanted: Iterable[str], runs: dict[str, Run]) -> list[str]:
    """The runs with these names; "lr" stands for the newest run of the sweep."""
    newest = [name for name in runs if name.startswith("lr ")][-1:]
    return [name for one in wanted for name in (newest if one == "lr" else [one]) if name in runs]


def picture(plotted: go.Figure, studio: Studio) -> bytes:
    """PNG of the gallery's width; a figure that knows its height keeps it."""
    height = int(plotted.layout.height or HEIGHT)
    return studio.png(plotted, width=WIDTH, height=height, scale=SCALE)


def small(content: bytes) -> bytes:
    """The picture with a palette, with fewer colours and then fewer pixels until it is small enough."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    while True:
        for colours in COLOURS:
            out = io.BytesIO()
            image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
                out, format="PNG", optimize=True
            )
            if out.tell() <= PICTURE_BYTES:
                return out.getvalue()
        image = image.resize((image.width * 4 // 5, image.height * 4 // 5), Image.Resampling.LANCZOS)


def page(drawn: list[Drawing]) -> str:
    """The whole page, by families."""
    lines = ["<!-- Made by python -m tools.build_gallery RUNS. -->", "# Gallery\n", ABOUT]
    for family, title in FAMILIES.items():
        figures = {one.figure.id: one.figure for one in drawn if one.figure.family == family}
        if figures:
            lines.append(f"## {title}\n")
            lines += [section(figure, [one for one in drawn if one.figure is figure]) for figure in figures.values()]
    return "\n".join(lines)


def section(figure: Figure, drawn: list[Drawing]) -> str:
    """Title, one sentence, the pictures with the commands that draw them, how to read it."""
    parts = [f"### {figure.title} · `{figure.id}`\n", f"{first_paragraph(figure.page)}\n"]
    for one in drawn:
        if one.reason:
            parts.append(f"Not drawn ({one.view.options or 'as it is'}): {one.reason}\n")
            continue
        alt = f"{figure.title} of {one.run}".replace("[", "(").replace("]", ")")
        parts += [f"![{alt}](images/gallery/{one.path.name})\n", f"```sh\n{command(one)}\n```\n"]
    reading = paragraph(figure.page, "How to read it")
    return "\n".join([*parts, f"**How to read it:** {reading}\n" if reading else ""])


def command(one: Drawing) -> str:
    """What draws the same."""
    choices = "".join(f" --set {name}={value}" for name, value in one.view.options.items())
    theme = " --theme dark" if one.view.theme == "dark" else ""
    return f"belvedere figure RUN {one.figure.id}{choices}{theme} -o {one.path.name}"


def first_paragraph(page_text: str) -> str:
    """The docstring's first paragraph on one line."""
    return " ".join(page_text.strip().split("\n\n")[0].split())


def paragraph(page_text: str, heading: str) -> str:
    """The paragraph that begins with `heading:`, without these words; "" when there is none."""
    for part in page_text.split("\n\n"):
        if part.strip().startswith(f"{heading}:"):
            return " ".join(part.strip()[len(heading) + 1 :].split())
    return ""


if __name__ == "__main__":
    sys.exit(main())
