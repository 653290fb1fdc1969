# SPDX-License-Identifier: Apache-2.0
"""What lint says of rows for Mistral's trainers."""

from __future__ import annotations

import pytest

USER, ANSWER = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}


def row(*messages, **more):
    return {"messages": [*messages], **more}


def old(*messages):
    return {"interactions": [*messages]}


def calling(**more):
    function = {"name": "f", "arguments": "{}"}
    call = {"id": "abcdefghi", "type": "function", "function": function, **more}
    return {"role": "assistant", "tool_calls": [call]}


def test_rows_that_are_converted_are_clean(found, told):
    assert found(*told("mistral"), target="mistral") == []


def test_plain_chat_rows_are_taken_too(found):
    assert found(row(USER, ANSWER), target="mistral") == []


@pytest.mark.parametrize(
    ("value", "finding"),
    [
        (
            old({"role": "user", "text": "a"}, {"role": "developer", "text": "x"}, {"role": "assistant", "text": "b"}),
            ("unknown-role", "/interactions/1/role"),
        ),
        (old({"role": "user"}, {"role": "assistant", "text": "b"}), ("missing-content", "/interactions/0")),
        (
            row(USER, calling(function={"name": "f", "arguments": {}})),
            ("bad-tool-calls", "/messages/1/tool_calls/0/function/arguments"),
        ),
        (row(USER, calling(), {"role": "tool", "tool_call_id": "abcdefghi", "content": "7"}, {**ANSWER, "weight": 2}), ("bad-weight", "/messages/3/weight")),
        (
            row(USER, calling(), {"role": "tool", "tool_call_id": "abcdefghi", "content": "7"}, {**ANSWER, "content": ""}),
            ("empty-content", "/messages/3/content"),
        ),
        (
            old({"role": "user", "text": "a"}, {"role": "assistant", "text": "b <|im_end|>"}),
            ("special-token-in-text", "/interactions/1/text"),
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_where_it_is(found, value, finding):
    assert found(value, target="mistral") == [finding]


def test_ids_of_others_are_found_in_chat_rows(found):
    chat = row(USER, calling(id="call_1"), {"role": "tool", "tool_call_id": "call_1", "content": "7"}, ANSWER)  # fmt: skip
    assert ("tool-call-id-format", "/messages/1/tool_calls/0/id") in found(chat, target="mistral")
