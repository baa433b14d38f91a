"""Arguments, environment, defaults."""

from pathlib import Path

import pytest

from belvedere.core.errors import UsageError
from belvedere.record.settings import Settings, resolve

NOTHING: dict[str, object] = dict.fromkeys(
    ("project", "id", "name", "group", "job_type", "tags", "notes", "dir", "mode", "server", "resume", "resume_from",
     "stage", "sync"),
)  # fmt: skip


def resolved(environ: dict[str, str] | None = None, **wishes: object) -> Settings:
    return resolve(environ or {}, **{**NOTHING, "strict": False, "console": True, "hardware": True, **wishes})  # type: ignore[arg-type]


def test_defaults() -> None:
    found = resolved()
    assert (found.project, found.id, found.mode, found.root) == (
        "uncategorized", None, "local", Path("belvedere-runs").absolute(),
    )  # fmt: skip


def test_arguments_win_over_the_environment() -> None:
    environ = {"BELVEDERE_PROJECT": "e", "BELVEDERE_GROUP": "g", "BELVEDERE_TAGS": "a,b", "BELVEDERE_MODE": "disabled"}
    found = resolved(environ, project="p", tags=["c"])
    assert (found.project, found.group, found.tags, found.mode) == ("p", "g", ("c",), "disabled")


def test_a_server_means_online() -> None:
    assert resolved({"BELVEDERE_SERVER": "http://h:1/"}).mode == "online"
    assert resolved({"BELVEDERE_SERVER": "http://h:1/"}).server == "http://h:1"
    assert resolved({"BELVEDERE_SERVER": "http://h:1"}, mode="offline").mode == "local"


def test_sync_and_resume_points() -> None:
    assert resolved(sync="interval:2.5s").sync_secs == 2.5
    assert resolved(sync="never").sync_secs is None
    assert (resolved(resume_from="r?_step=7").id, resolved(resume_from="r?_step=7").resume_from) == ("r", 7)
    assert resolved(resume=True).resume == "allow"


@pytest.mark.parametrize("wish", [{"mode": "x"}, {"sync": "interval:0s"}, {"resume_from": "soon"}, {"project": "a/b"}])
def test_what_cannot_be_is_refused(wish: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        resolved(**wish)
