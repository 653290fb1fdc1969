# SPDX-License-Identifier: Apache-2.0
"""Whatever is written by the layouts of trainers is valid, and known again as what it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.resources import schema
from evalkit.data.conversation import Conversation
from evalkit.data.loss import losses
from evalkit.data.recognise import kind_of, layout

NAMES = [
    "alpaca", "alpaca-preference", "chat-preference", "chat-with-media", "llama-factory-kto",
    "llama-factory-v1", "llama-factory-v1-preference", "sharegpt", "sharegpt-preference", "trl-kto",
    "trl-preference", "trl-prompt-completion",
]  # fmt: skip

texts = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(
    ["<image>", "<think>a</think>", "{}", '{"name": "f"}', "</tool_response>"]
)
parts = st.lists(
    st.builds(lambda t: {"type": "text", "text": t}, texts)
    | st.builds(
        lambda kind, url: {"type": kind, kind: {"url": url}},
        st.sampled_from(["image_url", "video_url", "audio_url"]),
        texts,
    ),
    max_size=3,
)
arguments = st.dictionaries(texts, texts | st.integers(), max_size=2).map(json.dumps)
calls = st.builds(
    lambda name, given, known: {
        "id": known,
        "type": "function",
        "function": {"name": name, "arguments": given},
    },
    texts,
    arguments,
    texts,
)
messages = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "developer"]), "content": texts}),
    st.fixed_dictionaries({"role": st.just("user"), "content": texts | parts}),
    st.fixed_dictionaries(
        {"role": st.just("assistant"), "content": texts},
        optional={"reasoning_content": texts, "weight": st.sampled_from([0, 1])},
    ),
    st.fixed_dictionaries(
        {
            "role": st.just("assistant"),
            "content": st.none() | texts,
            "tool_calls": st.lists(calls, min_size=1, max_size=2),
        }
    ),
    st.fixed_dictionaries({"role": st.just("tool"), "tool_call_id": texts, "content": texts}),
)
answers = st.fixed_dictionaries({"role": st.just("assistant"), "content": texts})
conversations = st.builds(
    lambda said, answer, rejected, verdict, tools: Conversation(
        messages=(*said, answer),
        tools=tools,
        rejected=rejected if verdict is None else (),
        verdict=verdict,
    ),
    st.lists(messages, max_size=4),
    answers,
    st.lists(answers, max_size=1).map(tuple),
    st.none() | st.booleans(),
    st.lists(
        st.just({"type": "function", "function": {"name": "f", "parameters": {}}}), max_size=1
    ).map(tuple),
)


@pytest.fixture(scope="module")
def valid():
    import jsonschema_rs

    return {name: jsonschema_rs.Draft202012Validator(schema(name)) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(said=conversations)
def test_rows_are_valid_and_known_and_settle(valid, name, said):
    """What is read from a row that we wrote, and written, says the same: nothing wanders."""
    build, read = layout(name).build, layout(name).conversation
    try:
        row = build(said)
    except ValueError:
        return  # which reason it gives is told layout by layout
    assert [e.message for e in valid[name].iter_errors(row)] == []
    if any(m.get("content") for m in row.get("messages", [{"content": "x"}])):
        assert kind_of(row).name == name
    again = build(read(row))
    assert {one.feature for one in losses(read(row), read(again))} <= {"new-call-ids"}
    assert build(read(again)) == again
