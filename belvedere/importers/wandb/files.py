"""The run files beside a `.wandb` file, in its folder `files`: media, configuration, what the user saved."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from belvedere.core.entries import FileSaved
from belvedere.importers.wandb.values import suffix_of
from belvedere.runlog import media
from belvedere.runlog.layout import RunFolder

MEDIA = "media"  # named by their content, so one that was kept never changes


class RunFiles:
    """Files of one run on their way into its media folder. `known` are those kept before: path -> SHA-256."""

    def __init__(self, folder: RunFolder, source: Path, known: dict[str, str]) -> None:
        self._folder, self._source, self._known = folder, source, known

    def keep(self, path: str, time: float) -> FileSaved | None:
        """Keep the file of that name; None when it is not there, or kept already, or the name leads elsewhere."""
        name = PurePosixPath(path)
        if not path or name.is_absolute() or ".." in name.parts or (path in self._known and name.parts[0] == MEDIA):
            return None
        try:
            ref = media.keep(self._folder, self._source / name, suffix_of(path))
        except (FileNotFoundError, IsADirectoryError, PermissionError):
            return None
        if self._known.get(path) == ref.sha256:
            return None
        self._known[path] = ref.sha256
        return FileSaved(time, path, ref.sha256, ref.size_bytes)

    def sweep(self, time: float) -> Iterator[FileSaved]:
        """Keep everything in the folder that is not kept as it is now."""
        for found in sorted(self._source.rglob("*")):
            if found.is_file():
                saved = self.keep(found.relative_to(self._source).as_posix(), time)
                if saved is not None:
                    yield saved
