# SPDX-License-Identifier: Apache-2.0
"""YAML and JSON of other tools, read as data: safe tags only, few aliases, nothing deep."""

from __future__ import annotations

from typing import Any

__all__ = ["json_rows", "yaml_of"]

_MOST_ALIASES = 200


def yaml_of(text: str) -> Any:
    """The document of a text, JSON among it; None where it is none or asks for too much."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        aliases = depth = 0
        for event in yaml.parse(text, loader):
            aliases += isinstance(event, yaml.AliasEvent)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if aliases > _MOST_ALIASES or depth > 50:
                return None
        return yaml.load(text, loader)  # noqa: S506  the loader is a safe one
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def json_rows(text: str) -> list[Any]:
    """The values of JSON lines; lines that are no JSON are left out."""
    import json

    found = []
    for line in text.split("\n"):
        if line.strip():
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError):
                continue
    return found
