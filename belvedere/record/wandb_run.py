"""What W&B's run has besides: names that scripts ask for, artifacts, code. The base of `Run`."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import IO, TYPE_CHECKING

from belvedere.core.entries import Configured, Described, FileSaved, Stored
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.values import existing_file, safe_suffix
from belvedere.record import artifact_log
from belvedere.record.artifact import Artifact
from belvedere.record.guard import ANY_ERROR, Guard, guarded

if TYPE_CHECKING:
    from belvedere.record.null import Writer
    from belvedere.record.opening import Opening

CODE_FILES_MAX = 1000
NO_CODE = frozenset(
    ("node_modules", "__pycache__", "site-packages", "belvedere-runs", "wandb", "venv", "build", "dist")
)


class WandbRun:
    """Attributes and methods that read or add to a run under W&B's names."""

    project: str
    id: str
    url: str
    group: str
    disabled: bool
    _guard: Guard
    _opening: "Opening | None"
    _writer: "Writer"
    entity = ""
    sweep_id: str | None = None
    sweep_url: str | None = None
    offline = True  # nothing has to be reached

    given_settings: Mapping[str, object] = MappingProxyType({})

    # ---- what can be changed ------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What people call the run; setting it renames it."""
        return self._name

    @name.setter
    def name(self, name: object) -> None:
        self._name = str(name)
        self._described(lambda now: Described(now, name=self._name))

    @property
    def tags(self) -> tuple[str, ...]:
        """Words to find it by; setting them replaces them."""
        return self._tags

    @tags.setter
    def tags(self, tags: Sequence[str] | str | None) -> None:
        words = [tags] if isinstance(tags, str) else tags or ()
        self._tags = tuple(dict.fromkeys(str(tag) for tag in words))
        self._described(lambda now: Described(now, tags=list(self._tags)))

    @property
    def notes(self) -> str:
        """A longer text about it."""
        return self._notes

    @notes.setter
    def notes(self, notes: object) -> None:
        self._notes = str(notes or "")
        self._described(lambda now: Described(now, notes=self._notes))

    def _described(self, event: Callable[[float], Described]) -> None:
        writer = getattr(self, "_writer", None)
        if writer is not None:
            writer.event(event(writer.now()))

    @property
    def settings(self) -> SimpleNamespace:
        """What was passed as `settings=`, and who the run is; changing it changes nothing."""
        who = {
            "run_id": self.id, "run_name": self.name, "run_group": self.group, "run_tags": self.tags,
            "run_notes": self.notes, "project": self.project, "entity": self.entity, "mode": "offline",
        }  # fmt: skip
        return SimpleNamespace(**{**who, **self.given_settings})

    # ---- what can be asked --------------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """ "entity/project/id", without the entity when there is none."""
        return "/".join(filter(None, (self.entity, self.project, self.id)))

    @property
    def project_url(self) -> str:
        """The page of the project."""
        return self.url.rpartition("/")[0]

    @property
    def resumed(self) -> bool:
        """Whether it goes on with a run that was there before."""
        return self._starting_step > 0

    @property
    def starting_step(self) -> int:
        """The first step of this process."""
        return self._starting_step

    _starting_step = 0

    @property
    def start_time(self) -> float:
        """Seconds since 1970."""
        return self._opening.identity.created if self._opening is not None else time.time()

    def get_url(self) -> str:
        """The page of the run."""
        return self.url

    def get_project_url(self) -> str:
        """The page of the project."""
        return self.project_url

    def project_name(self) -> str:
        """The project."""
        return self.project

    def get_sweep_url(self) -> None:
        """Sweeps of one process have no page."""

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """A frame with the page of the run."""
        style = "display:none;" if hidden else ""
        return f'<iframe src="{self.url}" style="{style}border:none;width:100%;height:{int(height)}px"></iframe>'

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """False: there is no notebook to show it in."""
        return False

    def mark_preempting(self) -> None:
        """Nothing to do: a run that is cut off is found by `resume`."""

    # ---- files --------------------------------------------------------------------------------------------------

    @guarded
    def log_code(
        self, root: str | None = ".", name: str | None = None, include_fn: Callable[..., bool] | None = None,
        exclude_fn: Callable[..., bool] | None = None,
    ) -> None:  # fmt: skip
        """Keep the Python files below `root` (or those that `include_fn(path)` takes) with the run, as code/…"""
        start = Path(root or ".").resolve()
        for count, path in enumerate(_code_files(start, include_fn, exclude_fn)):
            if count == CODE_FILES_MAX:
                self._guard.tell(
                    f"log_code: only the first {CODE_FILES_MAX} files below {start} were kept", kind="code"
                )
                return
            kept = self._keep(path, safe_suffix(path))
            found = f"code/{path.relative_to(start)}"
            self._writer.event(FileSaved(self._writer.now(), found, str(kept["sha256"]), int(str(kept["size"]))))

    def restore(
        self, name: str, run_path: str | None = None, replace: bool = False, root: str | None = None
    ) -> IO[str]:
        """A file saved with this run, or with "[entity/]project/id", as an open file of a copy below `root`."""
        parts = str(run_path or f"{self.project}/{self.id}").split("/")
        project, run_id = parts[-2] if len(parts) > 1 else self.project, parts[-1]
        path = None
        if self._opening is not None:
            path = artifact_log.saved_file(self._opening.folder.root, project, run_id, name)
        if path is None:
            raise NotFound(f"no file {name!r} was saved with the run {project}/{run_id}; save it with run.save(…)")
        target = Path(root or ".", name)
        if replace or not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        return target.open(encoding="utf-8", errors="surrogateescape")

    def log_artifact(
        self, artifact_or_path: Artifact | str | Path, name: str | None = None, type: str | None = None,
        aliases: Sequence[str] | None = None, tags: Sequence[str] | None = None,
    ) -> Artifact:  # fmt: skip
        """Keep files under a name and a version with the run; a path becomes an artifact of its file or folder."""
        given = artifact_or_path
        artifact = self._artifact(given, name, type)
        try:
            if not isinstance(given, Artifact):
                artifact.add_dir(given) if Path(given).is_dir() else artifact.add_file(given)
            if self._opening is not None:
                words = [aliases] if isinstance(aliases, str) else aliases
                facts = artifact_log.publish(artifact, self._opening.folder, words, tags)
                self._writer.event(Configured(self._writer.now(), facts, artifact_log.SECTION))
        except ANY_ERROR as error:
            self._guard.caught(error, "log_artifact()")
        return artifact

    def upsert_artifact(
        self, artifact_or_path: Artifact | str | Path, name: str | None = None, type: str | None = None,
        aliases: Sequence[str] | None = None, distributed_id: str | None = None,
    ) -> Artifact:  # fmt: skip
        """This run's files of an artifact that several runs make together, under `distributed_id` or their group."""
        artifact, _ = self._part(artifact_or_path, name, type, distributed_id)
        return artifact

    def finish_artifact(
        self, artifact_or_path: Artifact | str | Path, name: str | None = None, type: str | None = None,
        aliases: Sequence[str] | None = None, distributed_id: str | None = None,
    ) -> Artifact:  # fmt: skip
        """The last part: what all of them added becomes a version."""
        artifact, part = self._part(artifact_or_path, name, type, distributed_id)
        try:
            if self._opening is not None and part:
                words = [aliases] if isinstance(aliases, str) else aliases
                facts = artifact_log.finish(artifact, self._opening.folder, part, words)
                self._writer.event(Configured(self._writer.now(), facts, artifact_log.SECTION))
        except ANY_ERROR as error:
            self._guard.caught(error, "finish_artifact()")
        return artifact

    def _part(
        self, given: Artifact | str | Path, name: str | None, type: str | None, distributed_id: str | None
    ) -> tuple[Artifact, str]:  # fmt: skip
        """The artifact, and the id of what it is a part of; "" when it could not be kept."""
        artifact, together = self._artifact(given, name, type), distributed_id or self.group
        try:
            if not together:
                raise UsageError(
                    "an artifact of several runs needs a name for them; pass distributed_id= or begin with group="
                )
            if not isinstance(given, Artifact):
                artifact.add_dir(given) if Path(given).is_dir() else artifact.add_file(given)
            if self._opening is not None:
                return artifact, artifact_log.add_part(artifact, self._opening.folder, together)
        except ANY_ERROR as error:
            self._guard.caught(error, "upsert_artifact()")
        return artifact, ""

    def _artifact(self, given: Artifact | str | Path, name: str | None, type: str | None) -> Artifact:
        if isinstance(given, Artifact):
            return given
        return Artifact(name or _default_name(self.id, given), type or "unspecified")

    def use_artifact(
        self, artifact_or_name: Artifact | str, type: str | None = None, aliases: Sequence[str] | None = None,
        use_as: str | None = None,
    ) -> Artifact:  # fmt: skip
        """The artifact "name:alias" of this project (or "project/name:alias"); NotFound when there is none."""
        if self._opening is None:
            if isinstance(artifact_or_name, Artifact):
                return artifact_or_name
            raise NotFound(f"a disabled run knows no artifact {artifact_or_name!r}; begin it without mode='disabled'")
        root = self._opening.folder.root
        if isinstance(artifact_or_name, Artifact):
            found = artifact_or_name if artifact_or_name.version else self.log_artifact(artifact_or_name)
        else:
            found = artifact_log.find(root, self.project, artifact_or_name)
        if type is not None and found.type != type:
            raise UsageError(f"artifact {artifact_or_name!r} is of type {found.type!r}, not {type!r}")
        artifact_log.use(root, found, (self.project, self.id))
        self._writer.event(Configured(self._writer.now(), {found.name: found.type}, artifact_log.USED))
        return found

    def log_model(self, path: str | Path, name: str | None = None, aliases: Sequence[str] | None = None) -> Artifact:
        """`log_artifact` of type "model"."""
        return self.log_artifact(path, name or f"run-{self.id}-model", "model", aliases)

    def use_model(self, name: str) -> str:
        """Where the files of a model artifact lie now."""
        found = self.use_artifact(name)
        folder = found.download()
        files = found.files()
        return str(Path(folder, files[0].path)) if len(files) == 1 else folder

    @guarded
    def link_artifact(self, artifact: Artifact, target_path: str, aliases: Sequence[str] | None = None) -> None:
        """The artifact as a version of the portfolio `target_path` too."""
        if self._opening is not None:
            artifact_log.link(self._opening.folder.root, artifact, self.project, target_path, aliases)

    def link_model(self, path: str | Path, registered_model_name: str, name: str | None = None, aliases: Sequence[str] | None = None) -> Artifact:  # fmt: skip # noqa: E501
        """`log_model`, then `link_artifact` under the name it is to have."""
        logged = self.log_model(path, name, aliases)
        self.link_artifact(logged, registered_model_name, aliases)
        return logged

    def _keep(self, content: bytes | Path, suffix: str) -> dict[str, Stored]:
        """Store large content; what a record says of it."""
        raise NotImplementedError  # `Run` says how


def _default_name(run_id: str, path: str | Path) -> str:
    """The name of an artifact made of a path."""
    return f"run-{run_id}-{Path(path).resolve().name}"


def _code_files(
    start: Path, include: Callable[..., bool] | None, exclude: Callable[..., bool] | None
) -> Iterator[Path]:  # fmt: skip
    """Files below a folder, hidden ones and those of other people's packages left out."""
    for folder, names, files in os.walk(start):
        names[:] = sorted(name for name in names if not name.startswith(".") and name not in NO_CODE)
        for name in sorted(files):
            path = Path(folder, name)
            is_wanted = _asked(include, path, start) if include is not None else path.suffix == ".py"
            if is_wanted and not (exclude is not None and _asked(exclude, path, start)):
                with suppress(UsageError):  # gone since
                    yield existing_file(path)


def _asked(question: Callable[..., bool], path: Path, root: Path) -> bool:
    """W&B's questions take the path, or the path and the root."""
    try:
        return bool(question(str(path), str(root)))
    except TypeError:
        return bool(question(str(path)))
