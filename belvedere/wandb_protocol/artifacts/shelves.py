"""The artifacts of all projects that a server serves."""

from threading import Lock

from belvedere.core.errors import NotFound
from belvedere.core.names import checked_folder_name
from belvedere.runlog.artifacts.ids import taken_apart
from belvedere.runlog.artifacts.records import Artifact, Collection
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.runlog.layout import project_folder, projects
from belvedere.wandb_protocol.desk import Shelves


class ArtifactShelves:
    """One shelf a project, made when it is asked for."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves
        self._lock = Lock()
        self._known: dict[str, Shelf] = {}

    def of(self, project: str) -> Shelf:
        """The shelf of a project: in the root that has its artifacts, else where new runs go."""
        name = checked_folder_name(project, what="project")
        with self._lock:
            known = self._known.get(name)
            if known is None or not known.folder.artifacts.is_dir():  # a training may have begun one in another root
                folders = [project_folder(root, name) for root in self._shelves.roots]
                found = next((one for one in folders if one.artifacts.is_dir()), folders[0])
                if known is None or known.folder != found:
                    known = self._known[name] = Shelf(found)
            return known

    def artifact(self, opaque: object) -> tuple[Shelf, Artifact]:
        """The artifact a client's id stands for; NotFound when there is none."""
        project, artifact_id = taken_apart(opaque, "Artifact")
        shelf = self.of(project)
        return shelf, shelf.artifact(artifact_id)

    def collection(self, opaque: object) -> tuple[Shelf, Collection]:
        """The collection a client's id stands for; NotFound when there is none."""
        project, collection_id = taken_apart(opaque, "ArtifactCollection")
        shelf = self.of(project)
        return shelf, shelf.collection_of_id(collection_id)

    def of_client(self, client_id: str) -> tuple[Shelf, Artifact]:
        """The artifact that a client made under this id of its own; NotFound when none did."""
        for shelf in self.all():
            artifact = shelf.of_client(client_id)
            if artifact:
                return shelf, artifact
        raise NotFound(f"no artifact was logged here under the client id {client_id[:24]!r}; log it again")

    def all(self) -> list[Shelf]:
        """The shelf of every project that has artifacts."""
        names = {
            name
            for root in self._shelves.roots
            if root.is_dir()
            for name in projects(root)
            if project_folder(root, name).artifacts.is_dir()
        }
        return [self.of(name) for name in sorted(names)]
