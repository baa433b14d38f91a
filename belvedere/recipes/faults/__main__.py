"""Small trainings that are broken on purpose, recorded with Belvedere, each with a healthy twin.

  python -m belvedere.recipes.faults --list                    what there is
  python -m belvedere.recipes.faults overfitting               one run, a few seconds
  python -m belvedere.recipes.faults overfitting --healthy     its twin: the same code, seed and data, the fault off
  python -m belvedere.recipes.faults --all --seeds 0 1         all runs and twins; what is there already is skipped
  python -m belvedere.recipes.faults --check                   do the recorded runs show their faults?

What is wrong with a run stands in no run: it is written to labels.json in the project's folder.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import belvedere as bv
from belvedere.recipes.command import Parser, carried_out
from belvedere.recipes.faults import runs
from belvedere.recipes.faults.catalogue import FAMILIES, scenario
from belvedere.recipes.faults.checking import table, tallies
from belvedere.recipes.faults.labels import path_of
from belvedere.recipes.faults.listing import as_json, as_text
from belvedere.recipes.faults.trace import traced
from belvedere.recipes.faults.trainings.course import Order

RECIPE = PROJECT = "faults"


def parser() -> argparse.ArgumentParser:
    """One scenario, or one of the four things to do with all of them."""
    it = Parser(prog="python -m belvedere.recipes.faults", description=__doc__)
    it.add_argument("scenario", nargs="?", metavar="SCENARIO", help="the scenario to run")
    what = it.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="all scenarios, by family")
    what.add_argument("--all", action="store_true", help="run all scenarios and their twins")
    what.add_argument("--check", action="store_true", help="a table of what the recorded runs show")
    it.add_argument("--json", action="store_true", help="the list as JSON")
    it.add_argument("--healthy", action="store_true", help="the twin: the same training without the fault")
    it.add_argument("--only", choices=sorted(FAMILIES), help="of --all and --list: one family")
    it.add_argument("--seed", type=int, default=0, metavar="N", help="start weights, data and dice (%(default)s)")
    it.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="N", help="of --all (0)")
    it.add_argument("--steps", type=int, metavar="N", help="instead of the scenario's own; faults may then not show")
    it.add_argument("--jobs", type=int, default=1, metavar="N", help="processes of --all (%(default)s)")
    it.add_argument("--group", metavar="NAME", help="what the runs have in common")
    it.add_argument("--project", default=PROJECT, metavar="NAME", help="folder of the runs (%(default)s)")
    it.add_argument("--dir", metavar="DIR", help="where runs are recorded (BELVEDERE_DIR, else ./belvedere-runs)")
    it.add_argument("--no-record", action="store_true", help="train without recording; the losses are the same")
    return it


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, 1 when a check finds a run that does not show its fault, 130 after Ctrl-C, 2 when it cannot run."""
    code = 0

    def work() -> bool:
        nonlocal code
        given = parser().parse_args(words)
        if given.seed < 0 or min(given.seeds) < 0 or given.jobs < 1 or (given.steps is not None and given.steps < 1):
            raise bv.UsageError("--seed and --seeds are 0 or more, --steps and --jobs 1 or more")
        if given.list:
            print(as_json(given.only) if given.json else as_text(given.only))
        elif given.check:
            code = checked(folder_of(given.dir), given.project)
        elif given.all:
            return run_all(given)
        elif given.scenario:
            return run_one(given)
        else:
            raise bv.UsageError("name a scenario, or pass --list, --all or --check; see --help")
        return False

    return carried_out(RECIPE, work, knobs="--jobs") or code


# ---------------------------------------------------------------------------------------------------------------------
# One run, all runs, and what they show


def order_of(given: argparse.Namespace) -> Order:
    """How the runs are recorded."""
    return Order(seed=given.seed, project=given.project, group=given.group, dir=str(folder_of(given.dir)),
                 is_recorded=not given.no_record)  # fmt: skip


def folder_of(said: str | None) -> Path:
    """Where runs lie, as the recorder finds it."""
    return Path(said or os.environ.get("BELVEDERE_DIR") or "belvedere-runs")


def run_one(given: argparse.Namespace) -> bool:
    """Train, and say whether it shows; whether it was stopped."""
    chosen = scenario(given.scenario)
    names = runs.same_twin(chosen) if given.healthy else (chosen.id,)
    job = runs.Job(names, given.healthy, given.seed, given.steps)
    twin = " (twin)" if given.healthy else ""
    print(f"{chosen.id}{twin}, seed {given.seed}: {job.settings.steps} steps of {chosen.training}")
    print(chosen.about, flush=True)
    order, began = order_of(given), time.process_time()
    outcome = runs.carried_out(job, order)
    if outcome.losses:
        print(f"loss {outcome.losses[0]:.3f} to {outcome.losses[-1]:.3f} in {time.process_time() - began:.1f} s of "
              "processor time")  # fmt: skip
    runs.noted(job, order, outcome)
    if order.is_recorded and not outcome.is_stopped and given.steps is None:
        does = chosen.shows(traced(outcome.folder, f"{order.project}/{outcome.run_id}"))
        print(f"what the scenario is about {'shows' if does else 'does not show'} in this run\n"
              f"look at it with: belvedere doctor --dir {outcome.folder} {order.project}/{outcome.run_id}")  # fmt: skip
    return outcome.is_stopped


def run_all(given: argparse.Namespace) -> bool:
    """All that is missing; whether it was stopped."""
    order = order_of(given)
    wanted = runs.jobs_of([given.only] if given.only else FAMILIES, given.seeds, given.steps)
    path = path_of(folder_of(given.dir), given.project)
    todo = runs.missing(wanted, path) if order.is_recorded else wanted
    print(f"{len(wanted)} runs, {len(wanted) - len(todo)} are there; labels go to {path}", flush=True)
    done = 0
    for job, outcome in runs.all_carried_out(todo, order, processes=given.jobs):
        runs.noted(job, order, outcome)
        done += not outcome.is_stopped
        print(f"{done:4d} of {len(todo)}  {job.described}{': stopped' if outcome.is_stopped else ''}", flush=True)
    return done < len(todo)


def checked(folder: Path, project: str) -> int:
    """Print the table; 1 when something does not show."""
    found = tallies(folder, project)
    if not found:
        raise bv.UsageError(f"no labelled run of full length in {folder / project}; make them with --all")
    print(table(found))
    return 0 if all(tally.is_good for tally in found) else 1


if __name__ == "__main__":
    sys.exit(main())
