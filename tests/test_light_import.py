"""`import belvedere` costs a training script next to nothing, and `init` brings in nothing that draws or serves."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.source_tree import REPOSITORY

HEAVY = {"torch", "plotly", "matplotlib", "starlette", "uvicorn", "sqlalchemy", "pandas", "PIL", "rich", "click"}

LOADED_BY = """
import json, sys
before = set(sys.modules)
{statement}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(statement: str, *, cwd: Path) -> set[str]:
    """Names of the modules that a fresh process has loaded after the statement."""
    code = LOADED_BY.format(statement=statement)
    command = [sys.executable, "-W", "error", "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def is_allowed(module: str) -> bool:
    """Whether `import belvedere` alone may load it: the standard library, numpy and our core."""
    if module.split(".")[0] == "belvedere":
        return module in {"belvedere", "belvedere.core"} or module.startswith("belvedere.core.")
    return module.split(".")[0] in sys.stdlib_module_names | {"numpy"}


def test_import_loads_the_standard_library_numpy_and_our_core_only(tmp_path: Path) -> None:
    strangers = {module for module in loaded_by("import belvedere", cwd=tmp_path) if not is_allowed(module)}
    assert strangers == set()


def test_init_and_log_load_nothing_that_draws_serves_or_trains(tmp_path: Path) -> None:
    statement = (
        "import belvedere as bv\nrun = bv.init(project='light', dir='runs')\nrun.log({'loss': 1.0})\nrun.finish()"
    )
    loaded = {module.split(".")[0] for module in loaded_by(statement, cwd=tmp_path)}
    assert loaded & HEAVY == set()


def test_reading_loads_nothing_that_draws_or_trains(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    statement = "import belvedere as bv\nassert bv.open('runs').runs() == []"
    loaded = {module.split(".")[0] for module in loaded_by(statement, cwd=tmp_path)}
    assert loaded & {"torch", "plotly", "matplotlib", "starlette", "pandas"} == set()
