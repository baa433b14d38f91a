"""Alerts that a training sends."""

import time

from belvedere.core.entries import Alerted
from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields, Node
from belvedere.wandb_protocol.recording import Recording

LEVELS = {"INFO": "info", "WARN": "warning", "WARNING": "warning", "ERROR": "critical"}
TEXT_CHARACTERS_MAX = 1 << 16


def notify(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """Keep an alert at the step the run has reached; it moves on when rows from before it come. The same words are kept
    once in `waitDuration` milliseconds, and once when a run that is here already is sent again."""
    given = arguments.get("input")
    if not isinstance(given, dict):
        raise UsageError("the mutation has no input; send input: {…}")
    name = asked.desk.shelves.checked_name(str(given.get("projectName")), str(given.get("runName")))
    level = LEVELS.get(str(given.get("severity") or "INFO").upper(), "info")
    title, text = (str(given.get(part) or "")[:TEXT_CHARACTERS_MAX] for part in ("title", "text"))
    known = asked.desk.shelves.run(name).alerts
    same = [alert.time for alert in known if (alert.title, alert.text, alert.level) == (title, text, level)]
    now = time.time()
    with asked.desk.attempts.recording(name) as recording:
        is_repeat = bool(same) and (_is_sent_again(recording) or max(same) > now - _seconds(given.get("waitDuration")))
        if not is_repeat:
            alert = Alerted(now, max(0, recording.steps - 1), title, text, level)
            recording.newest.landing.event(alert)
            recording.newest.alerts.append(alert)
    return Node("NotifyScriptableRunAlertPayload", {"success": True})


def _is_sent_again(recording: Recording) -> bool:
    """A program came for a run that was not resumed: it sends what is here, or begins anew under the same id."""
    current = recording.current
    if current.is_replay or current.is_imported or (current.is_empty and recording.is_of_others):
        return True
    return isinstance(recording.newest.landing.position.get("arrival"), float)


def _seconds(milliseconds: object) -> float:
    return milliseconds / 1e3 if isinstance(milliseconds, int | float) else 0.0


FIELDS: Fields = {"Mutation": {"notifyScriptableRunAlert": notify}}
