"""Projects: their names and their runs. A project is a folder of runs; there is nothing else to keep about it."""

import os
from collections.abc import Mapping
from pathlib import Path

from belvedere.core.errors import NameRefused, UsageError
from belvedere.core.names import checked_folder_name
from belvedere.runlog import layout
from belvedere.wandb_protocol.desk import ENTITY, Arguments, Asked, Fields, Node, ProjectValue
from belvedere.wandb_protocol.fields.unserved import QUEUES, refusal
from belvedere.wandb_protocol.fields.viewer import VIEWER
from belvedere.wandb_protocol.ids import project_id, project_number
from belvedere.wandb_protocol.run_files import iso
from belvedere.wandb_protocol.run_pages import PATIENCE_SECONDS, connection, count_of, project_of, rows_of, run_node

NO_NAME = "uncategorized"  # what clients mean when they name no project
PAGE_PROJECTS = 50
PAGE_PROJECTS_MAX = 1000


def project(asked: Asked, parent: object, arguments: Arguments) -> Node | None:
    """The project of that name; None when there is none."""
    try:
        name = checked_folder_name(str(arguments.get("name") or NO_NAME), what="project")
    except NameRefused:
        return None
    if not any((Path(root) / name).is_dir() for root in asked.desk.shelves.roots):
        if "RunQueue" in asked.operation:  # asks for a project of queues, and null would make the client fall over
            refusal(QUEUES)(asked, parent, arguments)
        return None
    return _node(arguments, name)


def projects(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """Folders that hold runs, and those that were made for them and are still empty."""
    rows = asked.desk.shelves.rows(patience_secs=PATIENCE_SECONDS)
    names = sorted({row.project for row in rows} | set(_waiting(asked.desk.shelves.roots)))
    after, first = str(arguments.get("after") or ""), arguments.get("first")
    size = min(max(first, 0), PAGE_PROJECTS_MAX) if isinstance(first, int) else PAGE_PROJECTS
    left = [name for name in names if name > after]
    edges = [{"__typename": "ProjectEdge", "node": _node(arguments, name), "cursor": name} for name in left[:size]]
    page = {
        "__typename": "PageInfo", "hasNextPage": len(left) > size, "endCursor": edges[-1]["cursor"] if edges else None,
    }  # fmt: skip
    return Node("ProjectConnection", {"edges": edges, "pageInfo": page, "totalCount": len(names)})


def make(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """A folder for a project, unless there is one."""
    given = arguments.get("input")
    wanted = given if isinstance(given, dict) else {}
    name = checked_folder_name(str(wanted.get("name") or ""), what="project")
    place = Path(asked.desk.shelves.roots[0]) / name
    is_new = not any((Path(root) / name).is_dir() for root in asked.desk.shelves.roots)
    place.mkdir(exist_ok=True)
    made = _node(wanted, name)
    return Node("UpsertModelPayload", {"project": made, "model": made, "inserted": is_new})


def refuse(asked: Asked, parent: object, arguments: Arguments) -> None:
    """Whole projects are not for a key to delete or rename."""
    raise UsageError(
        "projects are deleted and renamed on the server's disk, not from here; delete runs one by one, "
        "or remove the project's folder"
    )


def _node(arguments: Arguments, name: str) -> Node:
    return Node("Project", ProjectValue(str(arguments.get("entityName") or ENTITY), name))


def _of_entity(value: object, arguments: Arguments) -> Arguments:
    return {"entityName": value.get("name") if isinstance(value, Mapping) else None, **arguments}


def _waiting(roots: object) -> list[str]:
    """Folders without anything but hidden things in them."""
    found = []
    for root in roots if isinstance(roots, list | tuple) else ():
        for name in layout.projects(Path(root)):
            with os.scandir(Path(root) / name) as entries:
                if all(entry.name.startswith(".") for entry in entries):
                    found.append(name)
    return found


def _created(asked: Asked, parent: object, arguments: Arguments) -> str | None:
    """When its first run began; of an empty one when its folder was made."""
    rows = rows_of(asked, project_of(parent), {})
    if rows:
        return iso(rows[0].created)
    folders = [Path(root) / project_of(parent).name for root in asked.desk.shelves.roots]
    times = [folder.stat().st_mtime for folder in folders if folder.is_dir()]
    return iso(min(times)) if times else None


FIELDS: Fields = {
    "Query": {"project": project, "models": projects, "projects": projects},
    "Mutation": {
        "upsertModel": make, "deleteModel": refuse, "deleteProject": refuse, "renameProject": refuse,
    },
    "User": {"projects": projects},
    "Entity": {
        "project": lambda asked, value, arguments: project(asked, value, _of_entity(value, arguments)),
        "projects": lambda asked, value, arguments: projects(asked, value, _of_entity(value, arguments)),
    },
    "Project": {
        "id": lambda asked, value, arguments: project_id(project_of(value)),
        "internalId": lambda asked, value, arguments: project_number(project_of(value)),
        "name": lambda asked, value, arguments: project_of(value).name,
        "entityName": lambda asked, value, arguments: project_of(value).entity,
        "entity": lambda asked, value, arguments: Node(
            "Entity", {"id": "belvedere-entity", "name": project_of(value).entity}
        ),
        "createdAt": _created,
        "isBenchmark": lambda asked, value, arguments: False,
        "readOnly": lambda asked, value, arguments: False,
        "user": lambda asked, value, arguments: Node("User", VIEWER),
        "description": lambda asked, value, arguments: None,
        "access": lambda asked, value, arguments: "PRIVATE",
        "views": lambda asked, value, arguments: "{}",
        "run": lambda asked, value, arguments: run_node(asked, project_of(value), str(arguments.get("name"))),
        "bucket": lambda asked, value, arguments: run_node(asked, project_of(value), str(arguments.get("name"))),
        "runs": lambda asked, value, arguments: connection(
            asked, project_of(value), rows_of(asked, project_of(value), arguments), arguments
        ),
        "runCount": lambda asked, value, arguments: count_of(asked, project_of(value), arguments),
    },
}  # fmt: skip
