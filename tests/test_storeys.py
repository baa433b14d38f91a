"""The rules of the house that a machine can check: who imports whom, and what is said in one place only."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.source_tree import PACKAGE, REPOSITORY, Module, modules

EVERYTHING = frozenset(
    "core runlog record store analysis figures importers wandb_protocol server compat live cli recipes".split()
)
ALLOWED: dict[str, frozenset[str]] = {
    "core": frozenset(),
    "runlog": frozenset({"core"}),
    "record": frozenset({"core", "runlog"}),
    "store": frozenset({"core", "runlog"}),
    "analysis": frozenset({"core"}),
    "figures": frozenset({"core", "analysis"}),
    "importers": frozenset({"core", "runlog"}),
    "wandb_protocol": frozenset({"core", "runlog", "store", "importers"}),
    "server": frozenset({"core", "runlog", "store", "analysis", "figures", "wandb_protocol", "importers"}),
    "compat": frozenset({"core", "runlog", "record", "store", "analysis", "figures", "live"}),
    "live": EVERYTHING,
    "cli": EVERYTHING,
    "recipes": frozenset(),  # they use the public face, as a user would
    "__init__": EVERYTHING,  # the public face itself, which imports on first use
    "__main__": EVERYTHING,
}

MAY_USE_TORCH = (
    "belvedere/record/capture/",
    "belvedere/record/integrations/",
    "belvedere/analysis/landscape/",
    "belvedere/recipes/",
)
# Of a training that must go on, and of a client that would try for hours.
GUARDS = ("belvedere/record/guard.py", "belvedere/wandb_protocol/guard.py")
MAY_HOLD_SQL = ("belvedere/store/engines/", "belvedere/store/catalog.py")
MAY_ASK_DATABASES = (*MAY_HOLD_SQL, "belvedere/importers/databases.py")  # foreign ones, in expressions

# A rule or a gallery figure is a pure function of the series it is given.
PURE = ("belvedere/analysis/rules/", "belvedere/figures/gallery/")
IMPURE_MODULES = frozenset(
    "os io pathlib shutil tempfile glob subprocess socket ssl http urllib requests httpx aiohttp sqlite3 sqlalchemy "
    "time datetime random secrets asyncio threading multiprocessing".split()
)
IMPURE_CALLS = frozenset({"open", "input", "print", "exec", "eval", "__import__"})

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

SQL = re.compile(
    r"\bSELECT\b.+\bFROM\b|\bINSERT\s+(OR\s+\w+\s+)?INTO\b|\bCREATE\s+(TABLE|INDEX)\b|\bDELETE\s+FROM\b|\bUPDATE\s+\w+\s+SET\b"
    r"|\bPRAGMA\s+\w+",
    re.DOTALL,
)
# Names of what lies in a run's folder; who needs one asks runlog/layout.py.
LAYOUT_NAME = re.compile(
    r"^(run\.json|COMPACT\.lease|MANIFEST(\.\S*)?|cols|\.belvedere(/\S*)?|catalog\.sqlite|\S+\.rcol|0*1\.rlog)$"
)


def problems(found: Iterator[str]) -> str:
    """One problem a line: a failing test then reads as a list of what to mend."""
    return "\n".join(found)


@pytest.mark.parametrize("storey", sorted({module.storey for module in modules()}))
def test_a_module_imports_only_its_own_storey_and_those_below(storey: str) -> None:
    assert storey in ALLOWED, f"belvedere/{storey} belongs to no storey; add it to ALLOWED and to ARCHITECTURE.md"
    allowed = ALLOWED[storey] | {storey}
    assert not problems(
        f"{module.path}:{line}: {storey} may not import {name}"
        for module in modules()
        if module.storey == storey
        for line, name in module.imports()
        if name.startswith("belvedere.") and not is_public_face(name) and name.split(".")[1] not in allowed
    )


def is_public_face(name: str) -> bool:
    """Whether the name is `belvedere.init` and the like rather than a module of a storey."""
    first = name.split(".")[1]
    return first == "__version__" or not ((PACKAGE / first).is_dir() or (PACKAGE / f"{first}.py").is_file())


def test_torch_is_imported_only_where_training_is_seen() -> None:
    assert not problems(
        f"{module.path}:{line}: imports {name}"
        for module in modules()
        if not module.path.startswith(MAY_USE_TORCH)
        for line, name in module.imports()
        if name.split(".")[0] in {"torch", "torchvision", "torchaudio"}
    )


def test_nothing_heavy_is_imported_by_the_recorder_before_it_is_used() -> None:
    heavy = {"pandas", "matplotlib", "plotly", "PIL", "jax", "tensorflow"}
    assert not problems(
        f"{module.path}:{node.lineno}: imports {name} at the top of the file"
        for module in modules()
        if module.storey in {"core", "runlog", "record"}
        for node in module.tree.body
        for name in top_level_names(node)
        if name in heavy or (name == "torch" and not module.path.startswith(MAY_USE_TORCH))
    )


def top_level_names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [(node.module or "").split(".")[0]]
    return []


def test_rules_and_gallery_figures_are_pure() -> None:
    pure = [module for module in modules() if module.path.startswith(PURE)]
    assert pure, "no rule and no figure found: has the tree moved?"
    assert not problems(line for module in pure for line in impurities(module))


def impurities(module: Module) -> Iterator[str]:
    for line, name in module.imports():
        if name.split(".")[0] in IMPURE_MODULES or name.startswith("numpy.random"):
            yield f"{module.path}:{line}: a pure function has no use for {name}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
            yield f"{module.path}:{node.lineno}: a pure function calls no {node.func.id}()"


def test_sql_stands_only_in_the_engines_and_the_catalog() -> None:
    assert not problems(
        f"{module.path}:{node.lineno}: SQL outside store/engines and store/catalog.py"
        for module in modules()
        if not module.path.startswith(MAY_HOLD_SQL)
        for node in strings(module)
        if SQL.search(str(node.value))
    )
    assert not problems(
        f"{module.path}:{line}: {name} outside store/engines, store/catalog.py and importers/databases.py"
        for module in modules()
        if not module.path.startswith(MAY_ASK_DATABASES)
        for line, name in module.imports()
        if name.split(".")[0] in {"sqlite3", "sqlalchemy", "duckdb", "psycopg", "clickhouse_connect"}
    )


def test_only_the_layout_names_what_lies_in_a_run_folder() -> None:
    assert not problems(
        f"{module.path}:{node.lineno}: ask runlog/layout.py instead of writing {node.value!r}"
        for module in modules()
        if module.path != "belvedere/runlog/layout.py" and not module.path.startswith("belvedere/recipes/")
        for node in strings(module)
        if LAYOUT_NAME.search(str(node.value))
    )


def strings(module: Module) -> Iterator[ast.Constant]:
    """All string literals but docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    prose = {
        id(node.body[0].value)
        for node in ast.walk(module.tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node


def test_only_the_guards_catch_everything() -> None:
    assert not problems(
        f"{module.path}:{node.lineno}: catches everything; name the errors that can come"
        for module in modules()
        if module.path not in GUARDS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    )


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """Whether errors of any kind end here; one that cleans up and raises on is no end."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in caught)


def test_only_the_client_of_the_page_fetches() -> None:
    fetches = re.compile(r"(?<![\w.])fetch\(|\bnew (WebSocket|XMLHttpRequest)\b|\bsendBeacon\(")
    sources = sorted((REPOSITORY / "ui" / "src").rglob("*.ts*"))
    assert not problems(
        f"{path.relative_to(REPOSITORY)}:{number}: only ui/src/api/client.ts talks to the server"
        for path in sources
        if path.relative_to(REPOSITORY).as_posix() != "ui/src/api/client.ts"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if fetches.search(line)
    )


def test_every_module_says_in_one_line_what_it_is() -> None:
    assert not problems(
        f"{module.path}: no module docstring"
        for module in modules()
        if module.text.strip() and not ast.get_docstring(module.tree)
    )


def test_no_file_is_longer_than_a_sitting() -> None:
    pages = [path for path in (REPOSITORY / "ui" / "src").rglob("*.ts*") if "generated" not in path.name]
    texts = {module.path: module.text for module in modules()}
    texts |= {path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8") for path in pages}
    assert not problems(
        f"{path}: {len(text.splitlines())} lines; cut it (aim at 150, stop at {LONGEST_FILE})"
        for path, text in sorted(texts.items())
        if len(text.splitlines()) > LONGEST_FILE
    )


def test_no_function_is_longer_than_a_screen() -> None:
    assert not problems(
        f"{module.path}:{node.lineno}: {node.name} has {length} lines (aim at 20, stop at 40)"
        for module in modules()
        for node in module.functions()
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    )
