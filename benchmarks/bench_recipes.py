"""Whether the recipes learn what they must: asked, measured, ok; each number read from the runs they recorded.

    python -m benchmarks.bench_recipes                                  about ten minutes a seed on two idle cores
    python -m benchmarks.bench_recipes --seeds 0 --only chat multimodal
    python -m benchmarks.bench_recipes --keep RUNS --json

pretrain, chat (mid, sft, rl), multimodal and slimpajama train for as long as they do unasked; london counts its
parameters; recording trains with and without recording by turns; ranks trains on one and on two processes, and goes on
after SIGKILL. Ctrl-C prints what is there.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

from benchmarks.recipes import chat, london, multimodal, pretrain, ranks, recording, slimpajama
from benchmarks.recipes.table import Check, lines, rows_of
from benchmarks.recipes.workshop import TrainingFailed, Workshop

PARTS: dict[str, Callable[[Workshop, int], Iterator[Check]]] = {
    "pretrain": pretrain.checks, "chat": chat.checks, "multimodal": multimodal.checks,
    "slimpajama": slimpajama.checks, "london": london.checks, "recording": recording.checks, "ranks": ranks.checks,
}  # fmt: skip
ONCE = frozenset({"london", "ranks"})  # parts whose answer does not depend on the seed: the first is enough


def main(words: Sequence[str] | None = None) -> int:
    """0 when all is as asked, 1 when something is not."""
    given = parser().parse_args(words)
    checks: list[Check] = []
    started = time.monotonic()
    keep = nullcontext(given.keep) if given.keep else tempfile.TemporaryDirectory()
    with keep as folder:
        workshop = Workshop(Path(folder), scale=given.scale, is_quiet=not given.verbose)
        try:
            for name in given.only:
                for seed in given.seeds[:1] if name in ONCE else given.seeds:
                    say(f"[{time.monotonic() - started:5.0f} s] {name}, seed {seed} …")
                    checks += told(PARTS[name](workshop, seed))
        except KeyboardInterrupt:
            say("stopped; what follows is what is there")
        except TrainingFailed as failed:
            say(str(failed))
            return 2
    rows = rows_of(checks)
    as_json = [asdict(row) | {"ok": row.ok} for row in rows]
    print(json.dumps(as_json, indent=2) if given.json else "\n".join(lines(rows)))
    return int(not all(row.ok for row in rows))


def told(checks: Iterator[Check]) -> Iterator[Check]:
    """Each as soon as it is known."""
    for check in checks:
        say(f"          {check.name}: {check.shown} ({'ok' if check.ok else 'MISSED'}; asked {check.asked})")
        yield check


def say(text: str) -> None:
    """Progress, apart from the table."""
    print(text, file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    """The options."""
    it = argparse.ArgumentParser(prog="python -m benchmarks.bench_recipes", description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    it.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="N", help="each trained anew (0 1 2)")
    it.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="PART",
                    help="of " + ", ".join(PARTS))  # fmt: skip
    it.add_argument("--scale", type=float, default=1.0, metavar="X", help="times the seconds of each training (1)")
    it.add_argument("--keep", type=Path, metavar="DIR", help="leave the runs there")
    it.add_argument("--verbose", action="store_true", help="show what the trainings print")
    it.add_argument("--json", action="store_true", help="print JSON for programs")
    return it


if __name__ == "__main__":
    sys.exit(main())
