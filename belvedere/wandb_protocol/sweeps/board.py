"""The sweeps of all projects that a server serves: files are the truth, memory only knows who was heard when."""

import time
from pathlib import Path
from threading import RLock

from belvedere.core.errors import NotFound
from belvedere.core.names import FOLDER_NAME
from belvedere.runlog import json_files
from belvedere.runlog.layout import ProjectFolder, project_folder
from belvedere.wandb_protocol.desk import Shelves
from belvedere.wandb_protocol.sweeps.configs import Metric
from belvedere.wandb_protocol.sweeps.hyperband import Worths
from belvedere.wandb_protocol.sweeps.records import Sweep


class SweepBoard:
    """Reads and writes sweeps. Whoever changes one holds `lock` from the look to the write."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves
        self.lock = RLock()
        self.opened = time.time()
        self.reached: dict[tuple[str, str, Metric], Worths] = {}  # by project and run: what those that are over reached
        self.results: dict[tuple[str, str, Metric], float] = {}
        self._heard: dict[str, float] = {}  # agent id -> time

    def sweeps(self, project: str) -> list[Sweep]:
        """The sweeps of a project, newest first."""
        found = [one for folder in self._folders(project) for one in json_files.read_all(folder.sweeps, Sweep)]
        return sorted(found, key=lambda one: -one.created_at)

    def sweep(self, project: str, sweep_id: str) -> Sweep:
        """A sweep by its id; NotFound when there is none."""
        path = self._path(project, sweep_id)
        if path is None:
            raise NotFound(f"no sweep {sweep_id[:80]!r} in project {project[:80]!r}; check both, or create it first")
        return json_files.read(path, Sweep)

    def keep(self, project: str, sweep: Sweep) -> Sweep:
        """Write a sweep, new or changed."""
        path = self._path(project, sweep.id) or self._folders(project)[0].sweeps / f"{sweep.id}.json"
        json_files.write(path, sweep)
        return sweep

    def hear(self, agent_id: str, now: float) -> None:
        """An agent spoke."""
        self._heard[agent_id] = now

    def silence_secs(self, agent_id: str, now: float) -> float:
        """For how long an agent has not spoken; a server that was started since gives it all the time again."""
        return now - self._heard.get(agent_id, self.opened)

    def _path(self, project: str, sweep_id: str) -> Path | None:
        if not FOLDER_NAME.fullmatch(sweep_id):
            return None
        paths = (folder.sweeps / f"{sweep_id}.json" for folder in self._folders(project))
        return next((path for path in paths if path.is_file()), None)

    def _folders(self, project: str) -> list[ProjectFolder]:
        return [project_folder(root, project) for root in self._shelves.roots]
