"""Copies of checkpoints that stay, named by their step."""

from pathlib import Path


def keep_copy(path: Path, step: int, *, count: int) -> None:
    """A second name for the checkpoint at `path`; of all such of its run the newest `count` stay."""
    kept = path.with_name(f"{path.stem}-step_{step:06d}.pt")
    kept.unlink(missing_ok=True)
    kept.hardlink_to(path)  # takes no room: the next checkpoint is another file under the first name
    for old in sorted(path.parent.glob(f"{path.stem}-step_*.pt"))[:-count]:
        old.unlink()
