# SPDX-License-Identifier: Apache-2.0
"""The layouts of OpenAI: chat with its former keys, preferences, prompts for graders, evals."""

from __future__ import annotations

import pytest

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.conversation import Conversation
from evalkit.data.convert import Edits, convert_each
from evalkit.data.loss import losses
from evalkit.data.recognise import layout

SYSTEM = {"role": "system", "content": "要简短"}
ASK, ANSWER = {"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}
WORSE = {"role": "assistant", "content": "不知道"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def call(number, name="f", arguments="{}"):
    return {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def read(name, row):
    return layout(name).conversation(row)


def build(name, *messages, **more):
    return layout(name).build(Conversation(messages=messages, **more))


def test_functions_are_read_as_tools():
    row = {
        "messages": [
            ASK,
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "7"},
            {"role": "assistant", "content": None, "function_call": {"name": "g", "arguments": "{}"}},
            {"role": "function", "name": "h", "content": "8"},
            {"role": "assistant", "content": "答", "function_call": None},
        ],
        "functions": [TOOL["function"]],
    }  # fmt: skip
    assert read("openai-chat", row) == Conversation(
        messages=(
            ASK,
            {"role": "assistant", "content": None, "tool_calls": [call(1)]},
            {"role": "tool", "content": "7", "tool_call_id": "call_1"},
            {"role": "assistant", "content": None, "tool_calls": [call(2, "g")]},
            {"role": "tool", "name": "h", "content": "8"},
            ANSWER,
        ),
        tools=(TOOL,),
    )


def test_a_chat_row_is_read_and_built_as_it_is():
    row = {
        "messages": [SYSTEM, ASK, {**ANSWER, "weight": 0, "x": 1}],
        "tools": [TOOL],
        "parallel_tool_calls": False,
    }
    said = read("openai-chat", row)
    assert said.parallel_tool_calls is False
    assert all(one is other for one, other in zip(said.messages, row["messages"], strict=True))
    assert layout("openai-chat").build(said) == row


def test_a_bad_answer_is_not_taught():
    for name in ("openai-chat", "prompt-completion", "openai-reinforcement", "evals-row"):
        with pytest.raises(ValueError, match="a bad one"):
            build(name, ASK, ANSWER, verdict=False)


PAIR = {
    "input": {"messages": [SYSTEM, ASK], "tools": [TOOL], "parallel_tool_calls": True},
    "preferred_output": [ANSWER],
    "non_preferred_output": [WORSE],
}


def test_a_pair_is_read_and_built():
    said = read("openai-preference", PAIR)
    assert said == Conversation(
        messages=(SYSTEM, ASK, ANSWER),
        tools=(TOOL,),
        answer=1,
        rejected=(WORSE,),
        parallel_tool_calls=True,
    )
    assert layout("openai-preference").build(said) == PAIR


def test_a_pair_needs_two_answers():
    with pytest.raises(ValueError, match="no second answer"):
        build("openai-preference", ASK, ANSWER)
    with pytest.raises(ValueError, match="nothing is asked"):
        build("openai-preference", ANSWER, rejected=(WORSE,))


def test_a_pair_as_a_chat_row_loses_the_worse_answer():
    said = read("openai-preference", PAIR)
    back = read("openai-chat", layout("openai-chat").build(said))
    assert [one.feature for one in losses(said, back)] == ["rejected"]


def test_a_prompt_for_graders_is_read_and_built():
    row = build("openai-reinforcement", SYSTEM, ASK, ANSWER, tools=(TOOL,))
    assert row == {
        "messages": [{**SYSTEM, "role": "developer"}, ASK],
        "reference_answer": "答",
        "tools": [TOOL],
    }
    assert read("openai-reinforcement", row) == Conversation(
        messages=(SYSTEM, ASK, ANSWER), tools=(TOOL,)
    )
    # What lint sees is what stands there.
    assert layout("openai-reinforcement").messages(row)[0].role == "developer"


def test_a_reference_that_is_no_text_is_json():
    row = {"messages": [ASK], "reference_answer": {"城": "北京"}}
    said = read("openai-reinforcement", row)
    assert said.messages[-1] == {"role": "assistant", "content": '{"城": "北京"}'}


def test_without_a_reference_there_is_no_answer():
    assert read("openai-reinforcement", {"messages": [ASK], "target": 7}).messages == (ASK,)


def test_what_graders_read_is_kept_at_the_top():
    row = {"messages": [ASK, ANSWER], "target": [1, 2], "lang": "zh"}
    example = Example(Location(source="x"), b"", row, layout("openai-chat"))
    made = convert_each(example, layout("openai-reinforcement"), keep=["target"])
    assert made.row == {"target": [1, 2], "messages": [ASK], "reference_answer": "答"}
    assert [(one.feature, one.pointer) for one in made.losses] == [("fields", "lang")]


@pytest.mark.parametrize("name", ["openai-reinforcement", "evals-row", "evals-item"])
def test_an_answer_that_is_a_call_is_no_reference(name):
    with pytest.raises(ValueError, match="a tool call, not a text"):
        build(name, ASK, {"role": "assistant", "content": None, "tool_calls": [call(1)]})


def test_rows_of_evals():
    row = build("evals-row", SYSTEM, ASK, ANSWER)
    assert row == {"input": [SYSTEM, ASK], "ideal": "答"}
    assert read("evals-row", row).messages == (SYSTEM, ASK, ANSWER)
    item = build("evals-item", SYSTEM, ASK, ANSWER)
    assert item == {"item": row}
    assert read("evals-item", item).messages == (SYSTEM, ASK, ANSWER)


def test_a_prompt_and_its_completion():
    row = build("prompt-completion", SYSTEM, ASK, ANSWER)
    assert row == {"prompt": "问", "completion": "答"}
    said = Conversation(messages=(SYSTEM, ASK, ANSWER))
    lost = losses(said, read("prompt-completion", row))
    assert [one.feature for one in lost] == ["system"]
    with pytest.raises(ValueError, match="several turns"):
        build("prompt-completion", ASK, ANSWER, ASK, ANSWER)


def convert(row, source, to, **options):
    return convert_each(
        Example(Location(source="x"), b"", row, layout(source)), layout(to), **options
    )


def test_what_items_hold_beside_is_a_field():
    row = {"item": {"input": "问", "ideal": "答", "topic": "快递"}}
    made = convert(row, "evals-item", "openai-chat")
    assert [(one.feature, one.pointer) for one in made.losses] == [("fields", "topic")]
    chat = {"messages": [ASK, ANSWER], "topic": "快递"}
    made = convert(chat, "openai-chat", "evals-item", keep=["topic"])
    assert made.row == {"item": {"topic": "快递", "input": [ASK], "ideal": "答"}}
    assert made.losses == ()


def test_other_right_answers_are_a_field():
    made = convert({"input": "问", "ideal": ["答", "回答"]}, "evals-row", "openai-chat")
    assert [(one.feature, one.pointer) for one in made.losses] == [("fields", "ideal")]


def test_an_edited_row_says_nothing_twice():
    """Keys with two names are written under one; what is no part of the conversation stays."""
    edits = Edits(replace=(("问", "请问"),))
    asked = {"role": "user", "content": "请问"}
    former = {"messages": [ASK, ANSWER], "functions": [TOOL["function"]], "id": 7}
    made = convert(former, "openai-chat", "openai-chat", edits=edits)
    assert made.row == {"messages": [asked, ANSWER], "id": 7, "tools": [TOOL]}
    told = {"parts": [{"text": "s"}]}
    row = {
        "system_instruction": told,
        "contents": [{"role": "user", "parts": [{"text": "问"}]}],
        "generationConfig": {"temperature": 0},
    }
    assert convert(row, "gemini", "gemini", edits=edits).row == {
        "contents": [{"role": "user", "parts": [{"text": "请问"}]}],
        "generationConfig": {"temperature": 0},
        "systemInstruction": told,
    }
    item = {"item": {"input": [ASK], "ideal": "答", "topic": "快递"}}
    assert convert(item, "evals-item", "evals-item", edits=edits).row == {
        "item": {"input": [asked], "ideal": "答", "topic": "快递"}
    }
