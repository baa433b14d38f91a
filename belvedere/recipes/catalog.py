"""The recipes by name, with what the launcher asks about them; light, so that a question loads no torch.

A recipe is a module `belvedere.recipes.NAME` with `main(words) -> exit code`; a test holds each line against it.
"""

import difflib
from dataclasses import dataclass

import belvedere as bv

SHARED = frozenset({"preset", "run", "group", "project", "dir", "resume", "device"})  # what the launcher may pass on


@dataclass(frozen=True)
class Recipe:
    """One recipe. The first of its presets is the one it takes unasked; `options` are those of SHARED that it knows;
    `after` names the recipe with whose checkpoint it begins."""

    name: str
    about: str
    presets: tuple[str, ...] = ()
    is_distributed: bool = True  # whether several processes may train one model
    options: frozenset[str] = SHARED
    after: str = ""

    @property
    def module(self) -> str:
        """What `python -m` takes."""
        return f"belvedere.recipes.{self.name}"


CHAT_PRESETS = ("cpu", "aqua-tiny", "d12", "d20")
RECIPES = (
    Recipe("pretrain", "a GPT on Python's own source, or on your text",
           ("cpu", "tiny", "gpt2-124m", "d8", "d12", "d16", "d20", "d26")),
    Recipe("midtrain", "practice in look-ups and facts, before questions", CHAT_PRESETS,
           after="pretrain"),
    Recipe("chat_sft", "multiple-choice questions, by imitating answers", CHAT_PRESETS, after="midtrain"),
    Recipe("chat_rl", "the same questions, by rewarding right answers", CHAT_PRESETS, after="chat_sft"),
    Recipe("multimodal", "pictures and captions from one latent", ("digits", "digits-quick", "overfit", "engravings")),
    Recipe("slimpajama", "a GPT on a stream of text, with a PNG dashboard", ("cpu", "tiny", "gpt2-124m", "d12")),
    Recipe("london", "a GPT-2 on historical texts, with phases and red flags", ("cpu", "tiny", "slm", "regular")),
    Recipe("digits", "a small autoencoder of handwritten digits, and a sweep of sixteen", is_distributed=False,
           options=frozenset({"group", "project", "dir"})),
)  # fmt: skip


def recipe_called(name: str) -> Recipe:
    """The recipe with that name; UsageError says which is nearly called so, or which there are."""
    names = [one.name for one in RECIPES]
    if name in names:
        return RECIPES[names.index(name)]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    raise bv.UsageError(f"no recipe is called {name!r}; " + (f"did you mean {close[0]}?" if close else _one_of(names)))


def check_preset(recipe: Recipe, preset: str) -> None:
    """UsageError when the recipe has no preset of that name."""
    if preset in recipe.presets:
        return
    if not recipe.presets:
        raise bv.UsageError(f"{recipe.name} has no presets; leave --preset out")
    close = difflib.get_close_matches(preset, recipe.presets, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]}?" if close else _one_of(recipe.presets)
    raise bv.UsageError(f"{recipe.name} has no preset {preset!r}; {hint}")


def _one_of(names: list[str] | tuple[str, ...]) -> str:
    return f"there {'is' if len(names) == 1 else 'are'} {', '.join(names)}"
