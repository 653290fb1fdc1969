# SPDX-License-Identifier: Apache-2.0
"""Rows as Vertex AI's pages on supervised tuning and on tuning function calls show them."""

from __future__ import annotations

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.formats.gemini import build, gemini, matches
from evalkit.data.loss import losses
from evalkit.data.recognise import kind_of

# In the spelling of the page on function calls, which mixes both.
ROW = {
    "system_instruction": {"role": "system", "parts": [{"text": "你帮用户找商品。"}]},
    "contents": [
        {"role": "user", "parts": [{"text": "白色的 Pixel 8 Pro 有货吗？"}]},
        {
            "role": "model",
            "parts": [{"functionCall": {"name": "get_sku", "args": {"名": "Pixel 8 Pro"}}}],
        },
        {
            "role": "user",
            "parts": [{"functionResponse": {"name": "get_sku", "response": {"sku": "GA04834-US"}}}],
        },
        {"role": "model", "parts": [{"text": "有货。"}]},
    ],
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "get_sku",
                    "description": "Get the inventory",
                    "parameters": {
                        "type": "OBJECT",
                        "properties": {"名": {"type": "STRING", "enum": ["Pixel 8 Pro"]}},
                    },
                }
            ]
        }
    ],
}
TOOL = {
    "type": "function",
    "function": {
        "name": "get_sku",
        "description": "Get the inventory",
        "parameters": {
            "type": "object",
            "properties": {"名": {"type": "string", "enum": ["Pixel 8 Pro"]}},
        },
    },
}


def call(number, name, arguments):
    return {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


SAID = Conversation(
    messages=(
        {"role": "system", "content": "你帮用户找商品。"},
        {"role": "user", "content": "白色的 Pixel 8 Pro 有货吗？"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [call(1, "get_sku", '{"名": "Pixel 8 Pro"}')],
        },
        {"role": "tool", "content": '{"sku": "GA04834-US"}', "tool_call_id": "call_1"},
        {"role": "assistant", "content": "有货。"},
    ),
    tools=(TOOL,),
)


def user(*parts):
    return {"contents": [{"role": "user", "parts": [*parts]}]}


def test_a_row_is_read():
    assert gemini.conversation(ROW) == SAID
    pointers = [message.pointer for message in gemini.messages(ROW)]
    assert pointers == [
        "/system_instruction", "/contents/0", "/contents/1", "/contents/2/parts/0", "/contents/3",
    ]  # fmt: skip


def test_a_row_is_built():
    row = build(SAID)
    assert [*row] == ["systemInstruction", "contents", "tools"]
    assert row["systemInstruction"] == {"parts": [{"text": "你帮用户找商品。"}]}
    assert row["contents"] == ROW["contents"]
    [declared] = row["tools"][0]["functionDeclarations"]
    assert declared["parameters"]["type"] == "object"
    assert gemini.conversation(row) == SAID


@pytest.mark.parametrize(
    ("row", "known"),
    [
        ({"contents": []}, True),
        ({"systemInstruction": {}}, True),
        ({"system_instruction": {}}, True),
        ({"contents": "x"}, False),
        ({"messages": [{"role": "model", "content": "x"}]}, False),
    ],
)
def test_what_it_is_known_by(row, known):
    assert matches(row) is known


def test_one_turn_needs_no_role():
    assert gemini.messages({"contents": [{"parts": [{"text": "a"}]}]})[0].role == "user"


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (
            {"inlineData": {"mimeType": "image/png", "data": "iVBO"}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}},
        ),
        (
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "gs://b/猫.jpg"}},
            {"type": "image_url", "image_url": {"url": "gs://b/猫.jpg"}},
        ),
        (
            {"fileData": {"mimeType": "image/png", "fileUri": "gs://b/1"}},
            {"type": "image_url", "image_url": {"url": "gs://b/1", "format": "image/png"}},
        ),
        (
            {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://b/v.mp4"}, "videoMetadata": {"fps": 1}},
            {"type": "video_url", "video_url": {"url": "gs://b/v.mp4"}, "videoMetadata": {"fps": 1}},
        ),
        (
            {"inlineData": {"mimeType": "audio/wav", "data": "UklG"}},
            {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}},
        ),
        (
            {"inlineData": {"mimeType": "application/pdf", "data": "JVBE", "displayName": "a.pdf"}},
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf"}},
        ),
        ({"executableCode": {"code": "1"}}, {"type": "executableCode", "executableCode": {"code": "1"}}),
    ],
)  # fmt: skip
def test_parts_are_read_and_built(part, shown):
    row = user({"text": "看"}, part)
    [message] = gemini.conversation(row).messages
    assert message["content"] == [{"type": "text", "text": "看"}, shown]
    assert build(gemini.conversation(row)) == row


