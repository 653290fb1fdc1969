# SPDX-License-Identifier: Apache-2.0
"""Tool definitions as the model reads them: a TypeScript namespace, an order cheaper than JSON.

OpenAI does not publish the form. The frame is the one that independent projects found (hmarr's
openai-chat-tokens, openai-java, litellm 1.109.1, all MIT). How objects are written follows recorded
requests to gpt-35-turbo, gpt-4o and gpt-4.1-mini with their tools and usage (2024 to 2026, in the
tests of openai-messages-token-helper and pydantic-ai): 24 of 28 are met to the token, four within
1, and so are the API's own figures for the cookbook's example in cl100k_base and o200k_base. What
these do not hold, such as unions, is a guess: elsewhere take it as right within 2 %.
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
    yield from _comment(function)
    name, parameters = function["name"], function.get("parameters")
    if isinstance(parameters, Mapping) and _properties(parameters):
        yield f"type {name} = (_: {_object(parameters, 0)}) => any;"
    else:
        yield f"type {name} = () => any;"
    yield ""


def _comment(schema: Any) -> list[str]:
    description = schema.get("description") if isinstance(schema, Mapping) else None
    text = str(description).strip() if description else ""
    return [f"// {text}"] if text else []


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _object(schema: Mapping[str, Any], depth: int) -> str:
    """In one line, unless something in it is described; without indentation."""
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    fields = [
        (_comment(field), f"{key}{'' if key in needed else '?'}: {_type(field, depth)}", field)
        for key, field in _properties(schema).items()
    ]
    if not any(comment for comment, _, _ in fields):
        return f"{{ {', '.join(text for _, text, _ in fields)} }}"
    lines = [
        line for comment, text, field in fields for line in (*comment, f"{text},{_default(field)}")
    ]
    return "\n".join(["{", *lines, "}"])


def _default(field: Any) -> str:
    if not isinstance(field, Mapping) or "default" not in field:
        return ""
    return f" // default: {_literal(field['default'])}"


def _literal(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (RecursionError, TypeError, ValueError):  # nested without end, or no JSON at all
        return "any"


def _type(schema: Any, depth: int) -> str:
    if not isinstance(schema, Mapping) or depth >= _DEEPEST:
        return "any"
    kind, enum = schema.get("type"), schema.get("enum")
    if isinstance(enum, list) and kind in ("string", "integer", "number"):
        return " | ".join(f'"{i}"' if isinstance(i, str) else _literal(i) for i in enum)
    if kind == "array":
        return f"{_type(schema.get('items'), depth + 1)}[]"
    if kind == "object":
        return _object(schema, depth + 1)
    plain = {"string": "string", "boolean": "boolean", "null": "null"}
    if kind in ("integer", "number"):
        return "number"
    return plain.get(kind, "any") if isinstance(kind, str) else "any"
