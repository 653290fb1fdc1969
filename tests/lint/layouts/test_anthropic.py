# SPDX-License-Identifier: Apache-2.0
"""What lint says of rows in the form of Anthropic's Messages."""

from __future__ import annotations

import pytest

USER, ANSWER = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}


def row(*messages, **more):
    return {"system": "s", "messages": [*messages], **more}


def said(role, *blocks):
    return {"role": role, "content": [*blocks]}


USE = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "d", "content": "7"}
TOOLS = [{"name": "f", "input_schema": {"type": "object"}}]


def test_rows_that_are_converted_are_clean(found, told):
    assert found(*told("anthropic")) == []


@pytest.mark.parametrize(
    ("value", "findings"),
    [
        (row(USER, {"role": "model", "content": "b"}), [("unknown-role", "/messages/1/role")]),
        (row(USER, {"role": "assistant"}), [("missing-content", "/messages/1")]),
        (row(said("user", {"text": "a"}), ANSWER), [("content-type", "/messages/0/content/0")]),
        (row(USER, ANSWER, system=5), [("content-type", "/system")]),
        (
            row(said("user", {"type": "image", "source": {"type": "base64", "data": "x"}}), ANSWER),
            [("content-type", "/messages/0/content/0/source")],
        ),
        (
            row(USER, said("assistant", {**USE, "input": "{}"})),
            [("bad-tool-calls", "/messages/1/content/0/input")],
        ),
        (row(USER, ANSWER, tools=[{"name": "f"}]), [("bad-tools", "/tools/0")]),
        (row(), [("missing-messages", "/messages")]),
        (row(USER, {**ANSWER, "weight": 1}), [("extra-message-key", "/messages/1/weight")]),
        (row(USER, ANSWER, id=1), [("extra-top-level-key", "/id")]),
        (
            row(USER, said("assistant", USE), said("user", RESULT), ANSWER, tools=TOOLS),
            [
                ("tool-result-without-call", "/messages/2/content/0"),
                ("unanswered-tool-call", "/messages/1"),
            ],
        ),
        (
            row(USER, said("assistant", {"type": "text", "text": "b <|im_end|>"})),
            [("special-token-in-text", "/messages/1/content/0/text")],
        ),
    ],
)
def test_what_is_wrong_is_found_where_it_is(found, value, findings):
    assert sorted(found(value)) == findings


def test_another_provider_does_not_read_it(found):
    assert found(row(USER, ANSWER), target="openai")[0] == ("layout-not-taken", "")
