# SPDX-License-Identifier: Apache-2.0
"""`evalkit job`: training jobs; each verb is a file `_job_<verb>.py` that defines `command`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.resources import files

import click

from evalkit.cli._groups import WholeGroup
from evalkit.core.registry import suggestion

__all__ = ["job"]

_PACKAGE = "evalkit.cli"
_PREFIX = "_job_"
# In the order in which they are needed; what is not named here comes after them.
_ORDER = (
    "submit", "list", "show", "watch", "cancel", "pause", "resume", "checkpoints", "results",
    "suite", "save",
)  # fmt: skip


@cache
def _verbs() -> tuple[str, ...]:
    """Of file names alone; `_job_<verb>_<more>.py` and `_job_options.py` are parts of verbs."""
    names = (entry.name for entry in files(_PACKAGE).iterdir())
    found = {
        name.removeprefix(_PREFIX).removesuffix(".py")
        for name in names
        if name.startswith(_PREFIX) and name.endswith(".py")
    }
    verbs = {verb for verb in found if verb.isalpha() and verb != "options"}
    return tuple(sorted(verbs, key=lambda v: (_ORDER.index(v) if v in _ORDER else 99, v)))


class _Verbs(WholeGroup):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_verbs())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _verbs():
            return None
        command: click.Command = import_module(f"{_PACKAGE}.{_PREFIX}{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _verbs():
            ctx.fail(f"No such command '{args[0]}'{suggestion(args[0], list(_verbs()))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [
            (verb, command.get_short_help_str(200))
            for verb in _verbs()
            if (command := self.get_command(ctx, verb)) is not None
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=_Verbs)
def job() -> None:
    """Train at a provider or on this machine: submit, follow, see what came of it.

    JOB is a job's id, the first letters of its order's key, or `last`. What was ordered from this
    folder is remembered in .evalkit/jobs, so that nothing is uploaded or paid for twice.
    """
