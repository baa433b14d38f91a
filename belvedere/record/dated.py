"""Values of a moment that is not now, for callers that tell the time themselves."""

import time
from collections.abc import Mapping

from belvedere.core.plain import array_of
from belvedere.record.guard import ANY_ERROR
from belvedere.record.run import Run
from belvedere.record.values_io import Sorter

TIME_SECS_MAX = 1e12  # a wall time in milliseconds is a mistake


def log_at(run: Run, data: Mapping[str, object], step: int, wall_time: object) -> None:
    """`Run.log` of a step with its own time, seconds since 1970; None is now."""
    if wall_time is None:
        run.log(data, step=step)
        return
    try:
        seconds = float(wall_time)  # type: ignore[arg-type]
        is_time = 0 <= seconds < TIME_SECS_MAX
        if not is_time:
            run._guard.tell(f"{wall_time!r} is no time in seconds since 1970; it was recorded as of now", kind="time")
        sorter = Sorter(run._keep)
        sorter.add_all(data)
        plain = {**sorter.out.plain, **{key: float(array_of(one)) for key, one in sorter.out.on_device.items()}}
        run._writer.row(step, plain, time_us=round((seconds if is_time else time.time()) * 1e6))
        for kind, text in sorter.out.troubles:
            run._guard.tell(text, kind=kind)
    except ANY_ERROR as error:
        run._guard.caught(error, "log_at()")
