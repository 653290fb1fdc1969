# SPDX-License-Identifier: Apache-2.0
"""Tool definitions as the model reads them: a TypeScript namespace, an order cheaper than JSON.

OpenAI does not publish the form. This is the one that independent projects found (hmarr's
openai-chat-tokens, openai-java, litellm 1.109.1, all MIT); it gives the API's own prompt figures
for the cookbook's example in cl100k_base and o200k_base. Elsewhere take it as right within 2 %.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["definition_json", "definition_text", "definition_tokens"]

_AROUND = 9  # tokens of the frame that the namespace stands in
_WITH_SYSTEM = 4  # fewer where a system message already opens that frame
_DEEPEST = 64  # levels of nesting that are rendered; hostile schemas nest without end


def definition_tokens(text_tokens: int, *, system: bool) -> int:
    """Tokens that definitions add to an example.

    Args:
        text_tokens: Of `definition_text`; 0 = there are no definitions.
        system: Whether the example has a system message.
    """
    if not text_tokens:
        return 0
    return text_tokens + _AROUND - (_WITH_SYSTEM if system else 0)


def definition_text(tools: Sequence[Any]) -> str:
    """The namespace of an example's `tools` (or legacy `functions`); empty where there are none."""
    functions = [f for f in map(_function, tools) if f is not None]
    if not functions:
        return ""
    lines = ["namespace functions {", ""]
    for function in functions:
        lines += _declaration(function)
    return "\n".join([*lines, "} // namespace functions"])


def definition_json(tools: Sequence[Any], *, indent: int | None = None) -> list[str]:
    """The JSON of each definition, as most chat templates write it.

    Args:
        tools: An example's `tools` or legacy `functions`.
        indent: Blanks of a level; None = all in one line.
    """
    texts = []
    for tool in tools:
        if (function := _function(tool)) is None:
            continue
        whole = tool if "function" in tool else {"type": "function", "function": function}
        try:
            texts.append(json.dumps(whole, ensure_ascii=False, indent=indent))
        except (RecursionError, TypeError, ValueError):  # nested without end, or no JSON at all
            texts.append(definition_text([tool]))
    return texts


def _function(tool: Any) -> Mapping[str, Any] | None:
    if not isinstance(tool, Mapping):
        return None
    function = tool.get("function", tool)
    if isinstance(function, Mapping) and function.get("name"):
        return function
    return None


def _declaration(function: Mapping[str, Any]) -> Iterator[str]:
    if description := function.get("description"):
        yield f"// {description}"
    name, parameters = function["name"], function.get("parameters")
    if isinstance(parameters, Mapping) and _properties(parameters):
        yield f"type {name} = (_: {{"
        yield _fields(parameters, 0, 0)
        yield "}) => any;"
    else:
        yield f"type {name} = () => any;"
    yield ""


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _fields(schema: Mapping[str, Any], indent: int, depth: int) -> str:
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    lines: list[str] = []
    for key, field in _properties(schema).items():
        if isinstance(field, Mapping) and field.get("description"):
            lines.append(f"// {field['description']}")
        lines.append(f"{key}{'' if key in needed else '?'}: {_type(field, indent, depth)},")
    return "\n".join(" " * indent + line for line in lines)


def _type(schema: Any, indent: int, depth: int) -> str:
    if not isinstance(schema, Mapping) or depth >= _DEEPEST:
        return "any"
    kind, enum = schema.get("type"), schema.get("enum")
    if isinstance(enum, list) and kind in ("string", "integer", "number"):
        return " | ".join(f'"{item}"' for item in enum)
    if kind == "array":
        return f"{_type(schema.get('items'), indent, depth + 1)}[]"
    if kind == "object":
        return f"{{\n{_fields(schema, indent + 2, depth + 1)}\n}}"
    plain = {"string": "string", "boolean": "boolean", "null": "null"}
    if kind in ("integer", "number"):
        return "number"
    return plain.get(kind, "any") if isinstance(kind, str) else "any"
