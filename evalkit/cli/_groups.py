# SPDX-License-Identifier: Apache-2.0
"""How `--help` shows commands: their options in groups, their commands with whole sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
from click.core import ParameterSource

__all__ = ["GroupedCommand", "Groups", "WholeGroup", "grouped"]

F = TypeVar("F", bound=Callable[..., Any])

# Title to the options below it: their names, and what click is told of them.
Groups = dict[str, Sequence[tuple[tuple[str, ...], dict[str, Any]]]]


class _Option(click.Option):
    """An option that knows its group."""

    def __init__(self, *names: Any, group: str = "", **how: Any) -> None:
        super().__init__(*names, **how)
        self.group = group

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, Any]:
        """The value and where it is from; one text in a configuration is a list of one."""
        value, source = super().consume_value(ctx, opts)
        if self.multiple and isinstance(value, str) and source is ParameterSource.DEFAULT_MAP:
            value = (value,)
        return value, source


class WholeGroup(click.Group):
    """A group whose help says of each command all of its first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, a sentence each."""
        rows = [
            (name, command.get_short_help_str(200))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


class GroupedCommand(click.Command):
    """A command whose help shows its options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, group by group; those of no group stand last."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                groups.setdefault(getattr(parameter, "group", ""), []).append(record)
        if rest := groups.pop("", []):
            # `--help` is the only one where others have groups.
            title = "Configuration" if "Configuration" in groups else "Help"
            groups.setdefault(title if groups else "Options", []).extend(rest)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)


def grouped(groups: Groups) -> Callable[[F], F]:
    """Decorator: adds all of these options to a command."""

    def added(command: F) -> F:
        for group, options in reversed(groups.items()):
            for names, how in reversed(options):
                command = click.option(*names, cls=_Option, group=group, **how)(command)
        return command

    return added
