# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from evalkit.tokens.chat import prompt_tokens, training_tokens, training_tokens_batch
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
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
                "days": {"type": "number", "enum": [1, 2.5]},
                "hours": {"type": "array", "items": {"type": "number"}},
                "sun": {"type": "boolean"},
                "near": {
                    "type": "object",
                    "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
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
        'unit?: "celsius" | "fahrenheit", // default: "celsius"\n'
        "days?: 1 | 2.5,\nhours?: number[],\nsun?: boolean,\n"
        "near?: { lat: number, lon?: number },\n"
        "else?: any,\n"
        "}) => any;\n\n"
        "type now = () => any;\n\n"
        "} // namespace functions"
    )
    assert definition_text([{"name": "f", "parameters": {"properties": {"x": {}}}}]) == (
        "namespace functions {\n\ntype f = (_: { x?: any }) => any;\n\n} // namespace functions"
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


def _tool(name, description="", properties=None, required=()):
    parameters = {"type": "object", "properties": properties or {}, "required": list(required)}
    return {"name": name, "description": description, "parameters": parameters}


TEXT, CITY = {"type": "string"}, {"city": {"type": "string"}}
MAIN = ("data_demonstration", "This is the main function description")
HAPPY = {"type": "string", "enum": ["Happy", "Sad"]}
LOST = {"type": "string", "description": "Description in a second object is lost"}
INNER = {"type": "object", "description": "The object data type as a property"}
ASKED = ("search_sources", "Retrieve sources from the Azure AI Search index")


@pytest.mark.parametrize(
    ("encoding", "message", "tools", "counted"),
    [
        # usage.prompt_tokens of gpt-35-turbo (openai-messages-token-helper, tests/functions.py;
        # less the 1 that tool_choice "none" takes)
        ("cl100k_base", "You are a bot.", [_tool(*ASKED)], 42),
        ("cl100k_base", "You are a bot.", [_tool(*ASKED, {"search_query": TEXT})], 49),
        (
            "cl100k_base",
            "You are a bot.",
            [_tool(*MAIN, {"integer_enum": {"type": "integer", "enum": [-1, 1]}})],
            53,
        ),
        (
            "cl100k_base",
            "You are a bot.",
            [_tool(*MAIN, {"object_1": INNER | {"properties": {"string1": TEXT}}}, ["object_1"])],
            64,
        ),
        (
            "cl100k_base",
            "You are a bot.",
            [
                _tool(
                    *MAIN,
                    {"object_1": INNER | {"properties": {"string_2a": HAPPY, "string_2b": LOST}}},
                    ["object_1"],
                )
            ],
            88,
        ),
        # gpt-4o-2024-08-06 (pydantic-ai, tests/models/cassettes)
        (
            "o200k_base",
            None,
            [
                _tool("get_user_country"),
                _tool(
                    "final_result",
                    "The final response which ends this conversation",
                    CITY | {"country": TEXT},
                    ["city", "country"],
                ),
            ],
            68,
        ),
    ],
)
def test_prompts_that_are_on_record(encoding, message, tools, counted):
    asked = {"role": "user", "content": "What is the largest city in the user country?"}
    messages = [{"role": "system", "content": message} if message else asked]
    wrapped = [{"type": "function", "function": tool} for tool in tools]
    assert prompt_tokens([(messages, wrapped)], encoding=encoding) == [counted]


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
