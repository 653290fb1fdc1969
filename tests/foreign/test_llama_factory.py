# SPDX-License-Identifier: Apache-2.0
"""LLaMA-Factory's own parser, converters and formatters on what we write, with our entries.

`pip install --no-deps llamafactory` is enough, with transformers and datasets: its packages import
torch in their `__init__`, so these are passed by. Replaced are `extras.misc` (two questions about
the environment) and two file names that it takes from peft. What converts is its own code.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import types
import warnings

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.recognise import layout
from evalkit.data.stanza import FILE, merged, stanza
from evalkit.data.write import json_line

pytestmark = pytest.mark.filterwarnings("ignore")

TOOL = {
    "type": "function",
    "function": {
        "name": "天气",
        "description": "d",
        "parameters": {"type": "object", "properties": {"城": {"type": "string"}}},
    },
}
SYSTEM, ASKED = {"role": "system", "content": "要简短"}, {"role": "user", "content": "三加四？"}
GOOD, BAD = {"role": "assistant", "content": "七"}, {"role": "assistant", "content": "八"}


def call(number, city):
    spelled = json.dumps({"城": city}, ensure_ascii=False)
    return {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": "天气", "arguments": spelled},
    }


PLAIN = Conversation(messages=(SYSTEM, ASKED, GOOD, ASKED, GOOD))
CALLING = Conversation(
    messages=(
        ASKED,
        {"role": "assistant", "content": None, "tool_calls": [call(1, "北京"), call(2, "上海")]},
        {"role": "tool", "tool_call_id": "call_1", "content": "晴"},
        {"role": "tool", "tool_call_id": "call_2", "content": "雨"},
        GOOD,
    ),
    tools=(TOOL,),
)
SHOWN = Conversation(
    messages=(
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "谁？"},
                {"type": "image_url", "image_url": {"url": "1.jpg"}},
            ],
        },
        GOOD,
    )
)
PAIR = Conversation(messages=(SYSTEM, ASKED, GOOD), answer=1, rejected=(BAD,))
JUDGED = Conversation(messages=(SYSTEM, ASKED, BAD), verdict=False)


@pytest.fixture(scope="module")
def factory():
    """Imports modules of LLaMA-Factory by their names, past the `__init__` of their packages."""
    found = importlib.util.find_spec("llamafactory")
    if found is None or not found.submodule_search_locations:
        pytest.skip("llamafactory is not installed")
    for needed in ("datasets", "transformers"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")
    [root] = found.submodule_search_locations
    before = set(sys.modules)
    for name in (
        "",
        ".data",
        ".extras",
        ".v1",
        ".v1.utils",
        ".v1.plugins",
        ".v1.plugins.data_plugins",
    ):
        package = types.ModuleType(f"llamafactory{name}")
        package.__path__ = [root + name.replace(".", "/")]
        sys.modules[package.__name__] = package
    misc = types.ModuleType("llamafactory.extras.misc")
    misc.use_modelscope = misc.use_openmind = lambda: False
    sys.modules[misc.__name__] = misc
    names = types.ModuleType("peft.utils")
    names.SAFETENSORS_WEIGHTS_NAME, names.WEIGHTS_NAME = "a.safetensors", "a.bin"
    known = {name: sys.modules.get(name) for name in ("peft", "peft.utils")}
    sys.modules |= {"peft": types.ModuleType("peft"), "peft.utils": names}

    def load(name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(f"llamafactory.{name}")

    yield load
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("llamafactory", "peft"):
            del sys.modules[name]
    sys.modules |= {name: module for name, module in known.items() if module is not None}


@pytest.fixture
def aligned(factory, tmp_path):
    """Rows as LLaMA-Factory sees them: our file, our entry, datasets, its parser and converter."""

    def run(name, *said):
        from datasets import load_dataset

        rows = [layout(name).build(one) for one in said]
        path = tmp_path / "训练.jsonl"
        path.write_bytes(b"".join(json_line(row) + b"\n" for row in rows))
        used = {key for row in rows for key in row}
        merged(tmp_path / FILE, "ours", stanza(layout(name), path.name, used))
        [attributes] = factory("data.parser").get_dataset_list(["ours"], str(tmp_path))
        assert attributes.load_from == "file"
        assert attributes.dataset_name == path.name
        settings = types.SimpleNamespace(
            media_dir=str(tmp_path), streaming=False, preprocessing_num_workers=None,
            overwrite_cache=True,
        )  # fmt: skip
        cache = str(tmp_path / "cache")
        data = load_dataset("json", data_files=str(path), split="train", cache_dir=cache)
        training = types.SimpleNamespace(local_process_index=0)
        return list(factory("data.converter").align_dataset(data, attributes, settings, training))

    return run


def turn(role, content):
    return {"role": role, "content": content}


@pytest.mark.parametrize("name", ["sharegpt", "alpaca", "chat-with-media"])
def test_conversations(aligned, name):
    first, second = aligned(name, PLAIN, Conversation(messages=(ASKED, GOOD)))
    asked = turn("user", "三加四？")
    assert first["_prompt"] == [asked, turn("assistant", "七"), asked]
    assert first["_response"] == [turn("assistant", "七")]
    assert first["_system"] == "要简短"
    assert second["_prompt"] == [asked]
    assert not second["_system"]


def test_chat_rows_are_read_under_their_own_tags(aligned):
    [row] = aligned("openai-chat", PLAIN)
    assert row["_system"] == "要简短"  # by "openai": with "detailed thinking off"
    assert len(row["_prompt"]) == 3


def test_texts_and_prompts(aligned):
    [row] = aligned("prompt-completion", Conversation(messages=(ASKED, GOOD)))
    assert (row["_prompt"], row["_response"]) == (
        [turn("user", "三加四？")],
        [turn("assistant", "七")],
    )


@pytest.mark.parametrize("name", ["sharegpt-preference", "alpaca-preference", "chat-preference"])
def test_pairs(aligned, name):
    [row] = aligned(name, PAIR)
    assert row["_prompt"] == [turn("user", "三加四？")]
    assert row["_response"] == [turn("assistant", "七"), turn("assistant", "八")]
    assert row["_system"] == "要简短"


def test_verdicts(aligned):
    bad, good = aligned(
        "llama-factory-kto", JUDGED, Conversation(messages=(ASKED, GOOD), verdict=True)
    )
    assert bad["_response"] == [turn("assistant", ""), turn("assistant", "八")]
    assert good["_response"] == [turn("assistant", "七"), turn("assistant", "")]
    assert bad["_system"] == "要简短"


@pytest.mark.parametrize("name", ["sharegpt", "alpaca", "chat-with-media"])
def test_images(aligned, name):
    [row] = aligned(name, SHOWN)
    assert row["_images"] == ["1.jpg"]
    assert row["_prompt"][0]["content"] == "谁？<image>"


def formatted(factory, row, form):
    """The calls of a row as a template would write them, and the tools."""
    formatter = factory("data.formatter")
    [content] = [m["content"] for m in row["_prompt"] if m["role"] == "function"]
    function = formatter.FunctionFormatter(slots=["{{content}}"], tool_format=form)
    [said] = function.apply(content=content, thought_words=("<think>\n", "\n</think>\n\n"))
    [tools] = formatter.ToolFormatter(tool_format=form).apply(content=row["_tools"])
    return said, tools


@pytest.mark.parametrize("form", ["default", "qwen", "llama3", "minimax1", "mistral"])
def test_calls_in_sharegpt(factory, aligned, form):
    [row] = aligned("sharegpt", CALLING)
    assert [m["role"] for m in row["_prompt"]] == ["user", "function", "observation"]
    assert row["_prompt"][2]["content"] == "晴\n</tool_response>\n<tool_response>\n雨"
    said, tools = formatted(factory, row, form)
    assert "北京" in said
    assert "上海" in said
    assert '\\"' not in said  # written once
    assert "天气" in tools


def test_thoughts_before_calls(factory, aligned):
    messages = [dict(m) for m in CALLING.messages]
    messages[1]["reasoning_content"] = "想一想"
    [row] = aligned("sharegpt", Conversation(messages=tuple(messages), tools=(TOOL,)))
    said, _ = formatted(factory, row, "qwen")
    assert said.startswith("<think>\n想一想\n</think>\n\n<tool_call>\n{")


def test_calls_in_chat_rows_are_written_twice(factory, aligned):
    """What targets/llama-factory.toml warns of; their shape is taken all the same."""
    [row] = aligned("openai-chat", CALLING)
    assert [m["role"] for m in row["_prompt"]] == ["user", "function", "observation"]
    assert row["_prompt"][2]["content"] == "晴\n</tool_response>\n<tool_response>\n雨"
    said, _ = formatted(factory, row, "qwen")
    assert '\\"' in said


def test_a_text_with_calls_behind_it_is_dropped(aligned):
    messages = [dict(m) for m in CALLING.messages]
    messages[1]["content"] = "Let me see."
    [row] = aligned("sharegpt", Conversation(messages=tuple(messages), tools=(TOOL,)))
    assert row["_prompt"] == []


def test_v1_rows_are_what_its_converter_makes(factory):
    """Its types of v1, as it makes them itself from ShareGPT rows."""
    convert = factory("v1.plugins.data_plugins.converter").DataConverterPlugin("sharegpt")
    for said in (PLAIN, Conversation(messages=CALLING.messages[:3], tools=(TOOL,))):
        theirs = convert(layout("sharegpt").build(said))
        ours = layout("llama-factory-v1").build(said)
        assert values(ours) == values(theirs)
        assert layout("llama-factory-v1").conversation(theirs) == layout(
            "llama-factory-v1"
        ).conversation(ours)


def test_v1_pairs_are_what_its_converter_makes(factory):
    convert = factory("v1.plugins.data_plugins.converter").DataConverterPlugin("pair")
    raw = {"chosen": [*PAIR.messages], "rejected": [*PAIR.prompt, *PAIR.rejected]}
    assert convert(raw) == layout("llama-factory-v1-preference").build(PAIR)


def values(row):
    """A row with the JSON in it as values: they write Chinese as escapes."""
    told = json.loads(json.dumps(row))
    for message in told["messages"]:
        for block in message["content"]:
            if block["type"] == "tool_call":
                block["value"] = json.loads(block["value"])
    return {**told, "tools": json.loads(told.get("tools", "[]"))}


def test_real_files(factory, aligned, shared):
    """Its own demo of tool calls, by way of chat and back: as many rows are taken as before."""
    path = shared / "llama-factory-demos/glaive_toolcall_zh_demo.json"
    rows = json.loads(path.read_text("utf-8"))
    said = [layout("sharegpt").conversation(row) for row in rows]
    done = aligned("sharegpt", *said)
    assert len(done) == 300
    assert all(row["_response"] for row in done)
