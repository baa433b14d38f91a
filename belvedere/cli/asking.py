"""The questions of `belvedere launch` on a terminal: each has a default, a wrong answer is asked again, `change` begins
anew with the answers so far."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import click

from belvedere.cli.launching import Devices, Wish, devices_of
from belvedere.core.errors import UsageError
from belvedere.recipes.catalog import RECIPES, Recipe, check_preset, recipe_called

Answer = TypeVar("Answer")


def asked_recipe(last: str = "") -> Recipe:
    """By number or name."""
    click.echo("Which recipe?")
    width = max(len(one.name) for one in RECIPES)
    for number, one in enumerate(RECIPES, start=1):
        click.echo(f"  {number}  {one.name:{width}}  {one.about}")

    def recipe_of(text: str) -> Recipe:
        if text.isdigit() and 1 <= int(text) <= len(RECIPES):
            return RECIPES[int(text) - 1]
        return recipe_called(text)

    return _asked("Recipe", last or RECIPES[0].name, recipe_of)


def asked_wish(wish: Wish, gpus: Sequence[str]) -> Wish:
    """Preset, devices and run name; what is in the wish already is the default."""
    recipe = wish.recipe
    if recipe.presets:
        wish = replace(wish, preset=_asked(f"Preset ({', '.join(recipe.presets)})", wish.preset or recipe.presets[0],
                                           lambda text: _checked_preset(recipe, text)))  # fmt: skip
    if "device" in recipe.options:
        found = ", ".join(f"{number}: {name}" for number, name in enumerate(gpus)) or "no GPU here"
        wish = replace(wish, devices=_asked(f"Devices (cpu, cpu:2, or GPUs; {found})", _said(wish.devices),
                                            lambda text: _allowed(recipe, devices_of(text, len(gpus)))))  # fmt: skip
    if "run" in recipe.options and wish.resume is None:
        default = wish.run or f"{recipe.name}-{time.strftime('%Y%m%d-%H%M%S')}"
        wish = replace(wish, run=_asked("Run name (dummy records nothing)", default, str))
    return wish


def is_agreed(command: str) -> bool:
    """Shows the command; True to start it, False to change something. Ctrl-C and no leave it."""
    click.echo(f"\n  {command}\n")
    answer = click.prompt("Start it?", default="yes", type=click.Choice(["yes", "change", "no"]))
    if answer == "no":
        raise click.Abort
    return bool(answer == "yes")


def _asked(question: str, default: str, parsed: Callable[[str], Answer]) -> Answer:
    def checked(text: str) -> Answer:
        try:
            return parsed(text.strip())
        except UsageError as error:
            raise click.BadParameter(str(error)) from error

    answer: Answer = click.prompt(question, default=default, value_proc=checked)
    return answer


def _checked_preset(recipe: Recipe, text: str) -> str:
    check_preset(recipe, text)
    return text


def _allowed(recipe: Recipe, devices: Devices) -> Devices:
    if devices.count > 1 and not recipe.is_distributed:
        raise UsageError(f"{recipe.name} trains on one device")
    return devices


def _said(devices: Devices) -> str:
    """The words that mean these devices."""
    if devices.chosen:
        return ",".join(map(str, devices.chosen)) + ("," if len(devices.chosen) == 1 else "")
    if devices.kind == "cpu":
        return "cpu" if devices.count == 1 else f"cpu:{devices.count}"
    return str(devices.count)
