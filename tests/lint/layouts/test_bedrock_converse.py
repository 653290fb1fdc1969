# SPDX-License-Identifier: Apache-2.0
"""What lint says of rows for Amazon Bedrock: of ours nothing, of broken ones where they are broken."""

from __future__ import annotations

import pytest

USER = {"role": "user", "content": [{"text": "a"}]}
ANSWER = {"role": "assistant", "content": [{"text": "b"}]}


def row(*messages, **more):
    return {"schemaVersion": "bedrock-conversation-2024", "messages": [*messages], **more}


def said(role, *blocks):
    return {"role": role, "content": [*blocks]}


USE = {"toolUse": {"toolUseId": "c", "name": "f", "input": {}}}
TOOLS = {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]}


def test_rows_that_are_converted_are_clean(found, told):
    assert found(*told("bedrock-converse"), target="bedrock-nova") == []


@pytest.mark.parametrize(
    ("value", "finding"),
    [
        (row(USER, said("bot", {"text": "b"})), ("unknown-role", "/messages/1/role")),
        (row({"role": "user", "content": "a"}, ANSWER), ("content-type", "/messages/0/content")),
        (row(USER, ANSWER, system="s"), ("content-type", "/system")),
        (row(said("user", {"image": "x"}), ANSWER), ("content-type", "/messages/0/content/0/image")),
        (row(said("user", {"txt": "a"}), ANSWER), ("content-type", "/messages/0/content/0")),
        (
            row(said("user", {"type": "text", "text": "a"}), ANSWER),
            ("extra-message-key", "/messages/0/content/0/type"),
        ),
        (
            row(said("user", {"image": {"format": "png", "source": {}}}), ANSWER),
            ("content-type", "/messages/0/content/0/image/source"),
        ),
        (
            row(USER, said("assistant", {"toolUse": {"name": "f", "input": {}}})),
            ("bad-tool-calls", "/messages/1/content/0/toolUse"),
        ),
        (
            row(USER, ANSWER, toolConfig={"tools": [{"toolSpec": {"name": "f"}}]}),
            ("bad-tools", "/toolConfig/tools/0/toolSpec"),
        ),
        ({"messages": [said("user", {"toolResult": {"toolUseId": "c", "content": []}}), ANSWER]}, ("unknown-format", "")),
        (row({**USER, "weight": 1}, ANSWER), ("extra-message-key", "/messages/0/weight")),
        (row(USER, ANSWER, id=1), ("extra-top-level-key", "/id")),
        (row(USER, said("assistant")), ("missing-content", "/messages/1/content")),
        (row(), ("missing-messages", "/messages")),
        (row(USER, USER, ANSWER), ("consecutive-roles", "/messages/1")),
        (row(USER, ANSWER, USER), ("last-message-not-assistant", "/messages/2")),
        (
            row(said("user", {"text": "User: a"}), ANSWER),
            ("role-marker-in-text", "/messages/0/content/0/text"),
        ),
        (row(USER, said("assistant", USE), toolConfig=TOOLS), None),
        (
            row(USER, said("assistant", USE), ANSWER, toolConfig=TOOLS),
            ("unanswered-tool-call", "/messages/1"),
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_where_it_is(found, value, finding):
    said = found(value, target="bedrock-nova")
    if finding and finding[0] == "unanswered-tool-call":
        said = [one for one in said if one[0] != "consecutive-roles"]
    assert said == ([finding] if finding else [])
