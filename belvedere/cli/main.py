"""`belvedere`: finds the commands, runs one, and turns every error into one sentence and an exit code.

0 done · 1 the answer is no (`doctor --fail-on`) · 2 cannot be done as asked · 130 interrupted
"""

import os
import sys
from collections.abc import Sequence

import click

from belvedere import __version__
from belvedere.core.errors import BelvedereError
from belvedere.core.registry import modules

REFUSED, INTERRUPTED = 2, 130


class Commands(click.Group):
    """All modules of `cli/commands`; without a command it serves."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(command.name or "" for command in _found())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return next((command for command in _found() if command.name == cmd_name), None)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:  # fmt: skip
        """A path in place of a command serves what lies there."""
        if self.get_command(ctx, args[0]) is None and _is_path(args[0]):
            return "serve", self.get_command(ctx, "serve"), args
        return super().resolve_command(ctx, args)


def _is_path(word: str) -> bool:
    return word.startswith((".", "~", "/")) or os.sep in word or os.path.exists(word)


def _found() -> list[click.Command]:
    return [module.command for module in modules("belvedere.cli.commands")]


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="belvedere %(version)s")
@click.pass_context
def belvedere(context: click.Context) -> None:
    """Records a training run for almost nothing, shows it while it runs, and says what is wrong with it.

    Without a command it serves ./belvedere-runs on http://127.0.0.1:7007. With a path in place of a command it serves
    what lies there: a folder of ours, or one that another program wrote, such as ./wandb.
    """
    if context.invoked_subcommand is None:
        from belvedere.cli.commands.serve import command

        context.invoke(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point; always ends the process."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    try:
        code = belvedere.main(args=arguments, prog_name="belvedere", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        return _refuse(_one_sentence(error))
    except BelvedereError as error:
        return _refuse(str(error))
    except (click.Abort, KeyboardInterrupt):
        print(file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `belvedere ls | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _refuse(f"{(error.strerror or str(error)).lower()}; check the path and its rights{where}")


def _one_sentence(error: click.ClickException) -> str:
    """What click says, with the command whose help explains it."""
    text = error.format_message().strip().rstrip(".")
    context = getattr(error, "ctx", None)
    path = context.command_path if isinstance(context, click.Context) else "belvedere"
    return f"{text}; see `{path} --help`"


def _refuse(sentence: str) -> int:
    print(f"belvedere: {sentence}", file=sys.stderr)
    return REFUSED
