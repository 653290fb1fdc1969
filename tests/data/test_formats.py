# SPDX-License-Identifier: Apache-2.0
"""Each layout: known by its keys, seen as a conversation, built from one, valid by its schema."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.core.registry import modules, names
from evalkit.core.resources import schema
from evalkit.data.convert import Account, convert
from evalkit.data.read import open_data
from evalkit.data.recognise import layout, recognise

CHAT = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}


def example(value, name):
    return Example(Location(source="x", line=1), b"", value, layout(name))


def converted(value, to, source="openai-chat", **options):
    account = Account()
    return list(convert([example(value, source)], layout(to), account, **options)), account


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ([{"messages": []}], "openai-chat"),
        ([{"messages": [*CHAT], "id": 1}], "openai-chat"),
        ([{"messages": [CHAT[0]]}], "openai-chat"),
        ([{"messages": [CHAT[0]], "metadata": {}, "id": 1}], "openai-chat"),
        ([{"messages": [CHAT[0]], "target": 1}] * 3, "openai-reinforcement"),
        ([{"messages": [CHAT[0]], "target": 1}, {"messages": [*CHAT]}], "openai-chat"),
        ([{"messages": [CHAT[0], CHAT[1], CHAT[0]], "t": 1}], "openai-reinforcement"),
        ([{"input": {}, "preferred_output": []}], "openai-preference"),
        ([{"prompt": "", "completion": ""}], "prompt-completion"),
        ([{"conversations": []}], "sharegpt"),
        ([{"instruction": "", "input": "", "output": ""}], "alpaca"),
        ([{"input": "", "ideal": ""}], "evals-row"),
        ([{"prompt": "", "completion": ""}, {"messages": []}, {"messages": []}], "openai-chat"),
        ([{"messages": [*CHAT], "label": True}], "llama-factory-kto"),
        ([{"messages": [*CHAT], "label": "refund"}], "openai-chat"),
        ([{"messages": [CHAT[0]], "label": True}] * 2, "openai-reinforcement"),
        ([{"instruction": "", "output": "", "kto_tag": True}], "llama-factory-kto"),
        ([{"prompt": "", "completion": "", "label": True}], "trl-kto"),
        ([{"prompt": "", "completion": "", "label": "x"}], "prompt-completion"),
        ([{"prompt": [], "completion": []}], "trl-prompt-completion"),
        ([{"prompt": "", "chosen": "", "rejected": ""}], "trl-preference"),
        ([{"prompt": "", "messages": [*CHAT], "chosen": [], "rejected": []}], "trl-preference"),
        ([{"messages": [*CHAT], "chosen": {}, "rejected": {}}], "chat-preference"),
        ([{"conversations": [], "chosen": {}, "rejected": {}}], "sharegpt-preference"),
        ([{"instruction": "", "chosen": "", "rejected": ""}], "alpaca-preference"),
        ([{"chosen_messages": [], "rejected_messages": []}], "llama-factory-v1-preference"),
        ([{"messages": [{"content": [{"type": "text", "value": ""}]}]}], "llama-factory-v1"),
        ([{"messages": [{"content": [{"type": "text", "text": ""}]}]}], "openai-chat"),
        ([{"messages": [*CHAT], "images": []}], "chat-with-media"),
        ([{"text": "", "source": ""}], "trl-text"),
        ([{"text": "", "label": ""}], None),
        ([{"item": {"x": 1}}], "evals-item"),
        ([{"item": 1}], None),
        ([{"q": 1}], None),
        ([], None),
        ([None, 1], None),
    ],
)
def test_recognised(rows, name):
    found = recognise(rows)
    assert (found.name if found else None) == name


@pytest.mark.parametrize("name", names("formats"))
def test_bad_shapes_give_fewer_messages(name):
    known = layout(name)
    for bad in (None, 1, "x", [], [1], {}, [{}], [{"role": 1}], {"messages": 1}, [[1, 2], [3]]):
        keys = known.keys | {"messages", "conversations"}
        for value in ({}, dict.fromkeys(keys, bad)):
            for message in known.messages(value):
                assert isinstance(message.role, str)
                assert isinstance(message.text, str)
            assert list(known.tools(value)) is not None


def test_pointers_lead_to_the_text():
    rows = {
        "openai-chat": {"messages": [*CHAT]},
        "prompt-completion": {"prompt": "a", "completion": "b"},
        "alpaca": {"instruction": "a", "input": "", "output": "b"},
        "evals-row": {"input": "a", "ideal": ["b", "c"]},
        "sharegpt": {
            "conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]
        },
        "openai-preference": {
            "input": {"messages": [CHAT[0]]},
            "preferred_output": [CHAT[1]],
            "non_preferred_output": [CHAT[1]],
        },
        "trl-preference": {"prompt": "a", "chosen": "b", "rejected": "c"},
        "trl-kto": {"prompt": [CHAT[0]], "completion": "b", "label": True},
        "alpaca-preference": {"instruction": "a", "chosen": "b", "rejected": "c"},
        "chat-preference": {"messages": [CHAT[0]], "chosen": CHAT[1], "rejected": CHAT[1]},
        "sharegpt-preference": {
            "conversations": [{"from": "human", "value": "a"}],
            "chosen": {"from": "gpt", "value": "b"},
            "rejected": {"from": "gpt", "value": "c"},
        },
        "evals-item": {"item": {"input": "a", "ideal": "b"}},
    }
    for name, value in rows.items():
        messages = layout(name).messages(value)
        assert [(m.role, m.text) for m in messages] == [("user", "a"), ("assistant", "b")]
        for message in messages:
            found = value
            for step in message.pointer.split("/")[1:]:
                found = found[int(step) if isinstance(found, list) else step]
            assert found in (message.text, {**message.value}, {"from": "human", "value": "a"}) or (
                found == {"from": "gpt", "value": "b"}
            )


def test_blocks_are_seen_as_parts_calls_and_reasoning():
    def block(kind, value):
        return {"type": kind, "value": value}

    call = '{"name": "f", "arguments": {"城": "北京"}}'
    value = {
        "messages": [
            {"role": "user", "content": [block("image_url", "x.jpg"), block("text", "a")]},
            {"role": "assistant", "content": [block("reasoning", "r"), block("tool_call", call)]},
            {"role": "tool", "content": [block("text", "7")]},
            {"role": "assistant", "content": [block("text", "b")], "loss_weight": 0.0},
        ]
    }
    asked, called, result, answer = layout("llama-factory-v1").messages(value)
    assert asked.text == "a"
    assert asked.content[0] == {"type": "image_url", "image_url": {"url": "x.jpg"}}
    assert called.content is None
    assert called.value["reasoning_content"] == "r"
    assert called.value["tool_calls"][0]["function"]["arguments"] == '{"城": "北京"}'
    assert result.value["tool_call_id"] == called.value["tool_calls"][0]["id"]
    assert answer.value["weight"] == 0
    assert answer.pointer == "/messages/3"


def test_a_prompt_that_stands_in_the_answers_too_is_seen_once():
    value = {"prompt": "a", "chosen": [*CHAT], "rejected": [*CHAT]}
    seen = layout("trl-preference").messages(value)
    assert [(m.role, m.text) for m in seen] == [("user", "a"), ("assistant", "b")]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("llama-factory-demos/alpaca_zh_demo.json", "alpaca"),
        ("llama-factory-demos/glaive_toolcall_zh_demo.json", "sharegpt"),
        ("llama-factory-demos/identity.json", "alpaca"),
        ("llama-factory-demos/kto_en_demo.json", "llama-factory-kto"),
        ("llama-factory-demos/mllm_demo.json", "chat-with-media"),
        ("llama-factory-demos/stanford_alpaca_seed_tasks.jsonl", None),
        ("llama-factory-demos/v1_multimodal_demo.jsonl", "llama-factory-v1"),
        ("huatuo-med-zh/medical_sft_1K_sharegpt.jsonl", "sharegpt"),
        ("chatlaw-law-zh/fine_tuning.jsonl", "openai-chat"),
        ("foundry-dpo-orca/validation.jsonl", "openai-preference"),
        ("foundry-rft-countdown/countdown_train_100.jsonl", "openai-reinforcement"),
        ("foundry-rft-countdown/countdown_eval_100.jsonl", "evals-item"),
        ("foundry-tool-calls/rft_valid_tool.jsonl", "openai-reinforcement"),
        ("foundry-tool-calls/stock_toolcall_training.jsonl", "openai-chat"),
        ("alpaca-eval-pair/alpaca-7b/model_outputs.json", "alpaca"),
        ("openai-cookbook/olympics_qa_test.jsonl", "prompt-completion"),
        ("20news-baseball-hockey/train.jsonl", None),
    ],
)
def test_real_files_are_known(shared, name, known):
    assert open_data(shared / name).format == known


texts = st.text(st.characters(codec="utf-8"), max_size=8)
said = texts.filter(lambda t: t != "")
turns = st.lists(st.tuples(texts, texts), min_size=1, max_size=3)


@given(turns, st.none() | said, st.sampled_from(["sharegpt", "alpaca", "evals-row", "openai-chat"]))
def test_plain_conversations_come_back(pairs, system, name):
    messages = [{"role": "system", "content": system}] if system else []
    for question, answer in pairs:
        messages += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
    value = {"messages": messages}
    [there], account = converted(value, name)
    assert not account.lost
    assert not account.rewritten
    assert converted(there, "openai-chat", source=name)[0] == [value]


@given(texts, texts)
def test_single_exchanges_come_back(question, answer):
    value = {
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
    }
    [there], _ = converted(value, "prompt-completion")
    assert there == {"prompt": question, "completion": answer}
    assert converted(there, "openai-chat", source="prompt-completion")[0] == [value]


def test_tool_calls_come_back_but_for_their_ids():
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"城": "北京"}'}}
    tools = [{"type": "function", "function": {"name": "f"}}]
    value = {
        "messages": [
            CHAT[0],
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "7"},
            CHAT[1],
        ],
        "tools": tools,
    }
    [there], account = converted(value, "sharegpt")
    assert [turn["from"] for turn in there["conversations"]] == [
        "human",
        "function_call",
        "observation",
        "gpt",
    ]
    assert "北京" in there["conversations"][1]["value"]
    assert not account.lost
    assert dict(account.rewritten) == {"new-call-ids": 1}
    [back], _ = converted(there, "openai-chat", source="sharegpt")
    ours, theirs = json.dumps(back), json.dumps(value)
    assert ours.replace("call_1_0", "c") == theirs


@pytest.mark.parametrize(
    ("value", "to", "lost"),
    [
        (
            {"messages": [{"role": "system", "content": "s"}, *CHAT]},
            "prompt-completion",
            "system",
        ),
        ({"messages": [CHAT[0], {**CHAT[1], "weight": 0}]}, "sharegpt", "weights"),
        ({"messages": [{**CHAT[0], "name": "Al"}, CHAT[1]]}, "alpaca", "names"),
        ({"messages": [*CHAT], "tools": [{"type": "function"}]}, "prompt-completion", "tools"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}, CHAT[1]]},
            "alpaca",
            "parts",
        ),
    ],
)
def test_losses_are_counted(value, to, lost):
    rows, account = converted(value, to)
    assert len(rows) == 1
    assert dict(account.lost) == {lost: 1}


def test_verdicts_are_lost_in_a_chat():
    row = {"messages": [*CHAT], "label": True}
    _, account = converted(row, "openai-chat", "llama-factory-kto")
    assert dict(account.lost) == {"verdicts": 1}


def test_answers_without_their_history_are_left_out():
    rows, account = converted({"messages": [*CHAT, *CHAT]}, "prompt-completion")
    assert rows == []
    assert account.left_out[0][1] == "several turns do not fit into one prompt"


def test_rows_that_are_as_wanted_stay_as_they_are():
    value = {"messages": [*CHAT], "parallel_tool_calls": False, "x": 1, "metadata": {"lang": "zh"}}
    assert converted(value, "openai-chat")[0] == [value]


def test_fields_are_kept_on_demand():
    row = Example(
        Location(source="x"),
        b"",
        {"messages": [*CHAT]},
        layout("openai-chat"),
        cells={"/messages/0/content": "A2"},
        fields={"lang": "zh"},
    )
    [kept] = convert([row], layout("openai-chat"), Account(), keep=["lang", "topic"])
    assert kept["metadata"] == {"lang": "zh"}


OURS = {"recorded-answers", "run-samples", "table-row"}  # nobody writes them but evalkit
SCHEMAS = sorted({*modules("formats")} - OURS)


@pytest.fixture(scope="module")
def valid():
    import jsonschema_rs

    return {name: jsonschema_rs.Draft202012Validator(schema(name)) for name in SCHEMAS}


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas_and_name_a_rule_for_every_constraint(name):
    import jsonschema

    document = schema(name)
    jsonschema.Draft202012Validator.check_schema(document)
    constraints = {"type", "required", "enum", "minItems", "maxItems", "not", "anyOf"}

    def walk(node, path, judging):
        if isinstance(node, list):
            for inner in node:
                walk(inner, path, judging)
        if not isinstance(node, dict):
            return
        if judging:
            assert constraints & set(node) <= set(node.get("x-rule", {})), path
        for key, inner in node.items():
            if key in {"properties", "$defs"}:
                for member, sub in inner.items():
                    walk(sub, f"{path}/{key}/{member}", judging)
            elif key in {"items", "then", "else", "allOf"}:
                walk(inner, f"{path}/{key}", judging)

    walk(document, name, judging=True)


@pytest.mark.parametrize(
    ("message", "keyword"),
    [
        ({"role": "user", "content": "x"}, None),
        ({"role": "user", "content": ""}, None),
        ({"role": "user", "content": "x", "reasoning": 1}, None),
        (
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                ],
            },
            None,
        ),
        (
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "f", "arguments": "{}"},
            },
            None,
        ),
        ({"role": "assistant", "content": None, "refusal": "no"}, None),
        ({"role": "assistant", "content": "x", "weight": 0}, None),
        ({"role": "assistant", "content": [{"type": "text", "text": "x"}]}, None),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}, None),
        ({"role": "user", "content": [{"type": "input_audio"}]}, None),
        (7, "type"),
        ({"content": "x"}, "required"),
        ({"role": "user"}, "required"),
        ({"role": "user", "content": None}, "not"),
        ({"role": "assistant"}, "required"),
        ({"role": "assistant", "content": None}, "not"),
        ({"role": "assistant", "content": None, "refusal": None}, "not"),
        ({"role": "assistant", "content": None, "tool_calls": None}, "not"),
        ({"role": "bot", "content": "x"}, "enum"),
        ({"role": None, "content": "x"}, "type"),
        ({"role": "user", "content": {"text": "x"}}, "type"),
        ({"role": "user", "content": ["x"]}, "type"),
        ({"role": "user", "content": [{"type": "text"}]}, "required"),
        ({"role": "assistant", "content": "x", "weight": True}, "enum"),
        ({"role": "assistant", "content": "x", "weight": "1"}, "enum"),
        ({"role": "assistant", "tool_calls": []}, "minItems"),
    ],
)
def test_shape_of_a_message(valid, message, keyword):
    errors = list(valid["openai-chat"].iter_errors({"messages": [message]}))
    assert {str(e.schema_path[-1]) for e in errors} >= ({keyword} if keyword else set())
    assert bool(errors) == bool(keyword)


def test_good_files_are_valid(shared, valid):
    files = [
        *shared.glob("foundry-*/*.jsonl"),
        *shared.glob("chatlaw-law-zh/fine_tuning.jsonl"),
        *shared.glob("csv-xlsx-to-jsonl/*"),
        *shared.glob("openai-cookbook/*.jsonl"),
        *shared.glob("nlbse24-issues/*.jsonl"),
        *shared.glob("llama-factory-demos/*.json*"),
        *shared.glob("huatuo-med-zh/*.jsonl"),
    ]
    judged = 0
    for path in files:
        if path.name in {"README.md", "raw-finetuning-prompts.csv"}:
            continue
        data = open_data(path)
        if data.format in valid:
            judged += 1
            for one in data:
                assert one.broken or valid[data.format].is_valid(one.value), one.location
    assert judged >= 20


def test_both_engines_agree(valid):
    import jsonschema

    rows = [{}, {"messages": []}, {"messages": [*CHAT]}, {"messages": [{"role": "x"}]}, [], 7]
    rows += [{"conversations": [{"from": "gpt"}, {"role": "user", "content": "a"}]}, {"text": None}]
    for name in SCHEMAS:
        reference = jsonschema.Draft202012Validator(schema(name))
        for row in rows:
            assert reference.is_valid(row) == valid[name].is_valid(row)
