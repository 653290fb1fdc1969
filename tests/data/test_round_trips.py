# SPDX-License-Identifier: Apache-2.0
"""Chat -> X -> chat, for every layout X that can be written: the same, but for what is said."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.registry import modules
from evalkit.data.conversation import Conversation, has_answer, parts_of
from evalkit.data.loss import FEATURES, losses
from evalkit.data.recognise import layout
from evalkit.data.write import json_line

WRITABLE = [name for name in modules("formats") if layout(name).build is not None]
# Of these a row holds one question and one answer, or no words of a system.
NARROW = {
    "prompt-completion", "trl-text", "alpaca", "alpaca-preference", "llama-factory-kto",
    "sharegpt-preference", "table-row", "trl-kto", "trl-preference",
}  # fmt: skip
WITH_CALLS = {  # what becomes of ids that chat completions could have made
    "openai-chat": set(),
    "bedrock-converse": set(),
    "anthropic": set(),
    "mistral": {"new-call-ids"},
    "gemini": {"new-call-ids"},
    "sharegpt": {"new-call-ids"},
    "llama-factory-v1": {"new-call-ids"},
    "trl-prompt-completion": set(),
    "chat-with-media": set(),
}

HAN = "你好，世界！《测试》龘𠮷"
words = st.text(st.sampled_from(HAN + 'ab 1\n"\\{}<>'), min_size=1, max_size=12).filter(str.strip)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
objects = st.dictionaries(words, anything, max_size=2)


def said(role, content, **more):
    return {"role": role, "content": content, **more}


@st.composite
def plain(draw, least=1):
    """A system perhaps, and questions with their answers."""
    turns = []
    for _ in range(draw(st.integers(least, 3))):
        turns += [said("user", draw(words)), said("assistant", draw(words))]
    system = [said("system", draw(words))] if draw(st.booleans()) else []
    return Conversation(messages=(*system, *turns))


@st.composite
def calling(draw):
    """Tools, calls with objects for arguments, and a result for each."""
    names = draw(st.lists(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), min_size=1, max_size=3))
    turns, number = [], 0
    for _ in range(draw(st.integers(1, 2))):
        turns.append(said("user", draw(words)))
        calls = []
        for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=3)):
            number += 1
            spelled = json.dumps(draw(objects), ensure_ascii=draw(st.booleans()))
            calls.append(
                {
                    "id": f"call_{number}x",
                    "type": "function",
                    "function": {"name": name, "arguments": spelled},
                }
            )
        turns.append(said("assistant", draw(st.none() | words), tool_calls=calls))
        results = words | objects.map(json.dumps)
        turns += [said("tool", draw(results), tool_call_id=call["id"]) for call in calls]
        turns.append(said("assistant", draw(words)))
    tools = [
        {"type": "function", "function": {"name": name, "description": "查", "parameters": schema}}
        for name in dict.fromkeys(names)
        for schema in [
            {"type": "object", "properties": {"城": {"type": "string"}}, "required": ["城"]}
        ]
    ]
    return Conversation(messages=tuple(turns), tools=tuple(tools))


images = st.sampled_from(
    [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        {"type": "image_url", "image_url": {"url": "s3://b/猫.jpg", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://x/a?b"}},
        {"type": "video_url", "video_url": {"url": "gs://b/v.mp4"}},
        {"type": "audio_url", "audio_url": {"url": "a.mp3"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {
            "type": "file",
            "file": {"file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf"},
        },
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "不明", "x": 1},
    ]
)
parts = st.lists(words.map(lambda text: {"type": "text", "text": text}) | images, max_size=3)


@st.composite
def rich(draw):
    """Whatever messages can say, in any order, with an answer at the end."""
    told = draw(st.one_of(plain(), calling()))
    messages = [dict(message) for message in told.messages]
    for message in messages:
        if draw(st.integers(0, 3)) == 0:
            message["content"] = draw(parts)
        if draw(st.integers(0, 3)) == 0:
            changes = draw(
                st.sampled_from(
                    [
                        {"name": "小明"},
                        {"weight": 0},
                        {"weight": 1},
                        {"reasoning_content": "想一想"},
                        {"refusal": "不行", "content": None},
                        {"role": "developer"},
                        {"role": "user"},
                        {"role": "assistant"},
                        {"role": "评审"},
                        {"is_error": True},
                        {"x": 1},
                        {"tool_call_id": None},
                    ]
                )
            )
            message.update(changes)
    verdict = draw(st.sampled_from([None, None, True, False]))
    rejected = (said("assistant", draw(words)),) if draw(st.booleans()) else ()
    parallel = draw(st.sampled_from([None, None, False]))
    return replace(
        told,
        messages=tuple(messages),
        verdict=verdict,
        rejected=rejected,
        parallel_tool_calls=parallel,
    )


def fitted(name, conversation):
    """With what the layout cannot do without: a second answer, a verdict."""
    if layout(name).method == "preference" and not name.endswith("kto"):
        other = conversation.rejected or (said("assistant", "不好"),)
        return replace(conversation, rejected=other, verdict=None)
    if name.endswith("kto"):
        return replace(conversation, verdict=conversation.verdict is not False, rejected=())
    return replace(conversation, verdict=None, rejected=())


def spelled(text):
    """JSON however it is spelled."""
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text
    return found if isinstance(found, dict) else text


def meant(message):
    """A message without what says nothing, and without the spelling of JSON."""
    told = {key: value for key, value in message.items() if value is not None and value != []}
    told["content"] = parts_of(told.get("content"))
    if told.get("weight") == (told.get("role") == "assistant"):
        del told["weight"]
    if calls := told.get("tool_calls"):
        told["tool_calls"] = [
            (
                call.get("id"),
                call["function"]["name"],
                spelled(call["function"]["arguments"] or "{}"),
            )
            for call in calls
        ]
    if told.get("role") == "tool":
        told["content"] = [spelled(part.get("text")) or part for part in told["content"]]
    return told


def told(conversation):
    """A conversation without what says nothing."""
    return (
        [*map(meant, conversation.messages)],
        [*map(meant, conversation.rejected)],
        [tool.get("function", tool) for tool in conversation.tools],
        conversation.verdict,
        conversation.parallel_tool_calls,
    )


def there_and_back(name, conversation):
    """The row, and what is read from it; None where the conversation does not fit."""
    known = layout(name)
    try:
        row = known.build(conversation)
    except ValueError:
        return None
    return row, known.conversation(json.loads(json_line(row)))


@pytest.mark.parametrize("name", WRITABLE)
@given(conversation=rich())
@settings(max_examples=50)
def test_what_is_not_said_to_be_lost_is_there(name, conversation):
    conversation = fitted(name, conversation)
    if (found := there_and_back(name, conversation)) is not None:
        lost = losses(conversation, found[1])
        assert {one.feature for one in lost} <= set(FEATURES)
        if not lost:
            before, after = told(conversation), told(found[1])
            for one, other in zip(before[0], after[0], strict=True):
                if "tool_call_id" not in one:  # a result without an id is told whose it is
                    other.pop("tool_call_id", None)
            assert after == before


@pytest.mark.parametrize("name", sorted(set(WRITABLE) - NARROW))
@given(conversation=plain(least=2))
@settings(max_examples=25)
def test_turns_are_not_lost(name, conversation):
    conversation = fitted(name, conversation)
    row, back = there_and_back(name, conversation)
    assert losses(conversation, back) == ()
    assert told(back) == told(conversation)
    written = json_line(row).decode()
    for message in conversation.messages:
        assert set(message["content"]) & set(HAN) <= set(written)


@pytest.mark.parametrize("name", WITH_CALLS)
@given(conversation=calling())
@settings(max_examples=40)
def test_of_tool_calls_nothing_but_ids_is_lost(name, conversation):
    _, back = there_and_back(name, conversation)
    assert {one.feature for one in losses(conversation, back)} == WITH_CALLS[name]
    calls = [call["id"] for message in back.messages for call in message.get("tool_calls", ())]
    results = [m["tool_call_id"] for m in back.messages if m["role"] == "tool"]
    assert calls == results
    assert len(calls) == len({*calls})


@pytest.mark.parametrize("name", WRITABLE)
@given(conversation=rich())
@settings(max_examples=40)
def test_a_second_time_nothing_changes(name, conversation):
    if (found := there_and_back(name, fitted(name, conversation))) is not None:
        row, back = found
        again = there_and_back(name, back)
        assert again is not None
        if unanswered(conversation):  # whose result is whose cannot be told where there are no ids
            row, back = again
            again = there_and_back(name, back)
            assert again is not None
        assert again[0] == row
        assert losses(back, again[1]) == ()


def unanswered(conversation):
    """Whether a call has no result."""
    calls = {c["id"] for m in conversation.messages for c in m.get("tool_calls") or ()}
    results = [m for m in conversation.messages if m.get("role") == "tool"]
    return bool(calls - {m.get("tool_call_id") for m in results})


@st.composite
def broken(draw, name):
    """A row of a layout in which something is something else."""
    known = layout(name)
    try:
        row = known.build(fitted(name, draw(rich())))
    except ValueError:
        row = {key: draw(anything) for key in known.keys}
    row = json.loads(json_line(row))
    for _ in range(draw(st.integers(1, 3))):
        node, path = row, []
        while isinstance(node, dict | list) and node and (not path or draw(st.integers(0, 4))):
            keys = sorted(node) if isinstance(node, dict) else range(len(node))
            path.append((node, draw(st.sampled_from(keys))))
            node = node[path[-1][1]]
        if path:
            holder, key = path[-1]
            holder[key] = draw(anything)
    return row


@pytest.mark.parametrize("name", sorted(modules("formats")))
@given(data=st.data())
@settings(max_examples=30)
def test_nothing_is_too_broken_to_be_read(name, data):
    known = layout(name)
    row = (
        data.draw(broken(name)) if known.build else {key: data.draw(anything) for key in known.keys}
    )
    for message in known.messages(row):
        assert isinstance(message.role, str)
        assert isinstance(message.text, str)
    assert list(known.tools(row)) is not None
    for other in modules("formats"):
        layout(other).matches(row)
    read = known.conversation(row)
    has_answer(read.messages)
    to = data.draw(st.sampled_from(WRITABLE))
    if (found := there_and_back(to, read)) is not None:
        losses(read, found[1])
