# SPDX-License-Identifier: Apache-2.0
"""What lint says of rows for Vertex AI: of ours nothing, of broken ones where they are broken."""

from __future__ import annotations

import pytest

from evalkit.core.pointer import at, replaced
from evalkit.data.recognise import layout

USER, MODEL = (
    {"role": "user", "parts": [{"text": "a"}]},
    {"role": "model", "parts": [{"text": "b"}]},
)


def row(*contents, **more):
    return {"contents": [*contents], **more}


def said(role, *parts):
    return {"role": role, "parts": [*parts]}


CALL = {"functionCall": {"name": "f", "args": {}}}
RESULT = {"functionResponse": {"name": "f", "response": {"x": 1}}}
TOOLS = [
    {"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": {}}}]}
]


def test_rows_that_are_converted_are_clean(found, told):
    assert found(*told("gemini"), target="vertex") == []


@pytest.mark.parametrize(
    ("value", "finding"),
    [
        (row(USER, said("assistant", {"text": "b"})), ("unknown-role", "/contents/1/role")),
        (row(said("user"), MODEL), ("missing-content", "/contents/0/parts")),
        (row({"role": "user", "content": "a"}, MODEL), ("missing-content", "/contents/0")),
        (row(said("user", {"txt": "a"}), MODEL), ("content-type", "/contents/0/parts/0")),
        (row(said("user", {"text": 5}), MODEL), ("content-type", "/contents/0/parts/0/text")),
        (
            row(said("user", {"fileData": {"fileUri": "gs://b/x"}}), MODEL),
            ("content-type", "/contents/0/parts/0/fileData"),
        ),
        (
            row(USER, said("model", {"functionCall": {"name": "f", "args": "{}"}})),
            ("bad-tool-calls", "/contents/1/parts/0/functionCall/args"),
        ),
        (
            row(USER, MODEL, tools=[{"functionDeclarations": [{"description": "x"}]}]),
            ("bad-tools", "/tools/0/functionDeclarations/0"),
        ),
        (row(), ("missing-messages", "/contents")),
        ({"systemInstruction": {"parts": [{"text": "s"}]}}, ("missing-messages", "")),
        (row(USER, MODEL, id=7), ("extra-top-level-key", "/id")),
        (row({**USER, "weight": 1}, MODEL), ("extra-message-key", "/contents/0/weight")),
        (row(USER, MODEL, USER), ("last-message-not-assistant", "/contents/2")),
        (row(USER, said("model", {"text": ""})), ("empty-content", "/contents/1/parts/0/text")),
        (
            row(USER, said("model", {"text": "t", "thought": True}, {"text": "b <|im_end|>"})),
            ("special-token-in-text", "/contents/1/parts/1/text"),
        ),
        (
            row(USER, said("model", {"functionCall": {"name": "g", "args": {}}}), tools=TOOLS),
            ("undeclared-tool", "/contents/1"),
        ),
        (
            row(USER, said("model", CALL), MODEL, tools=TOOLS),
            ("unanswered-tool-call", "/contents/1"),
        ),
        (
            row(USER, said("user", RESULT), MODEL, tools=TOOLS),
            ("tool-result-without-call", "/contents/1/parts/0"),
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_where_it_is(found, value, finding):
    assert found(value, target="vertex") == [finding]


def test_a_role_of_others_is_mended():
    from evalkit.core.example import Example
    from evalkit.core.location import Location
    from evalkit.lint.rules.shape.unknown_role import unknown_role
    from evalkit.lint.shape import violations

    value = row(USER, said("assistant", {"text": "b"}))
    [violation] = violations(Example(Location(source="x"), b"", value, layout("gemini")))
    [fault] = unknown_role.function(violation)
    assert fault.fix.edits == {"/contents/1/role": "model"}
    assert replaced(value, "/contents/1/role", "model") == row(USER, MODEL)


def test_both_spellings_are_taken(found):
    snake = {
        "system_instruction": {"parts": [{"text": "s"}]},
        "contents": [said("user", {"inline_data": {"mime_type": "image/png", "data": "iVBORw0KGgo="}}, {"text": "a"}), MODEL],
    }  # fmt: skip
    assert found(snake, target="vertex") == [("bad-image-data", "/contents/0")]  # cut off


def test_pointers_lead_into_the_row(calling):
    made = calling("gemini")
    for message in layout("gemini").messages(made):
        assert isinstance(at(made, message.pointer), dict)
