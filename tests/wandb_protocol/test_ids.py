"""Opaque ids: what the server gave comes back, and nothing else passes."""

import base64

import pytest

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.desk import ProjectValue
from belvedere.wandb_protocol.ids import place_of, project_number, run_cursor, run_id, run_of

PROJECT = ProjectValue("team", "my project")


def test_an_id_says_which_run_it_is() -> None:
    opaque = run_id(PROJECT, "abc")
    assert base64.b64decode(opaque) == b"Run:v1:abc:my project:team"
    assert run_of(opaque) == ("my project", "abc")
    assert run_of(opaque.rstrip("=")) == ("my project", "abc")


def test_a_path_is_an_id_too() -> None:
    assert run_of("p/abc") == ("p", "abc")


@pytest.mark.parametrize("opaque", ["", "abc", "/abc", "p/", "é", run_cursor(3, "abc"), "A" * 100_000])
def test_what_the_server_never_gave_is_no_id(opaque: str) -> None:
    with pytest.raises(UsageError, match="is no id of a run"):
        run_of(opaque)


def test_a_cursor_says_where_a_page_ended() -> None:
    assert place_of(run_cursor(49, "abc")) == (49, "abc")


@pytest.mark.parametrize("cursor", ["", "49", run_id(PROJECT, "abc"), base64.b64encode(b"Cursor:v1:-1:abc").decode()])
def test_what_the_server_never_gave_is_no_cursor(cursor: str) -> None:
    with pytest.raises(UsageError, match="is no cursor"):
        place_of(cursor)


def test_a_project_has_a_number_that_stays() -> None:
    assert project_number(PROJECT) == project_number(ProjectValue("other", "my project")) == "3493527550"