def test_underscores_are_read():
    spelled = {"inline_data": {"mime_type": "image/png", "data": "iVBO"}}
    plain = {"inlineData": {"mimeType": "image/png", "data": "iVBO"}}
    assert gemini.conversation(user(spelled)) == gemini.conversation(user(plain))


def test_an_image_whose_kind_nothing_says_is_lost():
    part = {"type": "image_url", "image_url": {"url": "https://x/1"}}
    before = Conversation(messages=({"role": "user", "content": [part]},))
    lost = losses(before, gemini.conversation(build(before)))
    assert [one.feature for one in lost] == ["parts"]


def test_thoughts_stand_before_the_answer():
    before = Conversation(
        messages=({"role": "assistant", "content": "42", "reasoning_content": "六七四十二"},)
    )
    row = build(before)
    parts = [{"text": "六七四十二", "thought": True}, {"text": "42"}]
    assert row == {"contents": [{"role": "model", "parts": parts}]}
    assert gemini.conversation(row) == before


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("晴", {"output": "晴"}),
        ('{"t": 7}', {"t": 7}),
        ('{"t":7}', {"t": 7}),
        ('{"output": "x"}', {"output": '{"output": "x"}'}),
        ('{"a": 1, "a": 2}', {"output": '{"a": 1, "a": 2}'}),
        ('{"a": NaN}', {"output": '{"a": NaN}'}),
        ("[1]", {"output": "[1]"}),
        ("", {"output": ""}),
    ],
)
def test_results_are_objects(text, response):
    asked = {"role": "assistant", "content": None, "tool_calls": [call(1, "f", "")]}
    before = Conversation(
        messages=(asked, {"role": "tool", "tool_call_id": "call_1", "content": text})
    )
    row = build(before)
    assert row["contents"][1]["parts"] == [
        {"functionResponse": {"name": "f", "response": response}}
    ]
    assert losses(before, gemini.conversation(row)) == ()


def test_results_stand_in_the_order_of_their_calls():
    """They say nothing but the name of the function: out of order they would be mistaken."""
    asked = {
        "role": "assistant",
        "content": None,
        "tool_calls": [call("a", "f", '{"x": 1}'), call("b", "f", '{"x": 2}')],
    }
    before = Conversation(
        messages=(
            asked,
            {"role": "tool", "tool_call_id": "call_b", "content": "2"},
            {"role": "tool", "tool_call_id": "call_a", "content": "1"},
        )
    )
    row = build(before)
    told = [part["functionResponse"]["response"] for part in row["contents"][1]["parts"]]
    assert told == [{"output": "1"}, {"output": "2"}]
    assert "text" in {one.feature for one in losses(before, gemini.conversation(row))}


def test_a_schema_that_gemini_s_own_cannot_say():
    strict = {"type": "object", "properties": {}, "additionalProperties": False}
    row = {"contents": [{"role": "model", "parts": [{"text": "b"}]}]}
    tool = {"type": "function", "function": {"name": "f", "parameters": strict}}
    made = build(Conversation(messages=gemini.conversation(row).messages, tools=(tool,)))
    [declared] = made["tools"][0]["functionDeclarations"]
    assert declared == {"name": "f", "parametersJsonSchema": strict}
    assert gemini.conversation(made).tools == (tool,)


def test_google_s_own_tools_are_kept():
    row = {**user({"text": "a"}), "tools": [{"googleSearch": {}}]}
    read = gemini.conversation(row)
    assert read.tools == ({"type": "googleSearch", "googleSearch": {}},)
    assert build(read) == row


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([{"role": "system", "content": "s"}], "nothing but a system prompt"),
        ([{"role": "critic", "content": "s"}], "a role that Gemini has no word for"),
        ([{"role": "tool", "tool_call_id": "x", "content": "s"}], "to a call that is not there"),
        ([{"role": "assistant", "tool_calls": [call(1, "f", "[1]")]}], "no JSON object"),
        ([{"role": "assistant", "tool_calls": [{"id": "a"}]}], "without a function"),
    ],
)
def test_what_does_not_fit_is_refused(messages, reason):
    with pytest.raises(ValueError, match=reason):
        build(Conversation(messages=tuple(messages)))


def test_a_bad_answer_is_not_taught():
    bad = Conversation(messages=({"role": "assistant", "content": "b"},), verdict=False)
    with pytest.raises(ValueError, match="a bad one"):
        build(bad)


def test_it_is_known_by_itself():
    assert kind_of(ROW) is gemini
