# SPDX-License-Identifier: Apache-2.0
"""The command `evalkit`: finds its subcommands by file name and turns errors into exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from evalkit import __version__
from evalkit.core.config import configured, find_config, names_file
from evalkit.core.errors import EndedError, EvalkitError
from evalkit.core.printable import excerpt, printable
from evalkit.core.registry import suggestion
from evalkit.core.secrets import quoted

__all__ = ["main"]

_PACKAGE = "evalkit.cli"
_GROUPS = {
    "Data": ["lint", "show", "rule", "stats", "prepare", "convert", "split", "estimate"],
    "Models": [
        "models",
        "job",
        "run",
        "compare",
        "baseline",
        "rows-needed",
        "record",
        "ask",
        "report",
        "label",
        "store",
    ],
    "Set-up": ["init", "demo", "doctor", "local", "config", "schema"],
}


class _LazyGroup(click.Group):
    """A group whose commands are the files of this folder, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        stems = (entry.name.removesuffix(".py") for entry in files(_PACKAGE).iterdir())
        return sorted(
            s.replace("_", "-")
            for s in stems
            if s.isidentifier() and not s.startswith("_") and s != "main"
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        stem = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"{_PACKAGE}.{stem}"), stem)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in known:
            ctx.fail(f"No such command '{args[0]}'{suggestion(args[0], known)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        known = self.list_commands(ctx)
        grouped = {name for group in _GROUPS.values() for name in group}
        for title, members in {**_GROUPS, "More": [k for k in known if k not in grouped]}.items():
            rows = [
                (name, command.get_short_help_str(200))
                for name in members
                if name in known and (command := self.get_command(ctx, name))
            ]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="evalkit")
@click.option(
    "--config",
    "given",
    multiple=True,
    type=click.Path(),
    envvar="EVALKIT_CONFIG",
    metavar="FILE|KEY=VALUE",
    help="A configuration file, not the nearest; or one setting.",
)
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
@click.pass_context
def evalkit(context: click.Context, given: tuple[str, ...], *, isolated: bool) -> None:
    """Is this fine-tuning data fit to upload, what will it cost, and is the tuned model better?

    Exit codes: 0 clean, 1 findings or a failed gate, 2 could not do it, 3 incomplete because of a
    remote (resumable), 130 interrupted.
    """
    files = [Path(text) for text in given if names_file(text)]
    file = files[-1] if files else None if isolated else find_config(Path.cwd())
    context.obj = configured(file, [text for text in given if not names_file(text)])
    context.default_map = context.obj.for_click()
    if models := context.obj.values.get("models"):
        from evalkit.targets.overrides import Overrides, using

        origin = str(context.obj.file or "--config")
        context.with_resource(using(Overrides(models=models, origin=origin)))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the documented code."""
    raise SystemExit(_run(arguments))


def _usage(error: click.ClickException) -> str:
    """As click shows it: where help is, and what is wrong."""
    context = getattr(error, "ctx", None)
    head = (
        f"{context.get_usage()}\nTry '{context.command_path} -h' for help.\n\n" if context else ""
    )
    return f"{head}Error: {error.format_message()}"


def _shown(text: str) -> str:
    """A message, whatever it quotes, safe for the terminal."""
    return "\n".join(map(printable, text.split("\n")))


def _end_properly() -> None:
    """Being told to end is ending: temporary files hold people's data and must go."""
    import signal
    import threading

    def ended(number: int, frame: object) -> None:  # noqa: ARG001
        raise EndedError(128 + number)

    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, ended)


def _left(stop: SystemExit) -> int:
    """The code of a command of ours that ended so; of whatever else exits it is never success."""
    trace = stop.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    raised_in = "" if trace is None else str(trace.tb_frame.f_globals.get("__name__", ""))
    if isinstance(stop, EndedError) or raised_in.startswith((f"{_PACKAGE}.", "click.")):
        return stop.code if isinstance(stop.code, int) else 0
    click.echo(
        f"error: code that was run ended the program ({quoted(repr(stop), 80)})\n"
        "  a function of yours or of a plug-in must return, not exit: nothing here is a result",
        err=True,
    )
    return 2


def _run(arguments: list[str] | None) -> int:
    _end_properly()
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(errors="backslashreplace")  # a lone surrogate must not end the run
    try:
        result: Any = evalkit.main(
            args=arguments, standalone_mode=False, auto_envvar_prefix="EVALKIT"
        )
        sys.stdout.flush()
    except EvalkitError as error:
        click.echo(_shown(f"error: {error}"), err=True)
        return error.exit_code
    except click.ClickException as error:
        click.echo(_shown(_usage(error)), err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as stop:
        return _left(stop)
    except Exception as error:  # a fault of ours or of a plug-in; data must never get here
        if os.environ.get("EVALKIT_TRACEBACK"):
            raise
        kind = type(error).__name__
        click.echo(
            f"internal error: {kind}: {excerpt(str(error), 200)}\n"
            "  this is a fault of evalkit (or of a plug-in), not of your data: please report it; "
            "EVALKIT_TRACEBACK=1 shows where",
            err=True,
        )
        return 2
    return result if isinstance(result, int) else 0
