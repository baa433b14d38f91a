"""What every test may rely on: nobody's settings leak in, libraries use one thread, a browser is found once."""

import os
import signal

import pytest

from tools.find_browser import find_browser

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch or numpy start their pools
os.environ.setdefault("MPLBACKEND", "Agg")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a job in the background of a script, and all it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: from the first one on the event loop of Playwright runs in this thread."""
    items.sort(key=lambda item: item.nodeid.startswith("tests/browser/"))


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's BELVEDERE_DIR or torchrun's RANK must not reach a test."""
    ours = [name for name in os.environ if name.startswith("BELVEDERE_") and name != "BELVEDERE_BROWSER"]
    for name in [*ours, "RANK", "LOCAL_RANK", "WORLD_SIZE", "SLURM_PROCID", "SLURM_NTASKS", "OMPI_COMM_WORLD_RANK"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The Chromium or Chrome of this machine."""
    found = find_browser()
    if found is None:
        pytest.fail("no browser: install Chromium or Chrome, or name one in BELVEDERE_BROWSER")
    return found
