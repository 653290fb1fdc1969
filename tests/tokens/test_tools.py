# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from evalkit.tokens.chat import training_tokens, training_tokens_batch
from evalkit.tokens.encodings import count
from evalkit.tokens.tools import definition_text, definition_tokens

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a place",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "City"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                "days": {"type": "integer"},
                "hours": {"type": "array", "items": {"type": "number"}},
                "sun": {"type": "boolean"},
                "near": {
                    "type": "object",
                    "properties": {"lat": {"type": "number"}},
                    "required": ["lat"],
                },
                "else": {},
            },
            "required": ["place"],
        },
    },
}


def test_the_namespace():
    assert definition_text([WEATHER, {"name": "now"}, "junk", {"function": {}}]) == (
        "namespace functions {\n\n"
        "// Weather of a place\n"
        "type get_weather = (_: {\n"
        "// City\nplace: string,\n"
        'unit?: "celsius" | "fahrenheit",\n'
        "days?: number,\nhours?: number[],\nsun?: boolean,\n"
        "near?: {\n  lat: number,\n},\n"
        "else?: any,\n"
        "}) => any;\n\n"
        "type now = () => any;\n\n"
        "} // namespace functions"
    )
    assert definition_text([]) == definition_text([None, 3]) == ""
    assert definition_tokens(0, system=True) == 0


@pytest.mark.parametrize("encoding", ["cl100k_base", "o200k_base"])
def test_the_prompt_that_the_api_counted(shared, encoding):
    case = json.loads((shared / "openai-cookbook" / "token_count_examples.json").read_bytes())
    got = training_tokens(case["messages"], tools=case["tools"], encoding=encoding)
    assert (
        got.cookbook == case["prompt_tokens"][encoding]
    )  # 105 and 101: the prompt has 3 for priming


def test_real_tool_rows(shared):
    lines = (
        (shared / "foundry-tool-calls" / "stock_toolcall_training.jsonl").read_bytes().split(b"\n")
    )
    rows = [json.loads(line) for line in lines if line]
    texts = count([definition_text(row["tools"]) for row in rows], "o200k_base")
    total = sum(
        definition_tokens(tokens, system=any(m["role"] == "system" for m in row["messages"]))
        for row, tokens in zip(rows, texts, strict=True)
    )
    assert total == 9_202
    plain = training_tokens_batch([(row["messages"], []) for row in rows], encoding="o200k_base")
    assert sum(tokens.cookbook - 3 for tokens in plain) == 6_632  # without the priming


def test_endless_nesting_ends():
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    for _ in range(5_000):
        schema = {"type": "object", "properties": {"a": schema}}
    array = {"type": "string"}
    for _ in range(5_000):
        array = {"type": "array", "items": array}
    parameters = {"properties": {"x": schema, "y": array}}
    assert "any" in definition_text([{"function": {"name": "f", "parameters": parameters}}])
