"""The command line of the three chat stages: what each option means, with its unit, and what goes before what."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

import belvedere as bv
from belvedere.recipes.chat.lineage import parent_of
from belvedere.recipes.chat.settings import Number, Settings, refuse_impossible
from belvedere.recipes.checkpoint import Checkpoint, refuse_changes, resumed, settings_kept
from belvedere.recipes.command import Parser, Recording, add_place, add_recording, given_words, place_of, recording_of
from belvedere.recipes.ranks import Ranks

PROJECT = "chat"
SHAPE = ("layers", "heads", "kv_heads", "width", "attention_scale")  # what a parent settles
# What a resumed run may not change: another model or other lessons would not be the same run any more.
FIXED = ("preset", "tokens", *SHAPE, "context", "batch", "questions", "samples", "new_tokens", "noise", "seed", "data",
         "train_split", "eval_split")  # fmt: skip
HELP = {
    "batch": "sequences per optimizer step, over all processes",
    "noise": "share of labels that argue for a wrong option, 0 to 1",
    "questions": "questions per optimizer step, over all processes",
    "samples": "answers to each question",
    "new_tokens": "tokens that an answer may have",
    "temperature": "of the sampling; above 1 the dice say more, below less",
    "top_k": "sample one of so many likeliest tokens",
    "context": "length of a sequence, in tokens",
    "micro_batch": "sequences per forward pass; bounds memory",
    "rate": "learning rates as a share of pretraining's",
    "seed": "start weights, order of the lessons, dice",
    "eval_every": "steps between two examinations",
    "eval_questions": "held-out questions of an examination",
    "eval_samples": "answers to each of them, for pass@k",
    "save_every": "steps between two checkpoints",
    "figures_every": "steps between two sets of live 3-D figures; 0 for none",
    "data": "folder with AQuA-RAT (AQUA_DATA_DIR, else generated sums take its place)",
    "train_split": "of AQuA-RAT, to learn from",
    "eval_split": "of AQuA-RAT, to examine on",
    "tasks": "folder with mmlu, arc_easy, gsm8k, humaneval as .jsonl, asked at every examination",
}
EVERYWHERE = ("context", "micro_batch", "rate", "seed", "data", "train_split", "eval_split", "tasks", "eval_every",
              "eval_questions", "eval_samples", "new_tokens", "temperature", "top_k", "save_every",
              "figures_every")  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """What tells one stage from the others; `before` is the recipe whose checkpoint it begins with."""

    name: str
    stage: str
    before: str
    presets: dict[str, dict[str, Number]]
    about: str
    own: tuple[str, ...]  # settings that only this stage offers


@dataclass(frozen=True)
class Order:
    """What the command line asks for: settings, where things are kept, and the checkpoint to begin or to go on with."""

    recipe: Recipe
    settings: Settings
    recording: Recording
    parent: Checkpoint | None = None
    resumed: Checkpoint | None = None


def parser_of(recipe: Recipe) -> argparse.ArgumentParser:
    """Options without a default here take the preset's."""
    it = Parser(prog=f"python -m belvedere.recipes.{recipe.name}", usage="%(prog)s [options]", description=recipe.about)
    group = it.add_argument_group("how long (one of the two)")
    group.add_argument("--seconds", type=float, metavar="S",
                       help="of training; examinations do not count; on a CPU processor seconds "
                            f"({recipe.presets['cpu']['seconds']})")  # fmt: skip
    group.add_argument("--steps", type=int, metavar="N", help="optimizer steps")
    group = it.add_argument_group("what is learned")
    group.add_argument("--preset", choices=sorted(recipe.presets), help="a set of all numbers (the parent's, else cpu)")
    group.add_argument("--parent", metavar="FILE", help=f"the checkpoint to begin with (the newest of {recipe.before})")
    group.add_argument("--new-weights", action="store_true", help="begin with an untrained model instead")
    for name in (*recipe.own, *EVERYWHERE):
        _add(group, name, recipe)
    group.add_argument("--download", dest="may_download", action="store_true", default=None,
                       help="fetch AQuA-RAT when it is not there")  # fmt: skip
    group.add_argument("--run-code", dest="may_run_code", action="store_true", default=None,
                       help="run what the model writes for humaneval, in a process with limits")  # fmt: skip
    add_place(it)
    add_recording(it, project=PROJECT).add_argument(
        "--no-pictures", dest="has_pictures", action="store_false", default=None, help="no attention, no embeddings"
    )
    return it


