"""Asking a run to stop, and whether it was asked."""

from typing import cast

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields, Node, RunValue
from belvedere.wandb_protocol.ids import run_of


def stop_run(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """The run is told with the answer to its next post. One that is over stays as it is."""
    given = arguments.get("input")
    opaque = given.get("id") if isinstance(given, dict) else None
    if not isinstance(opaque, str):
        raise UsageError("no id of a run given; send input: {id: …}")
    name = asked.desk.shelves.checked_name(*run_of(opaque))
    if asked.desk.shelves.run(name).state == "running":
        asked.desk.stopping.add(name)
    return Node("StopRunPayload", {"success": True, "clientMutationId": None})


def stopped(asked: Asked, parent: object, arguments: Arguments) -> bool:
    """Whether somebody asked it to stop."""
    run = cast(RunValue, parent).run
    return (run.project, run.id) in asked.desk.stopping


FIELDS: Fields = {"Mutation": {"stopRun": stop_run}, "Run": {"stopped": stopped, "shouldStop": stopped}}
