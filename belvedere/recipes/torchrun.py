"""torchrun, which ends the way a recipe does: with its exit code, and without a traceback of its own.

    python -m belvedere.recipes.torchrun --standalone --nproc_per_node=2 -m belvedere.recipes.pretrain -- --preset tiny

Takes what torchrun takes. A recipe that refuses says its sentence on each process; torchrun itself adds forty lines and
makes every exit code 1, and Ctrl-C, which the recipes answer with a checkpoint, an error.
"""

import logging
import sys

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main as torchrun

STOPPED = 130
KILLED_WITH = 128  # shells add the signal's number to this


def main() -> int:
    """Exit code of the process that failed first, 130 after Ctrl-C or SIGTERM, else 0."""
    logging.disable(logging.ERROR)  # of this process, which only watches the others: its part of the forty lines
    try:
        torchrun()
    except SignalException:
        return STOPPED
    except ChildFailedError as failed:
        _, first = failed.get_first_failure()
        return first.exitcode if first.exitcode > 0 else KILLED_WITH - first.exitcode
    return 0


if __name__ == "__main__":
    sys.exit(main())
