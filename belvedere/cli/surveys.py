"""Where the results of `belvedere landscape` go: into the log of a run, a file, or words."""

import math
from collections.abc import Mapping
from pathlib import Path

from belvedere.core.arrays import Array
from belvedere.core.entries import Stored
from belvedere.core.errors import UsageError
from belvedere.core.plain import json_data, plain_data
from belvedere.core.series import Media, RunData, Series

FORMATS = (".html", ".json")
FIGURES = {"landscape/surface": "loss_surface", "landscape/line": "interpolation", "hessian/top_eigenvalue": "hessian"}


class Results:
    """Collects what surveys log, and hands it on at the end."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, dict[str, object]]] = []
        self.kept: list[Path] = []  # files of finished places, which are of no use once the results are written

    def log(self, data: Mapping[str, object], step: int | None = None, commit: bool | None = None) -> None:
        """What `bv.landscape(run=…)` calls."""
        self.rows.append((step or 0, dict(data)))

    def to_run(self, run: str, directory: str) -> str:
        """Into the log of a run by a writer of its own, which leaves the run's state alone; the run's name."""
        from belvedere.cli.where import local_run
        from belvedere.live.companion import Companion

        found, folder = local_run(run, directory)
        companion = Companion(folder, "landscape")
        try:
            for step, data in self.rows:
                companion.log(step, data)  # type: ignore[arg-type]
        finally:
            companion.close()
        if companion.troubles:
            raise UsageError(f"the run's log took not everything ({companion.troubles[0]}); free some space, log again")
        return f"{found.project}/{found.id}"

    def to_file(self, path: Path) -> None:
        """As JSON, or as a page with the figure of what was measured last."""
        if path.suffix.lower() == ".json":
            import orjson

            rows = [{"step": step} | {key: _plain(value) for key, value in data.items()} for step, data in self.rows]
            path.write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
            return
        from belvedere.analysis.readable import Held
        from belvedere.figures.render import render, to_html

        data = self.run_data()
        keys = [*data.media, *data.series]
        figure = next(figure for key, figure in FIGURES.items() if key in keys)
        to_html(render(figure, Held(data)), path)

    def run_data(self) -> RunData:
        """As a run would give it to a figure."""
        import numpy as np

        media: dict[str, tuple[Media, ...]] = {}
        numbers: dict[str, list[tuple[int, float]]] = {}
        for step, data in self.rows:
            for key, value in data.items():
                if isinstance(value, Array):
                    media[key] = (*media.get(key, ()), _media(step, value))
                elif isinstance(value, int | float):
                    numbers.setdefault(key, []).append((step, float(value)))
        series = {}
        for key, points in numbers.items():
            steps, values = zip(*sorted(points))
            at = np.array(steps, dtype=np.int64)
            series[key] = Series(key, at, at.astype(np.float64), np.array(values, dtype=np.float64))
        return RunData("landscape", media=media, series=series)


def checked_output(output: Path | None) -> None:
    """UsageError for a file that cannot be written as asked, before any time is spent."""
    if output is None:
        return
    if output.suffix.lower() not in FORMATS:
        raise UsageError(f"{output.suffix or 'no suffix'!r} is no format of a landscape; use {' or '.join(FORMATS)}")
    if not output.absolute().parent.is_dir():
        raise UsageError(f"no such directory; make it first: {output.absolute().parent}")


def _media(step: int, value: Array) -> Media:
    content = b""

    def keep(given: bytes | Path, suffix: str) -> dict[str, Stored]:
        nonlocal content
        content = given if isinstance(given, bytes) else given.read_bytes()
        return {"sha256": "", "size": len(content), "suffix": suffix}

    record = value.record(keep)
    return Media(step, 0.0, "array", record, content)


def _plain(value: object) -> object:
    """Numbers that JSON has no word for become null."""
    if isinstance(value, Array):
        return {"values": _finite(plain_data(value.values)), "about": json_data(plain_data(value.about))}
    return _finite(plain_data(value))


def _finite(value: object) -> object:
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
