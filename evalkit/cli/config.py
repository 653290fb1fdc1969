# SPDX-License-Identifier: Apache-2.0
"""`evalkit config`: the settings in force, and what set each of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import click

from evalkit.core.config import COMMANDS, Configuration
from evalkit.core.printable import printable
from evalkit.core.resources import schema

__all__ = ["config"]


class Setting(NamedTuple):
    """One setting.

    Attributes:
        key: Dotted, as in the file.
        value: In force; None = not set, and there is no default.
        origin: A file, "--config", an environment variable, or "default".
    """

    key: str
    value: Any
    origin: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON document.")
@click.pass_context
def config(context: click.Context, *, as_json: bool) -> None:
    """Show the settings in force here, and the file or variable that each came from."""
    configured = context.find_object(Configuration) or Configuration()
    settings = list(_settings(configured))
    file = str(configured.file) if configured.file is not None else None
    if as_json:
        document = {"schema": 1, "file": file, "settings": [one._asdict() for one in settings]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=str))  # days
        return
    click.echo(f"# {printable(file or 'no configuration file')}; `evalkit schema config` has all")
    shown = [
        (f"{one.key} = {json.dumps(one.value, ensure_ascii=False, default=str)}", one.origin)
        for one in settings
        if one.value is not None
    ]
    width = min(60, max(len(text) for text, _ in shown))
    for text, origin in shown:
        click.echo(printable(f"{text:<{width}}  # {origin}"))


def _settings(configured: Configuration) -> Iterator[Setting]:
    properties = schema("config")["properties"]
    for key, rules in properties.items():
        if rules.get("type") != "object":
            yield _setting(configured, configured.values, "", key, None)
    for command in (name for name in properties if name in COMMANDS):
        parameters = _parameters(command)
        table = configured.table(command)
        for key in properties[command].get("properties", {}):
            yield _setting(configured, table, f"{command}.", key, parameters.get(key))
    for kind in ("layouts", "models"):  # tables of the user's own names
        for name, table in configured.values.get(kind, {}).items():
            yield Setting(f"{kind}.{name}", table, configured.origins[f"{kind}.{name}"])


def _setting(
    configured: Configuration,
    table: Any,
    prefix: str,
    key: str,
    parameter: click.Parameter | None,
) -> Setting:
    for variable in _variables(prefix, key, parameter):
        if os.environ.get(variable):
            return Setting(f"{prefix}{key}", os.environ[variable], variable)
    if key in table:
        return Setting(f"{prefix}{key}", table[key], configured.origins[f"{prefix}{key}"])
    # What stands at the top reaches every command; a table there is another command's.
    if prefix and not isinstance(configured.values.get(key, {}), dict):
        return Setting(f"{prefix}{key}", configured.values[key], configured.origins[key])
    default = parameter.to_info_dict().get("default") if parameter is not None else None
    plain = default if isinstance(default, str | int | bool) else None
    return Setting(f"{prefix}{key}", plain, "default" if plain is not None else "not set")


def _variables(prefix: str, key: str, parameter: click.Parameter | None) -> list[str]:
    """Environment variables that stand above the file for a setting."""
    if parameter is None:
        return []
    own = parameter.envvar
    names = [own] if isinstance(own, str) else list(own or ())
    return names or [f"EVALKIT_{prefix}{key}".replace(".", "_").replace("-", "_").upper()]


def _parameters(command: str) -> dict[str, click.Parameter]:
    """The options of a command by their keys in the file."""
    found: click.Command = getattr(import_module(f"evalkit.cli.{command}"), command)
    options = (one for one in found.params if isinstance(one, click.Option))
    return {
        name.removeprefix("--").removeprefix("no-"): one for one in options for name in one.opts
    }
