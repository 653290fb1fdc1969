# SPDX-License-Identifier: Apache-2.0
"""Files that travel with evalkit: in the wheel inside the package, in a checkout beside it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["resource", "schema"]

_PACKAGE = Path(__file__).resolve().parent.parent


def resource(folder: str, name: str = "") -> Path:
    """Path of `folder/name` (folder: "schemas" or "suites").

    Raises:
        FileNotFoundError: Neither the package nor the checkout has it.
    """
    for root in (_PACKAGE, _PACKAGE.parent):
        path = root / folder / name
        if path.exists():
            return path
    raise FileNotFoundError(f"{folder}/{name} is not part of this installation")


@cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema `name` (without suffix), such as "openai-chat"."""
    text = resource("schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
