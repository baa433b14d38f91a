"""Compacts runs one by one under a bar: one that cannot be compacted is named at the end, the others are done."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from belvedere.cli.progress import each_run
from belvedere.core.errors import BelvedereError, DamagedLog
from belvedere.runlog.layout import RunFolder
from belvedere.store.compact import Compacted, compact_run


@dataclass
class Outcome:
    """What was done, and one sentence for each run that was not."""

    done: list[Compacted] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def points(self) -> int:
        return sum(one.points for one in self.done)

    def raise_refused(self) -> None:
        """DamagedLog when there are runs that were not done."""
        if self.refused:
            raise DamagedLog("\n".join(self.refused))


def compact_each(folders: Sequence[RunFolder], verb: str) -> Outcome:
    """Brings what the runs logged into columns."""
    outcome = Outcome()
    with each_run(folders, verb) as told:
        for folder, progress in told:
            try:
                outcome.done.append(compact_run(folder, progress=progress))
            except BelvedereError as error:
                outcome.refused.append(f"{folder.project}/{folder.run_id} stays as it is: {error}")
            except OSError as error:
                reason = f"{error.strerror}; make room or mend it, then run this again: {error.filename}"
                outcome.refused.append(f"{folder.project}/{folder.run_id} stays as it is: {reason}")
    return outcome


def runs_in_words(count: int) -> str:
    """1 run, 2 runs."""
    return f"{count:,} run" if count == 1 else f"{count:,} runs"
