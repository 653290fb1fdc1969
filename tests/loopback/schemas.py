# SPDX-License-Identifier: Apache-2.0
"""OpenAI's published schemas, where they lie beside the checkout."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["SPEC", "complaints"]

SPEC = Path(__file__).resolve().parents[3] / "shared" / "openai-spec" / "openai-spec-subset.json"


def complaints(schema: str, value: Any) -> list[str]:
    """What OpenAI's schema says against a value; nothing where it is not at hand."""
    if not SPEC.exists() or schema not in _components():
        return []
    return [
        f"{schema} ${_path(e.instance_path)}: {e.message[:200]}"
        for e in _validator(schema).iter_errors(value)
    ]


@cache
def _components() -> dict[str, Any]:
    whole = json.loads(SPEC.read_text(encoding="utf-8"))
    return _without_nullable(whole["components"]["schemas"])


@cache
def _validator(name: str) -> Any:
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": _components()}}
    )


def _without_nullable(value: Any) -> Any:
    """OpenAPI 3.0's `nullable` and bounds, which a few have kept, in the words of JSON Schema."""
    if isinstance(value, list):
        return [_without_nullable(one) for one in value]
    if not isinstance(value, dict):
        return value
    plain = {k: _without_nullable(v) for k, v in value.items() if k != "nullable"}
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if plain.get(exclusive) is True:
            plain[exclusive] = plain.pop(bound)
    return {"anyOf": [plain, {"type": "null"}]} if value.get("nullable") is True else plain


def _path(parts: Any) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
