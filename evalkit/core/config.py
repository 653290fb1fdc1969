# SPDX-License-Identifier: Apache-2.0
"""Settings from `evalkit.toml` or `[tool.evalkit]` in pyproject.toml, the nearest one upwards.

They become click's default map, so that the order is: command line, environment (`EVALKIT_*`),
`--config 'KEY = VALUE'`, file, default. Paths in a file are relative to the file's folder, wherever
the command is run.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.core.resources import schema

__all__ = [
    "COMMANDS",
    "Configuration",
    "configured",
    "find_config",
    "names_file",
    "read_config",
]

COMMANDS = (  # have settings
    "lint", "estimate", "run", "convert", "split", "prepare", "stats", "demo", "show", "ask",
    "record",
)  # fmt: skip
_KINDS: Mapping[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the files and `--config` say together.

    Attributes:
        values: Keys as in the file, tables nested.
        origins: Dotted key such as "lint.fail-on" to what set it: a file, or "--config".
        folder: What the patterns and paths in `values` are relative to.
        file: The file that was read, None where there is none.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    folder: Path = field(default_factory=Path)
    file: Path | None = None

    def table(self, command: str) -> Mapping[str, Any]:
        """What is set for one command, keys with hyphens; an empty table where nothing is."""
        found: Mapping[str, Any] = self.values.get(command, {})
        return found

    def for_click(self) -> dict[str, dict[str, Any]]:
        """Command to option to value: `max-per-rule` becomes `max_per_rule`.

        What stands at the top reaches every command.
        """
        common = _named({k: v for k, v in self.values.items() if not isinstance(v, dict)})
        own = {name: {**common, **_named(self.table(name))} for name in COMMANDS}
        # The table `models` holds no settings of the command of that name: it holds models.
        return {**own, "models": {"list": common, "show": common}}


def _named(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("-", "_"): value for key, value in table.items()}


def find_config(start: Path) -> Path | None:
    """The nearest evalkit.toml, or pyproject.toml with our table, in `start` or above it."""
    for folder in (start, *start.parents):
        own = folder / "evalkit.toml"
        if own.is_file():
            return own
        project = folder / "pyproject.toml"
        if project.is_file() and b"[tool.evalkit" in project.read_bytes():
            return project
    return None


def names_file(text: str) -> bool:
    """Whether what stands behind `--config` names a file, and is not KEY = VALUE."""
    return "=" not in text or Path(text).is_file()


def read_config(path: Path) -> dict[str, dict[str, Any]]:
    """What one file says, ready for click's default map; see `configured`."""
    return configured(path).for_click()


def configured(file: Path | None, inline: Sequence[str] = ()) -> Configuration:
    """One configuration out of a file and of settings given in words.

    Args:
        file: An evalkit.toml or a pyproject.toml; None = no file.
        inline: Such as `lint.fail-on = "warning"`; later ones stand above earlier ones and above
            the file.

    Raises:
        UsageError: Not TOML, an unknown key (with a suggestion) or a value of the wrong type.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    folder = Path()
    if file is not None:
        table = _document(file)
        _check(table, schema("config"), f"{file}")
        folder = file.parent
        values = _located(table, schema("config"), folder)
        origins = dict.fromkeys(_dotted(values), f"{file}")
    for text in inline:
        given = _inline(text)
        _check(given, schema("config"), f"--config {excerpt(text)}")
        values = _merged(values, given)
        origins |= dict.fromkeys(_dotted(given), "--config")
    return Configuration(values=values, origins=origins, folder=folder, file=file)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise UsageError(f"no such file: {path}", "--config names a TOML file") from error
    except (OSError, ValueError, RecursionError) as error:  # huge numbers are a ValueError
        reason = getattr(error, "strerror", None) or excerpt(str(error), 120)
        raise UsageError(f"{path}: cannot be read as TOML: {reason}", "mend that line") from error
    if path.name != "pyproject.toml":
        return document
    table: Any = document
    for key in ("tool", "evalkit"):
        table = table.get(key, {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{path}: `tool.evalkit` is no table", "write it as [tool.evalkit]")
    return table


def _inline(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"--config: `{excerpt(text)}` is neither a file nor KEY = VALUE in TOML",
            "such as --config 'lint.fail-on = \"warning\"'",
        ) from error


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged, everything else is replaced."""
    both = dict(below)
    for key, value in above.items():
        old = both.get(key)
        tables = isinstance(old, dict) and isinstance(value, dict)
        both[key] = _merged(old, value) if tables and old is not None else value
    return both


def _dotted(table: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Every key that holds a value; the tables of users' own names (rules, globs) are one value."""
    keys: list[str] = []
    for key, value in table.items():
        command = isinstance(value, dict) and not prefix
        keys += _dotted(value, f"{key}.") if command else [f"{prefix}{key}"]
    return keys


def _located(value: Any, rules: Mapping[str, Any], folder: Path) -> Any:
    """The value with each path (`"format": "path"` in the schema) as seen from here."""
    if isinstance(value, dict):
        known = rules.get("properties", {})
        return {key: _located(one, known.get(key, {}), folder) for key, one in value.items()}
    if isinstance(value, list):
        return [_located(one, rules.get("items", {}), folder) for one in value]
    if rules.get("format") != "path" or folder.resolve() == Path.cwd():
        return value
    there = folder / value
    try:
        return os.path.relpath(there)
    except ValueError:  # another drive
        return f"{there.resolve()}"


def _check(value: Any, rules: Mapping[str, Any], place: str) -> None:
    """The part of JSON Schema that our own configuration schema uses, with suggestions."""
    kinds = rules.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is_a(value, kind) for kind in kinds) and not _is_day(value, rules):
        raise UsageError(
            f"{place}: must be of type {' or '.join(kinds)}", "`evalkit schema config` shows all"
        )
    if "enum" in rules and value not in rules["enum"]:
        raise UsageError(
            f"{place}: `{excerpt(str(value))}` is not one of its values",
            f"known: {', '.join(rules['enum'])}",
        )
    if isinstance(value, list):
        for item in value:
            _check(item, rules.get("items", {}), place)
    if isinstance(value, dict):
        known = rules.get("properties", {})
        for key, inner in value.items():
            if key in known:
                _check(inner, known[key], f"{place}: `{key}`")
            elif isinstance(rules.get("additionalProperties"), Mapping):
                _check(inner, rules["additionalProperties"], f"{place}: `{excerpt(key)}`")
            elif rules.get("additionalProperties") is False:
                raise UsageError(
                    f"{place}: unknown key `{excerpt(key)}`{suggestion(key, list(known))}",
                    f"known keys: {', '.join(known)}",
                )


def _is_a(value: Any, kind: str) -> bool:
    number = kind in ("integer", "number")
    return isinstance(value, _KINDS[kind]) and not (number and isinstance(value, bool))


def _is_day(value: Any, rules: Mapping[str, Any]) -> bool:
    """TOML has days of its own; they may be texts as well."""
    return rules.get("format") == "date" and isinstance(value, date)
