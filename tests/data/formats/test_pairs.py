# SPDX-License-Identifier: Apache-2.0
"""Rows with a better and a worse answer, in every layout that trainers take them in."""

from __future__ import annotations

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.recognise import kind_of, layout

PROMPT = (
    {"role": "system", "content": "要简短"},
    {"role": "user", "content": "一加一？"},
    {"role": "assistant", "content": "二"},
    {"role": "user", "content": "三加四？"},
)
CHOSEN, REJECTED = {"role": "assistant", "content": "七"}, {"role": "assistant", "content": "八"}
PAIR = Conversation(messages=(*PROMPT, CHOSEN), answer=1, rejected=(REJECTED,))


def block(role, text):
    learned = float(role == "assistant")
    return {"role": role, "content": [{"type": "text", "value": text}], "loss_weight": learned}


BLOCKS = [block(m["role"], m["content"]) for m in PROMPT]
ROWS = {
    "trl-preference": {"prompt": [*PROMPT], "chosen": [CHOSEN], "rejected": [REJECTED]},
    "chat-preference": {"messages": [*PROMPT], "chosen": CHOSEN, "rejected": REJECTED},
    "sharegpt-preference": {
        "conversations": [
            {"from": "system", "value": "要简短"},
            {"from": "human", "value": "一加一？"},
            {"from": "gpt", "value": "二"},
            {"from": "human", "value": "三加四？"},
        ],
        "chosen": {"from": "gpt", "value": "七"},
        "rejected": {"from": "gpt", "value": "八"},
    },
    "alpaca-preference": {
        "instruction": "三加四？",
        "input": "",
        "chosen": "七",
        "rejected": "八",
        "system": "要简短",
        "history": [["一加一？", "二"]],
    },
    "llama-factory-v1-preference": {
        "chosen_messages": [*BLOCKS, block("assistant", "七")],
        "rejected_messages": [*BLOCKS, block("assistant", "八")],
    },
}
SFT = ["openai-chat", "sharegpt", "alpaca", "llama-factory-v1", "trl-prompt-completion"]


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_read_and_built(name):
    assert layout(name).conversation(ROWS[name]) == PAIR
    assert layout(name).build(PAIR) == ROWS[name]
    assert kind_of(ROWS[name]).name == name


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("other", ROWS)
def test_every_layout_becomes_every_other(converted, name, other):
    found = converted(ROWS[name], name, other)
    assert found.row == ROWS[other]
    assert found.losses == ()


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("to", SFT)
def test_the_preferred_answer_is_learned(converted, lost, name, to):
    assert lost(ROWS[name], name, to) == ["rejected"]
    said = layout(to).conversation(converted(ROWS[name], name, to).row)
    assert said.messages == (*PROMPT, CHOSEN)


@pytest.mark.parametrize("name", ROWS)
def test_one_answer_makes_no_pair(converted, name):
    found = converted({"messages": [*PROMPT, CHOSEN]}, "openai-chat", name)
    assert found.reason == "there is no second answer, one that was not preferred"


CALL = {"id": "call_9", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
LONG = (
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_9", "content": "7"},
    CHOSEN,
)


@pytest.mark.parametrize("name", ["chat-preference", "sharegpt-preference", "alpaca-preference"])
def test_answers_of_several_messages_need_room(name):
    said = Conversation(messages=(*PROMPT, *LONG), answer=3, rejected=(REJECTED,))
    with pytest.raises(ValueError, match=r"do(es)? not fit|not question and answer"):
        layout(name).build(said)


@pytest.mark.parametrize("name", ["trl-preference", "llama-factory-v1-preference"])
def test_answers_of_several_messages(name):
    said = Conversation(messages=(*PROMPT, *LONG), answer=3, rejected=(REJECTED,))
    back = layout(name).conversation(layout(name).build(said))
    assert back.answer == 3
    assert back.rejected == (REJECTED,)
    assert [m["role"] for m in back.reply] == ["assistant", "tool", "assistant"]


def test_trl_writes_arguments_as_objects():
    said = Conversation(messages=(*PROMPT, *LONG), answer=3, rejected=(REJECTED,))
    row = layout("trl-preference").build(said)
    assert row["chosen"][0]["tool_calls"][0]["function"]["arguments"] == {"x": 1}
    assert layout("trl-preference").conversation(row) == said


def test_a_call_is_an_answer_in_sharegpt():
    said = Conversation(messages=(*PROMPT, LONG[0]), answer=1, rejected=(REJECTED,))
    row = layout("sharegpt-preference").build(said)
    assert row["chosen"] == {
        "from": "function_call",
        "value": '{"name": "f", "arguments": {"x": 1}}',
    }


@pytest.mark.parametrize(
    "row",
    [
        {"chosen": [*PROMPT, CHOSEN], "rejected": [*PROMPT, REJECTED]},
        {"prompt": "三加四？", "chosen": [*PROMPT, CHOSEN], "rejected": [*PROMPT, REJECTED]},
    ],
)
def test_a_prompt_within_the_answers(row):
    assert layout("trl-preference").conversation(row) == PAIR


def test_answers_that_are_alike_keep_their_prompt():
    row = {"chosen": [*PROMPT, CHOSEN], "rejected": [*PROMPT, CHOSEN]}
    said = layout("trl-preference").conversation(row)
    assert (said.prompt, said.reply, said.rejected) == (PROMPT, (CHOSEN,), (CHOSEN,))


def test_pairs_of_texts(converted):
    row = {"prompt": "1+1?", "chosen": "2", "rejected": "3"}
    there = converted(row, "trl-preference", "alpaca-preference")
    assert there.row == {"instruction": "1+1?", "input": "", "chosen": "2", "rejected": "3"}
    implicit = {"chosen": "1+1? 2", "rejected": "1+1? 3"}  # where the prompt ends, nobody says
    found = converted(implicit, "trl-preference", "alpaca-preference")
    assert found.reason == "nothing is asked before the answer"


@pytest.mark.parametrize("name", ["chat-preference", "sharegpt-preference", "alpaca-preference"])
def test_images_of_the_prompt_stand_in_a_column(name):
    shown = {
        "role": "user",
        "content": [
            {"type": "image_url", "image_url": {"url": "a.png"}},
            {"type": "text", "text": "?"},
        ],
    }
    said = Conversation(messages=(shown, CHOSEN), answer=1, rejected=(REJECTED,))
    row = layout(name).build(said)
    assert row["images"] == ["a.png"]
    assert layout(name).conversation(row) == said
    marked = {"role": "assistant", "content": "<image>"}
    with pytest.raises(ValueError, match="a text says <image>"):
        layout(name).build(Conversation(messages=(shown, CHOSEN), answer=1, rejected=(marked,)))


@pytest.mark.parametrize("name", ROWS)
def test_half_a_row_is_no_traceback(name):
    for key in ROWS[name]:
        for value in (None, 7, [], "x", [7], {}):
            said = layout(name).conversation({**ROWS[name], key: value})
            assert isinstance(said, Conversation)
            layout(name).messages({**ROWS[name], key: value})
