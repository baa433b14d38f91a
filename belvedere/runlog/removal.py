"""Takes a run off the disk: its log, its files, everything made of them."""

import shutil

from belvedere.runlog.layout import RunFolder


def remove(folder: RunFolder) -> None:
    """Remove a run's folder: out of sight in one step, then from the disk. FileNotFoundError when there is none."""
    hidden = folder.path.with_name(f".deleted-{folder.run_id}")
    shutil.rmtree(hidden, ignore_errors=True)  # left by a deletion that was interrupted
    folder.path.rename(hidden)
    shutil.rmtree(hidden)
