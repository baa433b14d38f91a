"""One run as its clients write it: its attempts, and which of them the lines that come now belong to.

A client never says whether it begins a new attempt or sends an old one again from its file. So when a program comes for
a run that is there, its first lines decide: what an attempt holds already is that attempt once more.
"""

import errno
import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from belvedere.core.entries import CompanionOpened, RunStarted
from belvedere.core.names import new_run_name
from belvedere.runlog.layout import WRITER_NAME, RunFolder, runs, writer_id, writer_order, writer_rank
from belvedere.runlog.reader import SegmentReader
from belvedere.wandb_protocol.console import Lines
from belvedere.wandb_protocol.firsts import Firsts
from belvedere.wandb_protocol.held import SYSTEM, console_lines, held_by, logged_steps
from belvedere.wandb_protocol.intake import Intake
from belvedere.wandb_protocol.known import Known, Told, known_of

if TYPE_CHECKING:
    from belvedere.wandb_protocol.desk import RunName, Shelves

EARLIER_SECS = 2.0  # a clock may go so far behind without an attempt having begun earlier
HEAD_BYTES = 1 << 16
HELD_LINES_MAX = 1000


class Recording:
    """Not thread-safe: hold the run's lock."""

    def __init__(self, name: "RunName", folder: RunFolder, known: Known, steps: int) -> None:
        self.name, self.folder, self.known = name, folder, known
        self._steps = steps  # of what was there before it was opened
        self._open: dict[str, Intake] = {}
        self._writers = [writer for writer in folder.writers() if is_of_client(writer)]

    @classmethod
    def opened(cls, shelves: "Shelves", name: "RunName") -> "Recording":
        """A run that is there, or a new one."""
        folder = shelves.folder(name)
        known = known_of(shelves, name)
        return cls(name, folder, known, logged_steps(shelves.run(name)) if folder.logs.is_dir() else 0)

    def is_there(self) -> bool:
        """False when its folder was deleted since it was opened."""
        return all(intake.is_there for intake in self._open.values())

    @property
    def is_new(self) -> bool:
        """Whether nobody has written anything yet."""
        return not self._writers and not self.folder.writers()

    @property
    def is_of_others(self) -> bool:
        """Whether somebody else recorded or imported it, too."""
        return bool(self._others())

    def _others(self) -> list[str]:
        return [writer for writer in self.folder.writers() if not is_of_client(writer)]

    @property
    def newest(self) -> Intake:
        """The newest attempt; for a run we never heard of a first one."""
        if not self._writers:
            self._begin_beside()
        return self._intake(self._writers[-1])

    @property
    def current(self) -> Intake:
        """The attempt that lines belong to."""
        newest = self.newest
        writing = newest.landing.position.get("writing")
        return self._intake(str(writing)) if writing in self._writers else newest

    @property
    def steps(self) -> int:
        """The last step of the run + 1."""
        return max([self._steps, *(intake.step + 1 for intake in self._open.values())])

    def close(self) -> None:
        """Close all logs."""
        for intake in self._open.values():
            intake.close()
        self._open.clear()

    # ---- attempts -----------------------------------------------------------------------------------------------

    def begin(self, now: float, told: Told, *, host: str = "", resume_from: int | None = None) -> Intake:
        """A new attempt. The first one says what the run is called."""
        writer = _writer_of(self.folder)
        started = RunStarted(now, *self.name, writer, host=host, resume_from=resume_from)
        if self.is_new:
            name = told.name or new_run_name(_runs_of(self.folder) + 1)
            tags = tuple(told.tags or ())
            started = replace(
                started, name=name, group=told.group or "", job_type=told.job_type or "", tags=tags,
                notes=told.notes or "",
            )  # fmt: skip
            self.known.described = replace(
                self.known.described, name=name, group=started.group, job_type=started.job_type, tags=tags,
                notes=started.notes,
            )  # fmt: skip
        if self._writers:
            self.newest.crash()
        self._writers.append(writer)
        intake = self._open[writer] = Intake(self.folder, started)
        return intake

    def _begin_beside(self) -> None:
        """What is said of a run without a program of its own; beside what others recorded it is no attempt."""
        is_of_others, now = not self.is_new, time.time()
        intake = self.begin(now, Told())
        if is_of_others:
            intake.landing.event(CompanionOpened(now, "wandb"))
            intake.remember(beside=True)

    def arrives(self, now: float, told: Told, *, host: str, is_resumed: bool) -> None:
        """A program has come for this run."""
        if not self._writers:
            is_first = self.is_new or is_resumed
            self.begin(now, told, host=host, resume_from=None if is_first else 0)
        elif self.newest.landing.position.get("copied") is True:
            self.begin(now, told, host=host)
        elif self.newest.landing.position.get("beside") is True:
            self.begin(now, told, host=host, resume_from=self.steps if is_resumed else 0)
        elif self.newest.is_empty and len(self._writers) == 1:
            self._taken_over(self.newest, host)
        else:
            self.newest.remember(arrival=now, host=host, resume_from=self.steps if is_resumed else None)

    def first(self, now: float, told: Told) -> Intake:
        """The first attempt; made when there is none."""
        return self._intake(self._writers[0]) if self._writers else self.begin(now, told)

    def rewind(self, now: float, step: int) -> Intake:
        """What comes next takes the run up again at this step."""
        if self._writers and self.newest.is_empty:
            self.newest.restarted(replace(self.newest.started, resume_from=step))
            return self.newest
        return self.begin(now, Told(), resume_from=step)

    @property
    def is_awaiting(self) -> bool:
        """Whether a program has come and nobody knows yet which attempt it writes."""
        return bool(self._writers) and isinstance(self.newest.landing.position.get("arrival"), float)

    def intake_for(self, firsts: Firsts | None, now: float) -> Intake:
        """The attempt that the lines of a post belong to; `firsts` are its first lines if it begins a stream."""
        if firsts is None or (self.is_awaiting and not firsts.is_start and not self._is_resumed):
            return self.current
        if not self.is_awaiting:
            if firsts.is_start:
                _begun(self.current, firsts)
                self._pass_over_imported(self.current, firsts)
            return self.current
        held = _held_lines(self.newest)
        intake = self._same_again(firsts, now) or self._begun_anew(firsts)
        for offset, lines in held:
            intake.take_console(offset, lines, now)
        return intake

    def shared(self, client: str, now: float) -> Intake:
        """The attempt of one of several programs that write the run together, each under an id of its own and with
        lines that it counts alone: they are the ranks of one attempt."""
        mark = _mark(f"shared {client}")
        known = next((writer for writer in self.folder.writers() if writer.endswith(f"-{mark}")), None)
        if known is not None:
            return self._intake(known)
        newest = self.newest
        first = newest.landing.position.get("client")
        if first == client:
            return newest
        if first is None and newest.is_empty:
            newest.remember(client=client, arrival=None, held=None)
            return newest
        rank = max(map(writer_rank, self.folder.writers())) + 1
        writer = writer_id(rank, _next_ns(self.folder), mark)
        started = RunStarted(now, *self.name, writer, rank, rank + 1, host=newest.started.host)
        self._open[writer] = Intake(self.folder, started)
        newest.remember(arrival=None, held=None)
        return self._open[writer]

    def beside(self, intake: Intake) -> list[Intake]:
        """The attempts of the other programs that write the run together with this one."""
        first = self.newest
        since = writer_order(first.started.writer_id)
        others = [one for one in self.folder.writers() if writer_rank(one) and writer_order(one) > since]
        return [one for one in (first, *map(self._intake, others)) if one is not intake]

    def hold(self, offset: int, lines: Sequence[str]) -> bool:
        """Keep lines of the console until it is known whose they are; False when there are too many to wait."""
        held = _held_lines(self.newest)
        if sum(len(known) for _, known in held) + len(lines) > HELD_LINES_MAX:
            return False
        self.newest.remember(held=[[number, list(known)] for number, known in (*held, (offset, lines))])
        return True

    def settle(self, now: float) -> None:
        """The program has gone and never said more: what waited goes to the attempt that was there."""
        if self.is_awaiting:
            for offset, lines in _held_lines(self.newest):
                self.current.take_console(offset, lines, now)
            self.newest.remember(arrival=None, held=None)

    def commit(self, intake: Intake) -> None:
        """All that came is in the log; OSError when the disk refused some of it, and nothing is marked as whole."""
        self.check_kept()
        intake.commit()

    def remember(self, intake: Intake) -> None:
        """The same beside the posts: one that was cut off in the middle has still to come again."""
        self.check_kept()
        intake.remember()

    def check_kept(self) -> None:
        """OSError when the disk refused something: it has to come again."""
        refused = sum(intake.landing.dropped_rows for intake in self._open.values())
        if refused:
            raise OSError(errno.ENOSPC, f"the disk refused {refused} entries of {'/'.join(self.name)}")

    @property
    def _is_resumed(self) -> bool:
        return self.newest.landing.position.get("resume_from") is not None

    def _pass_over_imported(self, intake: Intake, firsts: Firsts) -> None:
        """What is sent now may have been imported before: its rows take the place of those, but its alerts and lines of
        the console would stand there twice."""
        for writer in self._others() if intake.is_empty else ():
            if firsts.are_in(held_by(self.folder, writer)):
                intake.console = Lines(console_lines(self.folder, writer))
                intake.is_imported = True
                return

    def _taken_over(self, intake: Intake, host: str) -> Intake:
        """An attempt in which nothing happened is as good as a new one."""
        if host and host != intake.started.host:
            intake.restarted(replace(intake.started, host=host))
        return intake

    def _same_again(self, firsts: Firsts, now: float) -> Intake | None:
        """The attempt that these lines are known from: it is sent once more."""
        for writer in reversed(self._writers):
            is_open = writer in self._open
            if firsts.are_in(self._open[writer].held if is_open else held_by(self.folder, writer)):
                intake = self._intake(writer)
                intake.is_replay = True
                intake.remember()
                newest = self.newest
                if newest.is_empty:  # begun for what turns out to be an old one: it hides nothing and is over
                    newest.restarted(replace(newest.started, resume_from=None))
                    newest.finish(*(intake.ending or ("finished", 0)), now)
                newest.remember(arrival=None, held=None, writing=writer)
                return intake
        return None

    def _begun_anew(self, firsts: Firsts) -> Intake:
        """A new attempt, which hides what earlier ones logged from its first step on. One that began before the newest
        hides nothing."""
        before = self.newest
        position = before.landing.position
        arrival, resumed, host = position.get("arrival"), position.get("resume_from"), str(position.get("host") or "")
        came = arrival if isinstance(arrival, float) else before.started.time
        began = min(came, firsts.time or came)
        if before.is_empty:
            intake = self._taken_over(before, host)
            intake.remember(arrival=None, held=None)
        else:
            is_later = began >= before.started.time
            resume_from = resumed or None if isinstance(resumed, int) else firsts.step
            intake = self.begin(began, Told(), host=host, resume_from=resume_from if is_later else None)
        intake.is_late = began < came - EARLIER_SECS
        return intake

    def _intake(self, writer: str) -> Intake:
        found = self._open.get(writer)
        if found is None:
            started = started_of(self.folder, writer) or RunStarted(time.time(), *self.name, writer)
            found = self._open[writer] = Intake(self.folder, started)
            if writer == self._writers[-1]:
                values = self.known.values.items()
                found.last = {key: value for key, value in values if not key.startswith(SYSTEM)}
        return found


