"""Files of an MLflow run. Pictures that were logged with `log_image(key=, step=)` say so in their name and become rows.

Such a picture is `images/<key>+step+<n>+timestamp+<ms>+<uuid>.<png|webp>`, with "/" in a key written "~"; MLflow 2 has
"%" for "+" and "#" for "~". The small copy beside it (`compressed`, webp) is left out.
"""

import re
from pathlib import Path

from belvedere.core.pictures import Image
from belvedere.importers.telling import Told, keeper, walked
from belvedere.runlog.landing import Landing

PICTURE = re.compile(
    r"images/(?P<key>[^/]+)(?P<mark>[%+])step(?P=mark)(?P<step>\d+)(?P=mark)timestamp(?P=mark)(?P<ms>\d+)(?P=mark)"
    r"[^/%+]+\.(png|jpe?g|gif)"
)
SMALL_COPY = re.compile(r"images/[^/]+([%+])step\1[^/]+\1compressed\.\w+")
SLASHES = {"%": "#", "+": "~"}


def bring_artifacts(folder: Path, landing: Landing, told: Told) -> None:
    """All files below the folder of a run's artifacts that are new, or changed."""
    for path in walked(folder):
        name = path.relative_to(folder).as_posix()
        picture = PICTURE.fullmatch(name)
        if SMALL_COPY.fullmatch(name):
            continue
        is_new = f"artifacts/{name}" not in told.files
        told.file(path, f"artifacts/{name}")
        if picture and is_new:
            key = picture["key"].replace(SLASHES[picture["mark"]], "/")
            landing.row(int(picture["step"]), int(picture["ms"]) * 1000, {key: Image(path).record(keeper(landing))})
