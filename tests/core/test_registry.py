"""Plug-ins are found by where they lie."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from belvedere.core.registry import discover


@dataclass(frozen=True)
class Plugin:
    name: str


def test_one_module_more_is_one_plugin_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "plugins_of_a_test"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "_private.py").write_text("raise RuntimeError('not to be imported')")
    for name in ("b", "a"):
        (package / f"{name}.py").write_text(
            f"from {__name__} import Plugin\nthis = Plugin({name!r})\nagain = this\nother = 3\n"
        )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert [plugin.name for plugin in discover("plugins_of_a_test", Plugin)] == ["a", "b"]
    for name in [name for name in sys.modules if name.startswith("plugins_of_a_test")]:
        monkeypatch.delitem(sys.modules, name)
