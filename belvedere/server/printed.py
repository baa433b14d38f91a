"""Addresses as W&B's client prints them, and where our page shows the same: /{entity}/{project}/runs/{id} and others.

What could be a page of ours is one: /{project}/{run} of a run that is there is never taken for /{entity}/{project}.
"""

from urllib.parse import quote

from belvedere.core.errors import NameRefused
from belvedere.runlog.layout import project_folder
from belvedere.server.library import Library
from belvedere.wandb_protocol.desk import ENTITY

# Sections of W&B's page of a project; what belongs to them here is on the project's page.
SECTIONS = frozenset(
    "artifacts automations charts dashboard files jobs launch logs overview panels reports runs settings sweeps system "
    "table workspace".split()
)
TABS = {"overview": "config", "logs": "console", "code": "environment"}  # of a run
RUN_PARTS = 4  # entity, project, "runs", id


def our_address(library: Library, path: str) -> str | None:
    """Where to go instead; None for an address of our own."""
    parts = [part for part in path.split("/") if part]
    if not parts or len(parts) == 1:
        return "/" if parts == [ENTITY] and not _is_project(library, ENTITY) else None
    entity, project, *rest = parts
    if _is_run(library, entity, project):
        return None
    if rest[:1] == ["runs"] and len(parts) >= RUN_PARTS:
        return _run_address(project, rest[1], rest[2:3])
    if rest[:1] == ["sweeps"] and len(rest) > 1 and _is_project(library, project):
        return f"/{quote(project)}/sweeps/{quote(rest[1])}"
    if rest:
        return _project_address(library, project) if rest[0] in SECTIONS else None
    if project == "projects" and not _is_project(library, entity):
        return "/"
    is_ours = _is_project(library, entity)
    return None if is_ours or not (_is_project(library, project) or entity == ENTITY) else f"/{quote(project)}"


def _run_address(project: str, run_id: str, section: list[str]) -> str:
    tab = TABS.get(section[0]) if section else None
    return f"/{quote(project)}/{quote(run_id)}" + (f"?tab={tab}" if tab else "")


def _project_address(library: Library, project: str) -> str | None:
    return f"/{quote(project)}" if _is_project(library, project) else None


def _is_project(library: Library, name: str) -> bool:
    try:
        return any(project_folder(root, name).path.is_dir() for root in library.roots)
    except NameRefused:
        return False


def _is_run(library: Library, project: str, run_id: str) -> bool:
    try:
        return library.folder((project, run_id)).logs.is_dir()
    except NameRefused:
        return False
