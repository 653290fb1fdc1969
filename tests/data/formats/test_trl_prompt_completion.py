# SPDX-License-Identifier: Apache-2.0
"""Rows as TRL's guide to data set formats shows them."""

from __future__ import annotations

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.formats.trl_prompt_completion import build, read

TOOL = {"type": "function", "function": {"name": "f"}}
ASKED, SAID = {"role": "user", "content": "三加四？"}, {"role": "assistant", "content": "七"}


def calling(arguments):
    function = {"name": "f", "arguments": arguments}
    call = {"id": "1", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


ROW = {"prompt": [ASKED], "completion": [calling({"城": "北京"})], "tools": [TOOL]}


def test_a_row_is_read_and_built():
    said = Conversation(messages=(ASKED, calling('{"城": "北京"}')), tools=(TOOL,), answer=1)
    assert read(ROW) == said
    assert build(said) == ROW
    assert read({**ROW, "tools": '[{"name": "f"}]'}).tools == (TOOL,)


def test_arguments_that_are_no_object_stay_as_they_are():
    for arguments in ("", "x", "[1]", None, '{"a": 1, "a": 2}'):
        said = Conversation(messages=(ASKED, calling(arguments)), answer=1)
        assert build(said)["completion"] == [calling(arguments)]
        assert read(build(said)) == said


def test_a_text_and_messages_mix():
    assert read({"prompt": "三加四？", "completion": [SAID]}).messages == (ASKED, SAID)
    assert read({"prompt": [ASKED], "completion": "七"}).messages == (ASKED, SAID)


def test_where_the_answer_begins_is_kept(converted, lost):
    result = {"role": "tool", "tool_call_id": "1", "content": "7"}
    row = {"prompt": [ASKED], "completion": [calling({}), result, SAID]}
    assert read(row).answer == 3
    assert build(read(row)) == row
    assert lost(row, "trl-prompt-completion", "openai-chat") == ["answer-start"]


def part(kind, **held):
    return {"type": kind, **held}


WHO = part("text", text="谁？")
IMAGE = part("image_url", image_url={"url": "1.jpg"})


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ([IMAGE, WHO], "谁？"),  # before the text: TRL puts it there by itself
        ([WHO, IMAGE], [WHO, part("image")]),
        ([IMAGE], ""),
    ],
)
def test_images_stand_in_a_column(content, written):
    said = Conversation(messages=({"role": "user", "content": content}, SAID), answer=1)
    row = build(said)
    assert row["prompt"] == [{"role": "user", "content": written}]
    assert row["images"] == ["1.jpg"]
    assert read(row) == said


def test_a_text_may_say_image():
    said = Conversation(
        messages=({"role": "user", "content": [IMAGE, part("text", text="<image>")]}, SAID),
        answer=1,
    )
    assert read(build(said)) == said


def test_texts_in_parts_become_texts(lost):
    parts = [part("text", text="a"), part("text", text="b")]
    value = {"messages": [{"role": "user", "content": parts}, SAID]}
    assert lost(value, "openai-chat", "trl-prompt-completion") == ["text-parts"]
    video = [part("video_url", video_url={"url": "1.mp4"}), WHO]
    value = {"messages": [{"role": "user", "content": video}, SAID]}
    assert lost(value, "openai-chat", "trl-prompt-completion") == ["parts"]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ((SAID, ASKED), "the last message is not the assistant's"),
        ((SAID,), "nothing is asked before the answer"),
    ],
)
def test_what_does_not_fit_is_refused(messages, reason):
    with pytest.raises(ValueError, match=reason):
        build(Conversation(messages=messages))
