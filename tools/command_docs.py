"""The page of commands: usage, help and options of each, read from click and not from its printed help."""

import re

import click

from belvedere.core.registry import discover


def commands() -> list[click.Command]:
    """All commands of the command line, in the order of their names."""
    return sorted(discover("belvedere.cli.commands", click.Command), key=lambda command: str(command.name))


def commands_page() -> str:
    """One section per command with its arguments and options."""
    about = "What every command takes. How to use them together is told in [Command line](command-line.md).\n"
    return "\n".join(["# Command reference\n", about, *map(command_section, commands())])


def command_section(command: click.Command) -> str:
    """Usage, what it does, and a table of its options."""
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    usage = " ".join(
        [f"belvedere {command.name}", *(usage_of(one) for one in arguments), *(["[OPTIONS]"] if options else [])]
    )
    rows = "".join(f"| `{spelling(one)}` | {cell((one.help or '') + default_of(one))} |\n" for one in options)
    table = f"\n| option | meaning |\n|---|---|\n{rows}" if options else ""
    return f"## `{command.name}`\n\n```\n{usage}\n```\n\n{help_text(command)}\n{table}"


def usage_of(argument: click.Argument) -> str:
    """`RUN`, `[DIR]` or `[DIR]...`, as click's own help has it."""
    name = argument.metavar or str(argument.name).upper()
    name = name if argument.required or name.startswith("[") else f"[{name}]"
    return f"{name}..." if argument.nargs == -1 and not name.startswith("[-- ") and not name.endswith("...") else name


def help_text(command: click.Command) -> str:
    """The help without click's marks: \\b keeps a paragraph's lines apart, which Markdown says with a code block."""
    paragraphs = re.split(r"\n\s*\n", (command.help or "").split("\f")[0].strip())
    return "\n\n".join(
        f"```\n{one[1:].strip(chr(10))}\n```" if one.startswith("\b") else one.strip() for one in paragraphs
    )


def spelling(option: click.Option) -> str:
    """`-o, --output PATH`."""
    names = ", ".join([*option.opts, *option.secondary_opts])
    is_plain = option.is_flag or option.count
    metavar = option.metavar or (
        choices(option.type) if isinstance(option.type, click.Choice) else option.type.name.upper()
    )
    return names if is_plain else f"{names} {metavar}".replace("|", "\\|")


def choices(kind: click.Choice) -> str:  # type: ignore[type-arg]
    """`csv|json|parquet`."""
    return "|".join(map(str, kind.choices))


def default_of(option: click.Option) -> str:
    """` (default: 7007)`; nothing for flags and for what has none."""
    is_said = (
        isinstance(option.default, str | int | float) and not isinstance(option.default, bool) and option.default != ""
    )
    return f" (default: {option.default})" if is_said and not option.is_flag else ""


def cell(text: str) -> str:
    """Text that may stand in a table."""
    return " ".join(text.split()).replace("|", "\\|")
