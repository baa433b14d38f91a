"""What became of a run, as `wandb agent` asks; `Run.update_state`: somebody says so when its program is gone."""

from collections.abc import Mapping
from typing import cast

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields, Node, RunValue
from belvedere.wandb_protocol.fields.upsert import FIELDS as UPSERT
from belvedere.wandb_protocol.ids import run_of

MAY_FAIL = ("running", "crashed")


def update_run_state(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """Only to "failed", and only for a run that did not end in order; nothing waits here to be started again."""
    given = arguments.get("input")
    wanted = cast(Mapping[str, object], given) if isinstance(given, Mapping) else {}
    name = asked.desk.shelves.checked_name(*run_of(str(wanted.get("id"))))
    state, before = wanted.get("state"), asked.desk.shelves.run(name).state
    if state != "failed" or before not in MAY_FAIL:
        raise UsageError(
            f"run {name[1]!r} is {before} and cannot become {str(state)[:20]!r}; "
            "a running or crashed run can be called failed, nothing else"
        )
    UPSERT["Mutation"]["upsertBucket"](asked, parent, {"input": {"id": wanted["id"], "state": state}})
    return Node("UpdateRunStatePayload", {"success": True})


def exit_code(asked: Asked, value: object, arguments: Arguments) -> int | None:
    """0 for a run that ended in order; the code of another one stands in its log and is not looked up."""
    return 0 if _state(value) == "finished" else None


def is_running(asked: Asked, value: object, arguments: Arguments) -> bool:
    """Whether it is."""
    return _state(value) == "running"


def has_failed(asked: Asked, value: object, arguments: Arguments) -> bool:
    """Whether it ended by itself, and not in order."""
    return _state(value) in ("failed", "crashed")


def _state(value: object) -> str:
    return cast(RunValue, value).run.state


FIELDS: Fields = {
    "Mutation": {"updateRunState": update_run_state},
    "Run": {"exitcode": exit_code, "running": is_running, "failed": has_failed},
}