def is_of_client(writer: str) -> bool:
    """Whether a writer is one of ours: nobody else's log is ever appended to."""
    match = WRITER_NAME.fullmatch(writer)
    return match is not None and match[3] == _mark(int(match[2]))


def started_of(folder: RunFolder, writer: str) -> RunStarted | None:
    """What the newest segment of a writer says about its start."""
    for path in reversed(folder.segments(writer)):
        batch = SegmentReader(path).poll(HEAD_BYTES)
        for found in batch.events if batch else ():
            if isinstance(found.event, RunStarted):
                return found.event
    return None


def _begun(intake: Intake, firsts: Firsts) -> None:
    """The first lines of an attempt tell when it began, and at which step."""
    if firsts.time and intake.is_empty and firsts.time < intake.started.time - EARLIER_SECS:
        intake.begins_at(firsts.time)


def _writer_of(folder: RunFolder) -> str:
    """A name that sorts behind those of all earlier attempts."""
    started_ns = _next_ns(folder)
    return writer_id(0, started_ns, _mark(started_ns))


def _next_ns(folder: RunFolder) -> int:
    earlier = (WRITER_NAME.fullmatch(writer) for writer in folder.writers())
    newest = max((int(match[2]) for match in earlier if match), default=0)
    return max(int(time.time() * 1e9), newest + 1)


def _mark(what: int | str) -> str:
    return hashlib.sha256(f"wandb client {what}".encode()).hexdigest()[:12]


def _runs_of(folder: RunFolder) -> int:
    """How many runs the project has."""
    return len(runs(folder.root, folder.project)) if folder.path.parent.is_dir() else 0


def _held_lines(intake: Intake) -> list[tuple[int, list[str]]]:
    """Lines of the console that wait, with the number of the first of each piece."""
    found = []
    held = intake.landing.position.get("held")
    for piece in held if isinstance(held, list | tuple) else ():
        if isinstance(piece, list | tuple) and len(piece) == 2 and isinstance(piece[1], list | tuple):
            found.append((int(str(piece[0])), [str(line) for line in piece[1]]))
    return found
