"""Deleting runs."""

from collections.abc import Mapping

from belvedere.core.errors import NotFound, UsageError
from belvedere.runlog.removal import remove
from belvedere.wandb_protocol.artifacts import links
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields, Node, RunName
from belvedere.wandb_protocol.ids import run_of


def delete_run(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """A run for good, with its files; artifacts are the project's and stay, unless `deleteArtifacts` asks for those
    that no other run logged as well. A run that is still being written is stopped: its client learns it with its next
    post."""
    desk = asked.desk
    name = _name(asked, arguments)
    is_running = desk.shelves.run(name).state == "running"
    if is_running:
        desk.stopping.add(name)
    with desk.shelves.lock(name):
        desk.attempts.forget(name)
        folder = desk.shelves.folder(name)
        desk.histories.forget(folder)
        try:
            remove(folder)
        except FileNotFoundError as error:
            raise _gone(name) from error
    if _input(arguments).get("deleteArtifacts"):
        _delete_artifacts(asked, name)
    return Node("DeleteRunPayload", {"clientMutationId": _input(arguments).get("clientMutationId"), "success": True})


def _delete_artifacts(asked: Asked, name: RunName) -> None:
    shelf = asked.desk.artifacts.of(name[0])
    for artifact in [one for one in shelf.artifacts() if one.logged_by == (name[1],)]:
        links.deleted(asked.desk.artifacts, shelf, artifact, with_aliases=True)


def _name(asked: Asked, arguments: Arguments) -> RunName:
    """The run that is meant; NotFound when there is none."""
    name = asked.desk.shelves.checked_name(*run_of(str(_input(arguments).get("id"))))
    if not asked.desk.shelves.folder(name).path.is_dir():
        raise _gone(name)
    return name


def _gone(name: RunName) -> NotFound:
    return NotFound(f"no run {'/'.join(name)!r}; it may be deleted already")


def _input(arguments: Arguments) -> Mapping[str, object]:
    given = arguments.get("input")
    if not isinstance(given, Mapping):
        raise UsageError("the mutation has no input; send input: {id: …}")
    return given


FIELDS: Fields = {"Mutation": {"deleteRun": delete_run}}
