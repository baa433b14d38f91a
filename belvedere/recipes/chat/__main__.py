"""Mid-training, supervised fine-tuning and reinforcement learning of a small model on sums, recorded with Belvedere.

python -m belvedere.recipes.chat                 # about a minute on one core
python -m belvedere.recipes.chat --quick         # 25 seconds
python -m belvedere.recipes.chat --rl-rate 0.2   # too fast: the policy may collapse
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import NoReturn

import belvedere as bv
from belvedere.recipes.chat.settings import QUICK, STAGES, Settings, refuse_impossible
from belvedere.recipes.chat.stages import Order, teach

HELP = {
    "mid_seconds": "seconds of practice in look-ups and facts",
    "sft_seconds": "seconds of answers to imitate",
    "rl_seconds": "seconds of answers that are rewarded",
    "steps": "steps of each stage, instead of seconds",
    "batch": "sequences of a mid or sft step",
    "noise": "share of sft labels that name an option at random, 0 to 1",
    "questions": "questions of an rl step",
    "samples": "answers to each of them",
    "sft_rate": "learning rate of sft, as a share of pretraining's",
    "rl_rate": "learning rate of rl, as a share of pretraining's",
    "eval_seconds": "seconds between two examinations",
    "eval_every": "steps between two examinations, instead of seconds",
    "eval_questions": "held-out questions of an examination",
    "seed": "start weights, questions and dice",
    "threads": "CPU threads",
}


class Parser(argparse.ArgumentParser):
    """Mistakes become a UsageError like all others, instead of an exit in the middle."""

    def error(self, message: str) -> NoReturn:
        """argparse calls this with its own sentence."""
        raise bv.UsageError(f"{message}; see --help")


def parser() -> argparse.ArgumentParser:
    """One option for each setting that is worth changing."""
    it = Parser(prog="python -m belvedere.recipes.chat", description=__doc__,
                formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    for field in fields(Settings):
        if field.name in HELP:
            kind = int if "int" in str(field.type) else float
            it.add_argument(f"--{field.name.replace('_', '-')}", type=kind, metavar="N" if kind is int else "X",
                            help=f"{HELP[field.name]} ({field.default})")  # fmt: skip
    it.add_argument("--seconds", type=float, metavar="S", help="of processor time for all stages, shared out 4 : 3 : 5")
    it.add_argument("--quick", action="store_true", help=f"{QUICK:.0%} of the seconds; less is learned")
    it.add_argument("--project", default="chat", metavar="NAME", help="folder of the runs (%(default)s)")
    it.add_argument("--group", metavar="NAME", help="what the runs have in common")
    it.add_argument("--dir", metavar="DIR", help="where runs are recorded (BELVEDERE_DIR, else ./belvedere-runs)")
    it.add_argument("--no-record", action="store_true", help="train without recording; the losses are the same")
    return it


def order_of(words: Sequence[str] | None) -> Order:
    """Parse; bv.UsageError names what cannot be."""
    given = vars(parser().parse_args(words))
    said = {field.name: given[field.name] for field in fields(Settings) if given.get(field.name) is not None}
    budgets = [f"{stage}_seconds" for stage in STAGES]
    settings = replace(Settings(), **said)
    if given["seconds"] is not None:
        if said.keys() & {"steps", *budgets}:
            raise bv.UsageError("--seconds is the sum of all stages; leave --steps and the stages' own seconds out")
        share = given["seconds"] / sum(getattr(settings, name) for name in budgets)
        settings = replace(settings, **{name: share * getattr(settings, name) for name in budgets})
    if given["quick"]:
        settings = replace(settings, **{name: QUICK * getattr(settings, name) for name in budgets})
    refuse_impossible(settings)
    return Order(settings, given["project"], given["group"], given["dir"], not given["no_record"])


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, 130 after Ctrl-C, or 2 with one sentence when the recipe cannot run as asked."""
    try:
        outcome = teach(order_of(words))
    except bv.BelvedereError as refused:
        print(f"chat: {refused}", file=sys.stderr)
        return 2
    return 130 if outcome.is_stopped else 0


if __name__ == "__main__":
    sys.exit(main())
