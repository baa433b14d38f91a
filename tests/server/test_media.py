"""What a browser is told about kept files."""

from pathlib import Path

from belvedere.server.media import file_answer


def policy(path: Path) -> dict[str, str]:
    """Directive -> sources of the content security policy."""
    path.write_bytes(b"x")
    parts = file_answer(path).headers["content-security-policy"].split("; ")
    return {name: sources for name, _, sources in (part.partition(" ") for part in parts)}


def test_a_logged_page_runs_its_own_scripts_and_fetches_nothing(tmp_path: Path) -> None:
    found = policy(tmp_path / "page.html")
    assert found["sandbox"] == "allow-scripts"
    assert found["default-src"] == "'none'"
    assert {"connect-src", "frame-src", "form-action"}.isdisjoint(found)
    assert not any("http" in sources or "*" in sources or "'self'" in sources for sources in found.values())


def test_any_other_file_runs_nothing(tmp_path: Path) -> None:
    assert policy(tmp_path / "picture.svg") == {"sandbox": ""}
