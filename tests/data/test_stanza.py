# SPDX-License-Identifier: Apache-2.0
"""Entries of dataset_info.json; LLaMA-Factory itself reads them in tests/foreign."""

from __future__ import annotations

import json

import pytest

from evalkit.core.errors import InputError, UsageError
from evalkit.data.recognise import layout
from evalkit.data.stanza import merged, stanza
from evalkit.targets.load import target_named

TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "observation_tag": "tool",
    "function_tag": "function",
    "system_tag": "system",
}
PAIR = {"chosen": "chosen", "rejected": "rejected"}


@pytest.mark.parametrize(
    ("name", "used", "entry"),
    [
        (
            "alpaca",
            ["instruction", "input", "output", "system", "history"],
            {
                "formatting": "alpaca",
                "columns": {
                    "prompt": "instruction",
                    "query": "input",
                    "history": "history",
                    "response": "output",
                    "system": "system",
                },
            },
        ),
        # A column that is named and not there is a KeyError there.
        (
            "alpaca",
            ["instruction", "output"],
            {
                "formatting": "alpaca",
                "columns": {"prompt": "instruction", "response": "output"},
            },
        ),
        (
            "sharegpt",
            ["conversations", "tools", "images", "metadata"],
            {
                "formatting": "sharegpt",
                "columns": {"messages": "conversations", "tools": "tools", "images": "images"},
            },
        ),
        (
            "sharegpt-preference",
            ["conversations", "chosen", "rejected"],
            {
                "formatting": "sharegpt",
                "ranking": True,
                "columns": {"messages": "conversations", **PAIR},
            },
        ),
        (
            "openai-chat",
            ["messages"],
            {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": TAGS},
        ),
        (
            "openai-chat",
            ["messages", "tools"],
            {
                "formatting": "openai",
                "columns": {"messages": "messages", "tools": "tools"},
                "tags": TAGS,
            },
        ),
        (
            "chat-preference",
            ["messages", "chosen", "rejected"],
            {
                "formatting": "sharegpt",
                "ranking": True,
                "columns": {"messages": "messages", **PAIR},
                "tags": TAGS,
            },
        ),
        (
            "llama-factory-kto",
            ["messages", "label"],
            {
                "formatting": "sharegpt",
                "columns": {"messages": "messages", "kto_tag": "label"},
                "tags": TAGS,
            },
        ),
        (
            "llama-factory-kto",
            ["instruction", "output", "kto_tag"],
            {
                "formatting": "alpaca",
                "columns": {"prompt": "instruction", "response": "output", "kto_tag": "kto_tag"},
            },
        ),
        (
            "prompt-completion",
            ["prompt", "completion"],
            {"formatting": "alpaca", "columns": {"prompt": "prompt", "response": "completion"}},
        ),
    ],
)
def test_entries(name, used, entry):
    assert stanza(layout(name), "数据.jsonl", used) == {"file_name": "数据.jsonl", **entry}


@pytest.mark.parametrize("name", target_named("llama-factory").formats)
def test_every_layout_that_the_target_reads(name):
    if name.startswith("llama-factory-v1"):
        with pytest.raises(UsageError, match="no entry") as caught:
            stanza(layout(name), "a.jsonl", ["messages"])
        assert "train_dataset: a.jsonl" in caught.value.hint
    else:
        assert stanza(layout(name), "a.jsonl", layout(name).keys)["columns"]


def test_others_have_none():
    with pytest.raises(UsageError, match="read gemini") as caught:
        stanza(layout("gemini"), "a.jsonl", [])
    assert "sharegpt" in caught.value.hint


ENTRY = {"file_name": "a.jsonl", "formatting": "sharegpt", "columns": {"messages": "conversations"}}


def test_entries_are_merged(tmp_path):
    path = tmp_path / "dataset_info.json"
    merged(path, "甲", ENTRY)
    assert path.read_text("utf-8").splitlines()[1] == '  "甲": {'
    merged(path, "b", {**ENTRY, "file_name": "b.jsonl"})
    merged(path, "甲", {**ENTRY, "formatting": "openai"})
    assert json.loads(path.read_text("utf-8")) == {
        "甲": {**ENTRY, "formatting": "openai"},
        "b": {**ENTRY, "file_name": "b.jsonl"},
    }


def test_settings_of_the_user_stay(tmp_path):
    path = tmp_path / "dataset_info.json"
    old = {"a": {**ENTRY, "num_samples": 7, "ranking": True, "tags": {}}, "x": ["?"]}
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(old).encode())
    merged(path, "a", ENTRY)
    assert json.loads(path.read_text("utf-8")) == {"a": {**ENTRY, "num_samples": 7}, "x": ["?"]}


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (b'{"a": }', "dataset_info.json:1:7 is no JSON"),
        (b"[]", "holds no object"),
        (b"[" * 100_000, "cannot be read as JSON|is no JSON"),
        (b'{"a": {"file_name": "other.jsonl"}}', "has an entry `a` for another file"),
        (b'{"a": {"hf_hub_url": "x"}}', "has an entry `a` for another file"),
        (b'{"a": 7}', "has an entry `a` for another file"),
        (b"\xff\xfe", "it is not UTF-8"),
    ],
)
def test_what_cannot_be_merged_stays(tmp_path, there, said):
    path = tmp_path / "dataset_info.json"
    path.write_bytes(there)
    with pytest.raises(InputError, match=said):
        merged(path, "a", ENTRY)
    assert path.read_bytes() == there


@pytest.mark.parametrize("name", ["", " ", "a,b"])
def test_names_that_mean_nothing_there(tmp_path, name):
    with pytest.raises(UsageError, match="cannot be the name"):
        merged(tmp_path / "dataset_info.json", name, ENTRY)
