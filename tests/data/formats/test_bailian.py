# SPDX-License-Identifier: Apache-2.0
"""Rows as the pages of Model Studio (百炼) on tuning show them."""

from __future__ import annotations

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.formats.bailian import bailian, build, matches
from evalkit.data.loss import losses
from evalkit.data.recognise import kind_of

ROW = {
    "messages": [
        {"role": "system", "content": [{"text": "你是质检员"}]},
        {"role": "user", "content": [{"text": "有划痕吗？"}, {"image": "零件 1.jpg"}]},
        {"role": "assistant", "content": [{"text": "有。"}]},
        {"role": "user", "content": [{"text": "在哪里？"}]},
        {"role": "assistant", "content": [{"text": "左上角。"}], "loss_weight": 0.0},
    ]
}
SAID = Conversation(
    messages=(
        {"role": "system", "content": "你是质检员"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "有划痕吗？"},
                {"type": "image_url", "image_url": {"url": "零件 1.jpg"}},
            ],
        },
        {"role": "assistant", "content": "有。"},
        {"role": "user", "content": "在哪里？"},
        {"role": "assistant", "content": "左上角。", "weight": 0},
    )
)
ASK, ANSWER = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}


def test_a_row_is_read_and_built():
    assert bailian.conversation(ROW) == SAID
    assert build(SAID) == ROW
    assert kind_of(ROW) is bailian


@pytest.mark.parametrize(
    ("content", "known"),
    [
        ([{"text": "a"}], True),
        ([{"text": "a"}, {"image": "x.png"}], True),
        ([{"text": "a"}, {"video": "x.mp4"}], True),
        ([{"text": "a"}, {"image": {"format": "png"}}], False),
        ([{"text": "a"}, {"type": "text", "text": "a"}], False),
        ([], False),
        ("a", False),
    ],
)
def test_what_it_is_known_by(content, known):
    assert matches({"messages": [{"role": "user", "content": content}, ANSWER]}) is known


def test_texts_stay_texts():
    row = build(Conversation(messages=(ASK, ANSWER)))
    assert row == {"messages": [ASK, ANSWER]}
    assert kind_of(row).name == "openai-chat"  # it is one


def test_thoughts_keep_their_line_breaks():
    before = Conversation(messages=(ASK, {**ANSWER, "reasoning_content": "想"}))
    row = build(before)
    assert row["messages"][1]["content"] == "<think>\n想\n</think>\n\nb"
    lost = losses(before, bailian.conversation(row))
    assert [one.feature for one in lost] == ["reasoning-as-text"]
    assert bailian.conversation(row).messages[1]["content"].startswith("<think>")


def test_names_go_and_weights_have_another_name():
    before = Conversation(
        messages=({**ASK, "name": "小明"}, {**ANSWER, "weight": 0}, ASK, {**ANSWER, "weight": 1})
    )
    row = build(before)
    assert row["messages"] == [ASK, {**ANSWER, "loss_weight": 0.0}, ASK, ANSWER]
    lost = losses(before, bailian.conversation(row))
    assert [one.feature for one in lost] == ["names"]


def test_a_weight_between_is_kept():
    row = {"messages": [ASK, {**ANSWER, "loss_weight": 0.5}]}
    assert build(bailian.conversation(row)) == row


def test_sounds_and_what_has_no_word():
    sound = {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}
    document = {"type": "file", "file": {"file_id": "x"}}
    before = Conversation(messages=({"role": "user", "content": [sound, document]}, ANSWER))
    row = build(before)
    assert row["messages"][0]["content"] == [{"audio": "data:audio/wav;base64,UklG"}]
    assert row["messages"][1]["content"] == [{"text": "b"}]
    lost = losses(before, bailian.conversation(row))
    assert [one.feature for one in lost] == ["parts"]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([{"role": "system", "content": "s"}], "nothing but a system prompt"),
        ([{"role": "critic", "content": "s"}], "a role that Model Studio has no word for"),
        ([{"role": "assistant", "tool_calls": [{"id": "x"}]}], "tool calls have no place there"),
        ([{"role": "tool", "content": "7"}], "tool calls have no place there"),
    ],
)
def test_what_does_not_fit_is_refused(messages, reason):
    with pytest.raises(ValueError, match=reason):
        build(Conversation(messages=tuple(messages)))
