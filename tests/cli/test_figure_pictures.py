"""`belvedere figure RUN ID -o x.png` or `.svg`: one command, one whole file; without a browser one sentence."""

from pathlib import Path

import pytest

from belvedere.cli.main import run
from tests.server.recorded import record


@pytest.fixture
def root(tmp_path: Path) -> Path:
    record(tmp_path / "runs", "run1")
    return tmp_path / "runs"


@pytest.mark.parametrize(
    ("figure", "name", "begins"),
    [
        ("loss_curves", "x.png", b"\x89PNG\r\n\x1a\n"),
        ("gradient_flow", "x.PNG", b"\x89PNG\r\n\x1a\n"),
        ("loss_curves", "x.svg", b"<svg"),
    ],
)
def test_a_figure_becomes_a_picture(
    root: Path, tmp_path: Path, browser_path: str, figure: str, name: str, begins: bytes
) -> None:
    path = tmp_path / name
    assert run(["figure", "run1", figure, "-o", str(path), "--theme", "dark", "--dir", str(root)]) == 0
    assert path.read_bytes().startswith(begins)


def test_without_a_browser_nothing_is_read_and_one_sentence_is_said(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BELVEDERE_BROWSER", "/no/such/browser")
    assert run(["figure", "run1", "loss_curves", "-o", str(tmp_path / "x.png"), "--dir", str(root)]) == 2
    assert (
        capsys.readouterr()
        .err.strip()
        .endswith(
            "no program '/no/such/browser', which BELVEDERE_BROWSER names; set it to a Chromium or Chrome, or unset it"
        )
    )
