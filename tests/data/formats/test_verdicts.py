# SPDX-License-Identifier: Apache-2.0
"""Single answers with a verdict (KTO)."""

from __future__ import annotations

import json

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.recognise import kind_of, layout
from evalkit.data.wanted_layout import layout_for

Q, A = {"role": "user", "content": "三加四？"}, {"role": "assistant", "content": "七"}
ROWS = {
    "trl-kto": {"prompt": [Q], "completion": [A], "label": True},
    "llama-factory-kto": {"messages": [Q, A], "label": True},
}
FORMS = [
    ({"prompt": "三加四？", "completion": "七", "label": True}, "trl-kto"),
    ({"messages": [Q, A], "kto_tag": True}, "llama-factory-kto"),
    ({"instruction": "三加四？", "output": "七", "kto_tag": True}, "llama-factory-kto"),
    (
        {
            "conversations": [
                {"from": "human", "value": "三加四？"},
                {"from": "gpt", "value": "七"},
            ],
            "kto_tag": True,
        },
        "llama-factory-kto",
    ),
]


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_read_and_built(name, good):
    row = {**ROWS[name], "label": good}
    said = layout(name).conversation(row)
    assert said.messages == (Q, A)
    assert said.verdict is good
    assert layout(name).build(said) == row
    assert kind_of(row).name == name


@pytest.mark.parametrize(("row", "name"), FORMS)
def test_other_forms_are_read(row, name):
    assert kind_of(row).name == name
    said = layout(name).conversation(row)
    assert said.messages == (Q, A)
    assert said.verdict is True


def test_the_system_column_is_read():
    row = {"messages": [Q, A], "system": "s", "kto_tag": False}
    assert layout("llama-factory-kto").conversation(row).messages[0] == {
        "role": "system",
        "content": "s",
    }


@pytest.mark.parametrize("name", ROWS)
def test_nothing_is_judged_unasked(converted, name):
    found = converted({"messages": [Q, A]}, "openai-chat", name)
    assert found.reason == "nothing says whether its answer is a good one"
    pair = {"prompt": [Q], "chosen": [A], "rejected": [A]}
    assert converted(pair, "trl-preference", name).row is None


@pytest.mark.parametrize("name", ROWS)
def test_a_verdict_needs_an_answer(name):
    with pytest.raises(ValueError, match="the last message is not the assistant's"):
        layout(name).build(Conversation(messages=(A, Q), verdict=True))
    with pytest.raises(ValueError, match="nothing is asked before the answer"):
        layout(name).build(Conversation(messages=(A,), verdict=True))


SFT = [
    "sharegpt", "alpaca", "llama-factory-v1", "trl-prompt-completion", "chat-with-media",
    "openai-chat", "prompt-completion",
]  # fmt: skip


@pytest.mark.parametrize("to", SFT)
@pytest.mark.parametrize("name", ROWS)
def test_bad_answers_are_not_learned(converted, lost, name, to):
    assert lost(ROWS[name], name, to) == ["verdicts"]
    bad = converted({**ROWS[name], "label": False}, name, to)
    assert bad.reason == "its answer is marked as a bad one"


def test_real_rows_come_back(shared, converted):
    rows = json.loads((shared / "llama-factory-demos/kto_en_demo.json").read_text())
    for row in rows:
        there = converted(row, "llama-factory-kto", "trl-kto")
        assert there.losses == ()
        assert converted(there.row, "trl-kto", "llama-factory-kto").row == row
    learned = [converted(row, "llama-factory-kto", "sharegpt").row for row in rows]
    assert sum(row is None for row in learned) == 150


def test_a_target_takes_verdicts_in_its_own_layout():
    for source in ROWS:
        assert layout_for("trl", layout(source)).name == "trl-kto"
        assert layout_for("llama-factory", layout(source)).name == "llama-factory-kto"
    assert layout_for("trl", layout("openai-preference")).name == "trl-preference"
    assert layout_for("trl").name == "openai-chat"
