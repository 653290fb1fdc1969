# SPDX-License-Identifier: Apache-2.0
"""Commands with many options: `--help` shows them in groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
from click.core import ParameterSource

__all__ = ["GroupedCommand", "Groups", "grouped"]

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


class GroupedCommand(click.Command):
    """A command whose help shows its options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, group by group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                groups.setdefault(getattr(parameter, "group", "Configuration"), []).append(record)
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
