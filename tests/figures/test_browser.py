"""The browser is found where it is, answers, and never outlives its block."""

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from belvedere.core.errors import BelvedereError, UsageError
from belvedere.figures import browser as module
from belvedere.figures.browser import Browser, find_browser


def program(path: Path, script: str = "exit 3") -> str:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_values_come_back_and_nothing_remains(browser_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELVEDERE_BROWSER", browser_path)
    with Browser() as browser:
        assert browser.evaluate("1 + 1") == 2
        assert (
            browser.evaluate("new Promise(done => setTimeout(() => done('ü'.repeat(3000000)), 1))") == "ü" * 3_000_000
        )
        process, profile = browser._process.pid, Path(browser._profile.name)
        assert profile.is_dir()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert not profile.exists()


def test_it_reaches_no_network(browser_path: str) -> None:
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    with HTTPServer(("127.0.0.1", 0), Answer) as server, Browser() as browser:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        script = f"fetch('http://127.0.0.1:{server.server_port}/', {{mode: 'no-cors'}}).then(() => 'reached', String)"
        told = browser.evaluate(script)
        server.shutdown()
        thread.join()
    assert (told, asked) == ("TypeError: Failed to fetch", [])


def test_the_variable_wins_over_what_lies_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path, named = program(tmp_path / "chromium"), program(tmp_path / "mine")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("BELVEDERE_BROWSER", raising=False)
    monkeypatch.setenv("BROWSER", "firefox")
    assert find_browser() == on_path
    monkeypatch.setenv("BROWSER", f"lynx:{program(tmp_path / 'google-chrome-beta')}")
    assert find_browser() == str(tmp_path / "google-chrome-beta")
    monkeypatch.setenv("BELVEDERE_BROWSER", named)
    assert find_browser() == named
    monkeypatch.setenv("BELVEDERE_BROWSER", "/no/such/thing")
    with pytest.raises(UsageError, match="no program '/no/such/thing', which BELVEDERE_BROWSER names"):
        find_browser()


def test_a_browser_that_ends_at_once_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELVEDERE_BROWSER", program(tmp_path / "broken"))
    with pytest.raises(BelvedereError, match="ended before the picture was drawn; start it once by hand"):
        Browser()


def test_a_browser_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELVEDERE_BROWSER", program(tmp_path / "mute", "exec sleep 60"))
    monkeypatch.setattr(module, "START_SECS", 0.2)
    with pytest.raises(BelvedereError, match="did not answer in time"):
        Browser()
