# SPDX-License-Identifier: Apache-2.0
"""The types of google-genai, which refuse unknown fields, take our rows."""

from __future__ import annotations

import pytest

types = pytest.importorskip("google.genai.types")


def test_rows_are_of_its_types(row, conversation):
    made = row("gemini", conversation)
    contents = [types.Content.model_validate(one) for one in made["contents"]]
    assert [one.role for one in contents if one.role not in ("user", "model")] == []
    if "systemInstruction" in made:
        assert types.Content.model_validate(made["systemInstruction"]).parts[0].text
    for tool in made.get("tools", ()):
        declared = types.Tool.model_validate(tool).function_declarations
        assert [one.name for one in declared] == ["get_weather", "strict_one"]
        assert declared[0].parameters.type is types.Type.OBJECT
        assert declared[1].parameters_json_schema["additionalProperties"] is False


def test_images_are_their_bytes(row, showing):
    made = row("gemini", showing)
    blob = types.Content.model_validate(made["contents"][0]).parts[1].inline_data
    assert blob.data.startswith(b"\x89PNG")


def test_what_it_writes_is_read(row, conversation):
    """In its own spelling, with underscores, and with its own."""
    from evalkit.data.recognise import layout, recognise

    made = row("gemini", conversation)
    for by_alias in (True, False):
        written = {
            "contents": [
                types.Content.model_validate(one).model_dump(
                    mode="json", by_alias=by_alias, exclude_none=True
                )
                for one in made["contents"]
            ]
        }
        assert recognise([written]).name == "gemini"
        theirs = layout("gemini").conversation(written).messages
        ours = layout("gemini").conversation({"contents": made["contents"]}).messages
        assert theirs == ours
