# SPDX-License-Identifier: Apache-2.0
"""Settings from `evalkit.toml` or `[tool.evalkit]` in pyproject.toml, the nearest one upwards.

They become click's default map, so that the order is: command line, environment (`EVALKIT_*`),
file, default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.registry import suggestion
from evalkit.core.resources import schema

__all__ = ["find_config", "read_config"]


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


def read_config(path: Path) -> dict[str, Any]:
    """Command to option to value, options with underscores, ready for click's default map.

    Raises:
        UsageError: Not TOML, an unknown key (with a suggestion) or a value of the wrong type.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as TOML: {error}", "mend that line") from error
    table = document
    if path.name == "pyproject.toml":
        table = document.get("tool", {}).get("evalkit", {})
    _check(table, schema("config"), f"{path}")
    return _for_click(table)


def _check(value: Any, rules: Mapping[str, Any], place: str) -> None:
    """The part of JSON Schema that our own configuration schema uses, with suggestions."""
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    kind = rules.get("type")
    if kind and (not isinstance(value, kinds[kind]) or (kind == "integer" and value is True)):
        raise UsageError(f"{place}: must be of type {kind}", "`evalkit schema config` shows all")
    if "enum" in rules and value not in rules["enum"]:
        raise UsageError(
            f"{place}: `{value}` is not one of its values", f"known: {', '.join(rules['enum'])}"
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
                _check(inner, rules["additionalProperties"], f"{place}: `{key}`")
            elif rules.get("additionalProperties") is False:
                raise UsageError(
                    f"{place}: unknown key `{key}`{suggestion(key, list(known))}",
                    f"known keys: {', '.join(known)}",
                )


def _for_click(table: Mapping[str, Any]) -> dict[str, Any]:
    """`max-per-rule` becomes `max_per_rule`; what stands at the top reaches every command."""
    common = {k.replace("-", "_"): v for k, v in table.items() if not isinstance(v, dict)}
    commands = ("lint", "estimate", "run", "convert", "split", "demo", "show", "ask")
    return {
        name: {**common, **{k.replace("-", "_"): v for k, v in table.get(name, {}).items()}}
        for name in commands
    }
