"""Stopping a training from its page: one that sends its rows through W&B's client hears of it with its next post."""

from belvedere.server.schemas import Stopping
from belvedere.store.records import RunDetail
from belvedere.wandb_protocol.desk import Desk, RunName
from belvedere.wandb_protocol.recording import is_of_client


def stopping_of(desk: Desk, name: RunName, detail: RunDetail) -> Stopping:
    """Whether a run can be stopped from here, or was asked to stop."""
    if detail.row.state != "running" or not any(is_of_client(attempt.writer) for attempt in detail.attempts):
        return "no"
    return "asked" if name in desk.stopping else "possible"
