"""Writes the pages that are made from the code: rules, figures, commands, and the list of modules in ARCHITECTURE.md.

python tools/build_docs.py            writes them
python tools/build_docs.py --check    says which are out of date; exit code 1 if any is
"""

import ast
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from belvedere.analysis.rule import Rule
from belvedere.core.registry import discover
from belvedere.figures.render import all_figures
from tools.command_docs import commands_page
from tools.figure_docs import figures_page, needs_line, prose

REPOSITORY = Path(__file__).resolve().parent.parent
MADE = "<!-- Made from the code: edit the docstring there, then run python -m tools.build_docs. -->"
SENTENCE_MAX = 110
BEGIN, END = "<!-- modules -->", "<!-- end of modules -->"


def pages() -> dict[Path, str]:
    """Every made page with the text that it should hold."""
    architecture = REPOSITORY / "ARCHITECTURE.md"
    return {
        REPOSITORY / "docs" / "rules.md": rules_page(discover("belvedere.analysis.rules", Rule)),
        REPOSITORY / "docs" / "figures.md": f"{MADE}\n{figures_page(all_figures())}",
        REPOSITORY / "docs" / "commands.md": f"{MADE}\n{commands_page()}",
        architecture: with_modules(architecture.read_text(encoding="utf-8")),
    }


def rules_page(rules: list[Rule]) -> str:
    """One section per rule: what its docstring says, and what it reads."""
    about = (
        "A rule reads recorded series and says what is wrong, with the steps, the numbers and what to do next. It says "
        "nothing when all is well, and *not checked* when a series that it needs was not recorded.\n\n"
        "`belvedere doctor RUN` runs all of them; the page of a run shows what they found.\n"
    )
    sections = (
        section(rule.id, rule.title, f"Worst it says: {rule.severity}. {needs_line(rule.needs)}", rule.page)
        for rule in sorted(rules, key=lambda rule: rule.id)
    )
    return "\n".join([MADE, "# Rules\n", about, *sections])


def section(name: str, title: str, facts: str, page: str) -> str:
    """Heading, title, what it reads, and the docstring."""
    return f"## `{name}`\n\n*{title}.* {facts}\n\n{prose(page)}\n"


def with_modules(text: str) -> str:
    """ARCHITECTURE.md with the list between its two marks made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n```\n{chr(10).join(module_lines())}\n```\n{END}{after}"


def module_lines() -> Iterator[str]:
    """Each module with the first line of its docstring; folders come with that of their __init__."""
    package = REPOSITORY / "belvedere"
    for path in sorted(package.rglob("*.py"), key=lambda path: path.relative_to(package).parts):
        parts = path.relative_to(package).parts
        if "static" in parts or not path.read_text(encoding="utf-8").strip():
            continue
        depth = len(parts) - 1 if path.name == "__init__.py" else len(parts)
        name = f"{path.parent.name}/" if path.name == "__init__.py" else path.name
        yield f"{'  ' * depth + name:<32} {first_sentence(path)}".rstrip()


def first_sentence(path: Path) -> str:
    """What the module says it is: its first sentence, on one line."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    sentence = " ".join(said.split("\n\n")[0].split()).split(". ")[0].removesuffix(".")
    return textwrap.shorten(sentence, SENTENCE_MAX, placeholder=" …")


def main(arguments: list[str]) -> int:
    """Write the pages, or only say which differ."""
    stale = {
        path: text for path, text in pages().items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        print(f"{'out of date' if arguments else 'written'}: {path.relative_to(REPOSITORY)}")
        if not arguments:
            path.write_text(text, encoding="utf-8")
    return 1 if arguments and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
