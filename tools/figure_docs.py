"""docs/figures.md: every figure of the gallery, family by family, with what it reads and what may be chosen."""

import re
from collections.abc import Mapping, Sequence

from belvedere.core.query import Needs
from belvedere.figures.figure import Figure
from belvedere.figures.options import Choice, Number, Option

FAMILIES = {
    "loss": "Loss and schedule",
    "landscape": "Loss landscapes",
    "gradients": "Gradients and the network",
    "rewards": "Rewards and reinforcement learning",
    "stages": "Stages of a pipeline",
    "attention": "Attention",
    "representation": "Representations",
    "evaluation": "Evaluation",
    "text": "Texts",
    "efficiency": "Speed and hardware",
    "runs": "Many runs",
}
ALTERNATIVES_MAX = 4
ABOUT = """\
A figure says under its title whether its points are *measured*, *interpolated*, a *model*, or only *decorative*, and
stops where the data stop. What it needs and a run has not is said on an empty axis, with what to do about it.

`belvedere figure RUN ID -o figure.html` writes one (or `.png`, `.svg`, `.json`), `--set NAME=VALUE` chooses an option.
In a notebook `bv.render(ID, run)` is a Plotly figure. The page of a run shows all that its
series allow; those marked 3-D stand in its [Observatory](observatory.md). [The gallery](gallery.md) shows each of them
drawn from real runs.
"""


def figures_page(figures: Sequence[Figure]) -> str:
    """One section per figure: how to read it, what it reads, its options."""
    parts = ["# Figures\n", ABOUT]
    for family, heading in FAMILIES.items():
        own = sorted((figure for figure in figures if figure.family == family), key=lambda figure: figure.id)
        if own:
            parts += [f"## {heading}\n", *(_section(figure) for figure in own)]
    return "\n".join(parts)


def _section(figure: Figure) -> str:
    kind = "3-D" if figure.scene else "Flat"
    over = ", over all runs of a group or project" if figure.over == "runs" else ""
    twin = " ".join(f"`{name}={choice}`" for name, choice in figure.twin.items())
    flat = f", flat with {twin}" if twin else ""
    facts = f"{kind}{over}{flat}. {needs_line(figure.needs_with({}))}"
    return f"### `{figure.id}`\n\n*{figure.title}.* {facts}\n{_options(figure.options)}\n{prose(figure.page)}\n"


def needs_line(needs: Needs) -> str:
    """What has to be there."""
    wanted = [_alternatives(one) for one in (*needs.series, *needs.vectors)]
    wanted += [_media(one) for one in needs.media]
    return f"Reads {', '.join(wanted)}." if wanted else "Reads whatever was recorded."


def prose(page: str) -> str:
    """A docstring as Markdown: `What it does: …` at the beginning of a paragraph becomes bold."""
    return re.sub(r"(?m)^([A-Z][a-z]+(?: [a-z]+){1,4}): ", r"**\1:** ", page.strip())


def _alternatives(entry: str) -> str:
    names = [f"`{name}`" for name in entry.split("|")]
    more = " …" if len(names) > ALTERNATIVES_MAX else ""
    return " or ".join(names[:ALTERNATIVES_MAX]) + more


def _media(entry: str) -> str:
    kinds = [one.partition(":") for one in entry.split("|")]
    return " or ".join(f"{kind} `{name}`" for kind, _, name in kinds[:ALTERNATIVES_MAX])


def _options(options: Mapping[str, Option]) -> str:
    if not options:
        return ""
    return "\n" + "".join(f"* `{name}`: {_option(option)}\n" for name, option in options.items())


def _option(option: Option) -> str:
    what = f"{option.what}; " if option.what else ""
    if isinstance(option, Choice):
        return f"{what}{', '.join(option.choices)} (the first unless asked)"
    if isinstance(option, Number):
        kind = "whole number" if option.is_whole else "number"
        default = "chosen by the figure" if option.default is None else f"{option.default:g}"
        return f"{what}{kind} from {option.lo:,.16g} to {option.hi:,.16g}, {default} unless asked"
    default = _alternatives(option.default) if option.default else "chosen by the figure"
    return f"{what}{default} unless asked"