def _add(group: argparse._ArgumentGroup, name: str, recipe: Recipe) -> None:
    [field] = [one for one in fields(Settings) if one.name == name]
    kind = int if "int" in str(field.type) else float if "float" in str(field.type) else str
    letter = {int: "N", float: "X", str: "NAME"}[kind]
    default = recipe.presets["cpu"].get(name, field.default)
    note = "" if default is None else f" ({default})"
    group.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=letter, help=HELP[name] + note)


def order_of(recipe: Recipe, words: Sequence[str] | None, ranks: Ranks) -> Order:
    """Parse; preset < parent < checkpoint < what was said; bv.UsageError names what does not go together."""
    given = vars(parser_of(recipe).parse_args(given_words(words)))
    said = {name: given[name] for name in asdict(Settings()) if given.get(name) is not None}
    recording = recording_of(given, project=PROJECT)
    before = resumed(recording.resume, recording.out_dir, recipe.name)
    if before and (given["parent"] or given["new_weights"]):
        raise bv.UsageError("--resume goes on with a run that has its parent; leave --parent and --new-weights out")
    parent = None
    if before:
        settings = settings_again(before, said)
    else:
        preset = said.get("preset")
        is_own = recipe.before == "pretrain" and recipe.presets[str(preset or "cpu")].get("tokens") != "text"
        parent = parent_of(recipe.name, recipe.before, given["parent"], recording.out_dir,
                           is_new=given["new_weights"], has_own_tokens=is_own)  # fmt: skip
        settings = _settings_of_preset(recipe, parent, said)
    place = place_of(given, ranks, threads=None if settings.tokens == "text" else 1)
    settings = replace(_with_budget(settings, said), device=place.device, dtype=place.dtype, threads=place.threads)
    refuse_impossible(settings, ranks)
    if before and settings.fraction(before.step, before.elapsed) >= 1:
        raise bv.UsageError(f"the checkpoint has used its budget ({before.step} steps, {before.elapsed:.0f} s); "
                            f"pass a larger --{'seconds' if settings.seconds else 'steps'}")  # fmt: skip
    kin = before or parent
    if kin and kin.recipe != "pretrain" and given["project"] is None:
        recording = replace(recording, project=kin.project)
    if recording.group is None:
        recording = replace(recording, group=str(kin.more["group"]) if kin and kin.more.get("group") else None)
    return Order(recipe, settings, recording, parent, before)


def _settings_of_preset(recipe: Recipe, parent: Checkpoint | None, said: dict[str, object]) -> Settings:
    """The preset (that of the parent unless another was said), the parent's shape, and over both what was said."""
    theirs = parent.settings if parent else {}
    name = str(said.get("preset") or (theirs.get("preset") if theirs.get("preset") in recipe.presets else "cpu"))
    settings = replace(Settings(), preset=name, **recipe.presets[name])  # type: ignore[arg-type]
    if parent:
        shape = {one: theirs.get(one) for one in SHAPE}
        if "preset" in said and settings.tokens == "text" and recipe.presets[name].get("layers"):
            wanted = {one: recipe.presets[name].get(one, shape[one]) for one in SHAPE}
            if wrong := [one for one in SHAPE if wanted[one] != shape[one]]:
                raise bv.UsageError(
                    f"the parent has {wrong[0]} {shape[wrong[0]]}, preset {name} has {wanted[wrong[0]]}; "
                    "give a parent of that preset, or leave --preset out"
                )
        settings = replace(settings, **shape)  # type: ignore[arg-type]
        if parent.recipe != "pretrain":  # which mid-training may have made longer than pretraining did
            settings = replace(settings, context=int(theirs["context"]), data=theirs["data"],
                               may_download=bool(theirs["may_download"]))  # fmt: skip
    return replace(settings, **said)  # type: ignore[arg-type]


def settings_again(before: Checkpoint, said: dict[str, object]) -> Settings:
    """The checkpoint's settings, and over them what may change."""
    known = settings_kept(before, Settings, more=("tokens_read", "reference"))
    refuse_changes(known, said, FIXED)
    return replace(known, **said)  # type: ignore[arg-type]


def _with_budget(settings: Settings, said: dict[str, object]) -> Settings:
    """Steps said: no clock. Seconds said: no count."""
    if "steps" in said and "seconds" in said:
        raise bv.UsageError("--steps and --seconds are two ways to say how long; pass one of them")
    if "steps" in said:
        return replace(settings, seconds=None)
    return replace(settings, steps=None) if "seconds" in said else settings
