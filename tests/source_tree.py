"""The package's own sources, parsed once, for the tests that read them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "belvedere"


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    path: str  # from the repository's root, with slashes
    text: str
    tree: ast.Module

    @property
    def storey(self) -> str:
        """The folder (or, for a lone file such as live.py, the name) directly below the package."""
        first = self.path.split("/")[1]
        return first.removesuffix(".py")

    def imports(self) -> Iterator[tuple[int, str]]:
        """(line, full dotted name) of everything the file imports, also inside functions and under TYPE_CHECKING."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                parent = self._absolute(node)
                yield from ((node.lineno, f"{parent}.{alias.name}") for alias in node.names)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.path.removesuffix(".py").split("/")[: -node.level]
        return ".".join([*parts, *([node.module] if node.module else [])])

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def modules() -> tuple[Module, ...]:
    """All Python files of the package."""
    found = sorted(path for path in PACKAGE.rglob("*.py") if "static" not in path.parts)
    return tuple(parsed(path) for path in found)


def parsed(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    return Module(path.relative_to(REPOSITORY).as_posix(), text, ast.parse(text))
