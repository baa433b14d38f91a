"""Programs that are run: only what reaches its end without an error has run through."""

import pytest

from belvedere.recipes.tasks.running import runs_through


@pytest.mark.parametrize(
    ("program", "is_through"),
    [
        ("print('x')", True),
        ("raise ValueError", False),
        ("x = bytearray(1 << 31)", False),  # more memory than it may have
        ("while True: pass", False),
        ("import time\ntime.sleep(60)", False),
        ("open('passed', 'w').write('yes'); import os; os._exit(0)", False),
        ("'''\udc80", False),
    ],
)
def test_only_what_reaches_its_end_in_time_has_run_through(program: str, is_through: bool) -> None:
    assert runs_through(program, timeout_secs=0.5 if "while" in program or "sleep" in program else 60) is is_through
