"""What a client posts while it runs: rows of the history, system metrics, console, summary, and how it ended.

    {"files": {"wandb-history.jsonl": {"offset": 137, "content": ["<row>", …]}, "wandb-events.jsonl": …,
               "wandb-summary.json": …, "output.log": …}, "preempting": true, "complete": true, "exitcode": 0}

Every key may be missing; nothing at all is a heartbeat. The same post may come again, whole or in parts.
"""

import logging
import time
from collections.abc import Mapping, Sequence

from belvedere.core.entries import Configured, Heartbeat, Stored
from belvedere.core.errors import BelvedereError
from belvedere.importers.wandb.jsons import loads
from belvedere.wandb_protocol.artifacts.tables import show_waiting
from belvedere.wandb_protocol.desk import Desk, RunName
from belvedere.wandb_protocol.firsts import CONSOLE, HISTORY, SYSTEM, firsts_of
from belvedere.wandb_protocol.graphql import count_unknown
from belvedere.wandb_protocol.intake import Intake
from belvedere.wandb_protocol.known import SECTION, Told
from belvedere.wandb_protocol.limits import LINES_MAX, TooLarge
from belvedere.wandb_protocol.recording import Recording

SUMMARY = "wandb-summary.json"
KNOWN_PARTS = frozenset({"files", "uploaded", "preempting", "complete", "exitcode"})
PRIMARY_FILES = frozenset({"wandb-metadata.json", "config.yaml"})
KNOWN_STREAMS = frozenset({HISTORY, SYSTEM, CONSOLE, SUMMARY})
OFFSET_MAX = 1 << 53
NAME_MAX = 80  # characters of what we do not know
log = logging.getLogger(__name__)
Streams = dict[str, tuple[int, Sequence[str]]]


def receive(
    desk: Desk, entity: str, name: RunName, body: Mapping[str, object], client: str = ""
) -> dict[str, object]:  # fmt: skip
    """Take a post in; what is answered is in the log. OSError when the disk is full: then it has to come again.
    `client` tells several programs apart that write one run together."""
    now = time.time()
    if desk.is_deleted(name):
        return {"stopped": True}
    streams = _streams(body.get("files"))
    for unknown in (body.keys() - KNOWN_PARTS) | (streams.keys() - KNOWN_STREAMS):
        count_unknown(desk, f"file_stream: {unknown[:NAME_MAX]}")
    with desk.attempts.recording(name) as recording:
        intake = recording.shared(client, now) if client else recording.intake_for(firsts_of(streams), now)
        if recording.is_awaiting and not streams.keys() & {HISTORY, SYSTEM}:
            streams.pop(SUMMARY, None)  # of a program that has nothing to sum up yet
            if CONSOLE in streams and recording.hold(*streams[CONSOLE]):
                del streams[CONSOLE]
        refused = _take(intake, streams, now)
        if refused:
            log.warning("%s/%s: %d rows or values could not be kept", *name, refused)
        _describe(recording, intake, streams.get(SUMMARY), body, now)
        if client and _is_of_primary(body.get("uploaded")):
            intake.remember(primary=True)
        if body.get("complete") is True or "exitcode" in body:
            recording.settle(now)
            _finish(desk, recording, intake, body.get("exitcode"), now)
        if streams or "complete" in body:
            recording.commit(intake)
        else:
            intake.landing.event(Heartbeat(now))
    if HISTORY in streams:
        show_waiting(desk, name, streams[HISTORY][1])
    return {"stopped": True} if name in desk.stopping else {}


def _take(intake: Intake, streams: Streams, now: float) -> int:
    """Rows and lines; how many could not be kept."""
    refused = 0
    if HISTORY in streams:
        refused += intake.take_history(*streams[HISTORY])
    if SYSTEM in streams:
        refused += intake.take_system(*streams[SYSTEM])
    if CONSOLE in streams:
        intake.take_console(*streams[CONSOLE], now)
    else:
        intake.rest()
    return refused


def _describe(
    recording: Recording, intake: Intake, summary: tuple[int, Sequence[str]] | None, body: Mapping[str, object],
    now: float,
) -> None:  # fmt: skip
    """What the run as a whole is told: it goes to the newest attempt."""
    known, landing = recording.known, recording.newest.landing
    events = known.paths(intake.new_paths, now)
    intake.new_paths = {}
    told = _mapping(summary[1][-1]) if summary is not None else {}
    step = told.get("_step", -1)
    is_old = isinstance(step, int) and step < intake.step  # of a file that ends before what came while it ran
    if told and intake is recording.newest and not is_old:
        ours, facts = known.summary.take(told, intake.last)
        events += [
            Configured(now, values, section) for values, section in ((ours, "summary"), (facts, SECTION)) if values
        ]
    if body.get("preempting") is True:
        events += known.changes(Told(facts={"preempting": True}), now)
    for event in events:
        landing.event(event)


def _finish(desk: Desk, recording: Recording, intake: Intake, exit_code: object, now: float) -> None:
    """The client has ended, or says so once more."""
    code = exit_code if type(exit_code) is int else 0
    is_stopped = recording.name in desk.stopping and code != 0
    writing = [other for other in recording.beside(intake) if other.ending is None]
    if not writing:  # else the others have still to hear of it
        desk.stopping.discard(recording.name)
    if intake is recording.newest:
        absent = recording.known.summary.end(intake.last, recording.known.nested)
        if absent:
            intake.landing.event(Configured(now, absent, SECTION))
    state = "finished" if code == 0 else "stopped" if is_stopped else "failed"
    intake.finish(state, code, now)
    if intake.landing.position.get("primary") is True:
        for other in writing:  # they need not say that they are done
            other.finish(state, code, now)
            other.commit()


def _is_of_primary(uploaded: object) -> bool:
    """Of programs that write a run together one alone sends the files that describe it."""
    return isinstance(uploaded, list) and not PRIMARY_FILES.isdisjoint(one for one in uploaded if isinstance(one, str))


def _streams(files: object) -> Streams:
    """The streams of a post that have lines, with the number of their first line; what makes no sense is left out.
    TooLarge when they are too many."""
    found: Streams = {}
    for name, piece in files.items() if isinstance(files, Mapping) else ():
        content = piece.get("content") if isinstance(piece, Mapping) else None
        offset = piece.get("offset") if isinstance(piece, Mapping) else None
        lines = [line if isinstance(line, str) else "" for line in content] if isinstance(content, list) else []
        if lines:
            is_number = type(offset) is int and 0 <= offset < OFFSET_MAX
            found[str(name)] = (offset if is_number else 0, lines)  # type: ignore[assignment]
    count = sum(len(lines) for _, lines in found.values())
    if count > LINES_MAX:
        raise TooLarge(f"a post of {count} lines refused, {LINES_MAX} are allowed; send it in smaller pieces")
    return found


def _mapping(text: str) -> Mapping[str, Stored]:
    try:
        found = loads(text)
    except BelvedereError:
        return {}
    return found if isinstance(found, dict) else {}
