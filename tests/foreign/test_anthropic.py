# SPDX-License-Identifier: Apache-2.0
"""The types of Anthropic's client take our rows."""

from __future__ import annotations

import pytest

pytest.importorskip("anthropic")

from anthropic.types import MessageParam, TextBlockParam, ToolUnionParam
from pydantic import TypeAdapter, ValidationError


def checked(kind, value):
    return TypeAdapter(kind).validate_python(value)


def test_rows_are_of_its_types(row, conversation):
    made = row("anthropic", conversation)
    for message in made["messages"]:
        checked(MessageParam, message)
        list(message["content"])  # pydantic reads iterables lazily
    checked(str | list[TextBlockParam], made.get("system", ""))
    for tool in made.get("tools", ()):
        checked(ToolUnionParam, tool)
    assert {message["role"] for message in made["messages"]} == {"user", "assistant"}


def test_the_types_can_refuse():
    with pytest.raises(ValidationError):
        checked(MessageParam, {"role": "tool", "content": "7"})
