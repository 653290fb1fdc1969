# SPDX-License-Identifier: Apache-2.0
"""Images, videos and sounds in columns."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.data.conversation import Conversation
from evalkit.data.formats._media import in_columns, in_place
from evalkit.data.formats.chat_with_media import build, read
from evalkit.data.recognise import layout


def image(url, kind="image_url"):
    return {"type": kind, kind: {"url": url}}


def text(said):
    return {"type": "text", "text": said}


ROW = {
    "messages": [
        {"role": "user", "content": "<image>谁？<video>"},
        {"role": "assistant", "content": "她。"},
        {"role": "user", "content": "听<audio><image>"},
        {"role": "assistant", "content": "好。"},
    ],
    "images": ["1.jpg", "https://host/2.png"],
    "videos": ["3.mp4"],
    "audios": ["4.wav"],
}
SAID = (
    {"role": "user", "content": [image("1.jpg"), text("谁？"), image("3.mp4", "video_url")]},
    {"role": "assistant", "content": "她。"},
    {
        "role": "user",
        "content": [text("听"), image("4.wav", "audio_url"), image("https://host/2.png")],
    },
    {"role": "assistant", "content": "好。"},
)


def test_a_row_is_read_and_built():
    assert read(ROW).messages == SAID
    assert build(Conversation(messages=SAID)) == ROW


@pytest.mark.parametrize("name", ["sharegpt", "alpaca", "llama-factory-v1", "chat-with-media"])
def test_every_layout_with_media_takes_it(converted, name):
    there = converted({"messages": [*SAID]}, "openai-chat", name)
    assert there.losses == ()
    assert layout(name).conversation(there.row).messages == SAID


def test_what_no_mark_asks_for_stands_first():
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "<image>?"}]
    filled = in_place(messages, {"images": ["a", "b"], "videos": "c"})
    assert filled[1]["content"] == [image("b"), image("c", "video_url"), image("a"), text("?")]
    assert in_place([], {"images": ["a"]}) == ()


def test_marks_for_which_there_is_nothing_stay_text():
    messages = [{"role": "user", "content": "<image>a<image>b<video>"}]
    filled = in_place(messages, {"images": ["x"]})
    assert filled[0]["content"] == [image("x"), text("a<image>b<video>")]
    for beside in ({}, {"images": []}, {"images": None}):
        assert in_place(messages, beside) == tuple(messages)


def test_texts_that_are_joined_beside_an_image_keep_their_order(lost):
    content = [text("a"), text("b"), image("x"), text("")]
    value = {"messages": [{"role": "user", "content": content}]}
    assert lost(value, "openai-chat", "sharegpt") == ["text-parts"]


def test_parts_without_a_payload_are_filled():
    parts = [{"type": "image"}, text("<image>"), {"type": "image", "image": "y"}, {"type": []}, 7]
    filled = in_place([{"role": "user", "content": parts}], {"images": [{"path": "x"}]})
    assert filled[0]["content"] == [image("x"), text("<image>"), image("y"), {"type": []}, 7]


@pytest.mark.parametrize(
    "said",
    [
        {"content": "<image>"},
        {"content": "!", "reasoning_content": "<image>"},
        {"content": None, "tool_calls": [{"function": {"name": "f", "arguments": "<image>"}}]},
    ],
)
def test_a_mark_that_is_said_beside_images_is_refused(said):
    messages = [{"role": "user", "content": [image("x")]}, {"role": "assistant", **said}]
    with pytest.raises(ValueError, match="a text says <image>"):
        in_columns(messages)
    with pytest.raises(ValueError, match="a text says <image>"):
        in_columns(messages[:1], messages[1])
    assert in_columns(messages[1:]) == (messages[1:], {})  # without images it is a word


def test_a_row_without_media_is_told_by_its_empty_column():
    row = build(Conversation(messages=({"role": "user", "content": "?"},)))
    assert row == {"messages": [{"role": "user", "content": "?"}], "images": []}


pieces = st.text("ab<>image", max_size=4) | st.sampled_from(["<image>", "<video>"])
parts = st.lists(
    st.builds(text, pieces)
    | st.builds(image, st.text(max_size=2), st.sampled_from(["image_url", "video_url"])),
    max_size=4,
)
chats = st.lists(
    st.fixed_dictionaries({"role": st.just("user"), "content": pieces | parts}), max_size=3
)


@given(chats)
def test_what_is_put_into_columns_comes_back(messages):
    try:
        told, columns = in_columns(messages)
    except ValueError:
        said = "".join(
            part.get("text", "")
            for m in messages
            for part in (m["content"] if isinstance(m["content"], list) else [text(m["content"])])
        )
        joined = json.dumps(messages)
        assert "<image>" in said or "<video>" in said or "<image" in joined or "<video" in joined
        return
    for one, other in zip(messages, in_place(told, columns), strict=True):
        assert flat(one["content"]) == flat(other["content"])


def flat(content):
    """Texts joined, media between them."""
    told = []
    for part in content if isinstance(content, list) else [text(content)]:
        if part["type"] == "text" and told and told[-1]["type"] == "text":
            told[-1] = text(told[-1]["text"] + part["text"])
        elif part.get("text") != "":
            told.append(part)
    return told


def test_real_rows_come_back(shared, converted):
    rows = json.loads((shared / "llama-factory-demos/mllm_demo.json").read_text())
    for row in rows:
        for to in (
            "openai-chat",
            "sharegpt",
            "alpaca",
            "llama-factory-v1",
            "trl-prompt-completion",
        ):
            there = converted(row, "chat-with-media", to)
            assert there.losses == ()
            assert converted(there.row, to, "chat-with-media").row == row
