# SPDX-License-Identifier: Apache-2.0
"""mistral_common takes our rows, as its trainer builds requests from them."""

from __future__ import annotations

import pytest

pytest.importorskip("mistral_common")

from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode, get_validator
from mistral_common.tokens.tokenizers.base import TokenizerVersion

NEWEST = max(TokenizerVersion, key=lambda version: int(version.value.strip("v")))


@pytest.mark.parametrize("version", ["v7", "v11", "v13", NEWEST.value])
def test_rows_are_valid(row, conversation, version):
    if version == "v7" and any("reasoning_content" in m for m in conversation.messages):
        pytest.skip("thoughts have a place since v11")
    made = row("mistral", conversation)
    request = ChatCompletionRequest(messages=made["messages"], tools=made.get("tools"))
    validator = get_validator(TokenizerVersion(version), ValidationMode.finetuning)
    validator.validate_request(request)


def test_weights_are_taken():
    from mistral_common.protocol.instruct.messages import FinetuningAssistantMessage

    from evalkit.data.conversation import Conversation
    from evalkit.data.formats.mistral import build

    made = build(
        Conversation(
            messages=(
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": "b", "weight": 0},
            )
        )
    )
    assert FinetuningAssistantMessage(**made["messages"][1]).weight == 0


def test_a_chat_row_as_it_is_is_refused(conversation):
    """The reader can fail: ids of another length are what conversion mends."""
    from mistral_common.exceptions import MistralCommonException

    calls = [c for m in conversation.messages for c in m.get("tool_calls", ())]
    if not calls:
        pytest.skip("no ids")
    request = ChatCompletionRequest(messages=[dict(m) for m in conversation.messages])
    with pytest.raises(MistralCommonException):
        get_validator(TokenizerVersion.v3, ValidationMode.finetuning).validate_request(request)
