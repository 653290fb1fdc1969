# SPDX-License-Identifier: Apache-2.0
"""The types of OpenAI's client take our rows."""

from __future__ import annotations

import pytest

pytest.importorskip("openai")

from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from pydantic import TypeAdapter, ValidationError

from evalkit.data.formats import openai_chat
from evalkit.data.recognise import layout

HOSTED = ["gemini", "bedrock-converse", "anthropic", "mistral"]


def check(messages, tools):
    for message in messages:
        TypeAdapter(ChatCompletionMessageParam).validate_python(message)
    for tool in tools:
        TypeAdapter(ChatCompletionFunctionToolParam).validate_python(tool)


@pytest.mark.parametrize("name", HOSTED)
def test_rows_of_others_become_its_own(row, conversation, name):
    """From each provider's layout to OpenAI's."""
    back = layout(name).conversation(row(name, conversation))
    made = openai_chat.build(back)
    check(made["messages"], made.get("tools", ()))


def test_preferences_and_prompts(row, conversation):
    from dataclasses import replace

    pair = replace(conversation, rejected=({"role": "assistant", "content": "不"},))
    made = row("openai-preference", pair)
    check(made["input"]["messages"], made["input"].get("tools", ()))
    check([*made["preferred_output"], *made["non_preferred_output"]], ())
    check(row("openai-reinforcement", conversation)["messages"], ())


def test_the_types_can_refuse():
    with pytest.raises(ValidationError):
        check([{"role": "model", "content": "7"}], ())
