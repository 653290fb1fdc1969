# SPDX-License-Identifier: Apache-2.0
"""Rows against their schemas: one fault is one violation, whatever the row looks like."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.core.pointer import at, replaced
from evalkit.core.registry import modules
from evalkit.data.recognise import kind_of, layout
from evalkit.lint.catalogue import every_rule
from evalkit.lint.engine import Settings, check
from evalkit.lint.keys import meant, nearest
from evalkit.lint.shape import violations

ASK, ANSWER = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}
HUMAN, GPT = {"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLING = [
    ASK,
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c", "content": "7"},
    ANSWER,
]
BLOCKS = [
    {"role": "user", "content": [{"type": "image_url", "value": "x"}, {"type": "text", "value": "a"}]},
    {"role": "assistant", "content": [{"type": "tool_call", "value": '{"name": "f"}'}]},
    {"role": "tool", "content": [{"type": "text", "value": "7"}]},
    {"role": "assistant", "content": [{"type": "text", "value": "b"}], "loss_weight": 0.5},
]  # fmt: skip
TOOLS = [{"type": "function", "function": {"name": "f"}}]
PARTS = [
    {
        "role": "user",
        "parts": [{"text": "a"}, {"fileData": {"mimeType": "image/png", "fileUri": "gs://b/x"}}],
    },
    {
        "role": "model",
        "parts": [{"text": "t", "thought": True}, {"functionCall": {"name": "f", "args": {}}}],
    },
    {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "7"}}}]},
    {"role": "model", "parts": [{"text": "b"}]},
]
CONVERSE = [
    {
        "role": "user",
        "content": [
            {"text": "a"},
            {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://b/x"}}}},
        ],
    },
    {
        "role": "assistant",
        "content": [
            {"reasoningContent": {"reasoningText": {"text": "t"}}},
            {"toolUse": {"toolUseId": "c", "name": "f", "input": {}}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"toolResult": {"toolUseId": "c", "content": [{"json": 7}], "status": "success"}}
        ],
    },
    {"role": "assistant", "content": [{"text": "b"}]},
]
BLOCKED = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "a"},
            {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
        ],
    },
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "t", "signature": ""},
            {"type": "tool_use", "id": "c", "name": "f", "input": {}},
        ],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "7"}]},
    {"role": "assistant", "content": "b"},
]
VALID = [
    ("openai-chat", {"messages": CALLING, "tools": TOOLS}),
    ("openai-reinforcement", {"messages": [ASK], "target": 1}),
    ("openai-preference", {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [ANSWER]}),
    ("prompt-completion", {"prompt": "a", "completion": "b"}),
    ("trl-prompt-completion", {"prompt": [ASK], "completion": [ANSWER]}),
    ("trl-preference", {"prompt": "a", "chosen": "b", "rejected": "c"}),
    ("trl-preference", {"chosen": [ASK, ANSWER], "rejected": [ASK, ANSWER]}),
    ("trl-kto", {"prompt": [ASK], "completion": [ANSWER], "label": False}),
    ("trl-text", {"text": "a"}),
    ("llama-factory-kto", {"messages": [ASK, ANSWER], "label": True}),
    ("llama-factory-kto", {"conversations": [HUMAN, GPT], "kto_tag": True}),
    ("llama-factory-kto", {"instruction": "a", "output": "b", "kto_tag": False}),
    ("llama-factory-v1", {"messages": BLOCKS, "tools": json.dumps(TOOLS)}),
    ("llama-factory-v1-preference", {"chosen_messages": BLOCKS, "rejected_messages": BLOCKS}),
    ("chat-with-media", {"messages": [ASK, ANSWER], "images": ["x"]}),
    ("chat-preference", {"messages": [ASK], "chosen": ANSWER, "rejected": ANSWER}),
    ("sharegpt", {"conversations": [HUMAN, GPT], "system": "s", "tools": json.dumps(TOOLS)}),
    ("sharegpt-preference", {"conversations": [HUMAN], "chosen": GPT, "rejected": GPT}),
    ("alpaca", {"instruction": "a", "input": "", "output": "b", "history": [["c", "d"]]}),
    ("alpaca-preference", {"instruction": "a", "chosen": "b", "rejected": "c"}),
    ("gemini", {"systemInstruction": {"parts": [{"text": "s"}]}, "contents": PARTS, "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}]}),
    ("gemini", {"system_instruction": {"role": "system", "parts": [{"text": "s"}]}, "contents": [{"parts": [{"inline_data": {"mime_type": "image/png", "data": "x"}}]}, *PARTS]}),
    ("bedrock-converse", {"schemaVersion": "v", "system": [{"text": "s"}], "messages": CONVERSE, "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {}}}}]}}),
    ("anthropic", {"system": "s", "messages": BLOCKED, "tools": [{"name": "f", "input_schema": {}}]}),
    ("mistral", {"messages": [ASK, {"role": "assistant", "tool_calls": [{**CALL, "id": "123456789"}]}, {"role": "tool", "tool_call_id": "123456789", "content": "7"}, ANSWER]}),
    ("mistral", {"interactions": [{"role": "user", "text": "a"}, {"role": "assistant", "text": "b", "weight": 0}]}),
    ("bailian", {"messages": [{"role": "user", "content": [{"text": "a"}, {"image": "x.png"}]}, {"role": "assistant", "content": "b", "loss_weight": 0.5}]}),
    ("evals-row", {"input": [ASK], "ideal": ["b"]}),
    ("evals-item", {"item": {"input": "a", "ideal": "b"}}),
]  # fmt: skip
SHAPE_RULES = {r.name for r in every_rule() if r.scope == "shape"}


def example(value, name):
    raw = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    known = layout(name) if name else None
    return Example(Location(source="x", line=1, number=1), raw, value, known)


def found(value, name="openai-chat"):
    return [(v.rule, v.pointer) for v in violations(example(value, name))]


def test_every_layout_has_a_valid_row_here():
    ours = {"recorded-answers", "run-samples", "table-row"}  # nobody writes them but evalkit
    assert {name for name, _ in VALID} == set(modules("formats")) - ours


@pytest.mark.parametrize(("name", "value"), VALID)
def test_valid_rows_are_valid_and_known_by_themselves(name, value):
    assert found(value, name) == []
    kind = kind_of(value)
    assert kind is not None
    # These two are chat rows by themselves: many rows tell, or nothing does and nothing need.
    assert kind.name == name or (kind.name, name) in {
        ("openai-chat", "openai-reinforcement"),
        ("openai-chat", "mistral"),
    }


@pytest.mark.parametrize(("name", "value"), VALID)
def test_views_point_to_where_they_are_from(name, value):
    messages = layout(name).messages(value)
    assert messages or name == "evals-item"
    for message in messages:
        there = at(value, message.pointer)
        assert message.role in {"system", "user", "assistant", "tool"}
        assert isinstance(there, dict) or message.content == there
    if name != "trl-text" and layout(name).method != "rft":
        assert messages[0].role in {"user", "system"}
        assert messages[-1].role == "assistant"


@pytest.mark.parametrize(
    ("value", "rule", "pointer"),
    [
        ({"messages": [{"rol": "user", "content": "a"}, ANSWER]}, "misspelled-key", "/messages/0"),
        ({"messages": [{"role": "user", "content": "a", "id": 1}]}, "extra-message-key", "/messages/0"),
        ({"messages": [ASK], "id": 1}, "extra-top-level-key", ""),
        ({"messages": [{"from": "user", "content": "a", "id": 1}]}, "missing-role", "/messages/0"),
        ({"mesages": [ASK]}, "misspelled-key", ""),
        ({"Messages": [ASK]}, "misspelled-key", ""),
        ({"messages ": [ASK]}, "full-width-key", ""),
        ({"ｍｅｓｓａｇｅｓ": [ASK]}, "full-width-key", ""),
        ({"messages": [{"“role”": "user", "content": "a"}]}, "full-width-key", "/messages/0"),
        ({"messages": "[]"}, "stringified-messages", "/messages"),
        ({"messages": "Hi"}, "missing-messages", "/messages"),
        ({"messages": [ASK], "tools": "[7]"}, "stringified-messages", "/tools"),
        ({"prompt": "a", "completion": "b"}, "mixed-formats", ""),
        ({"prompt": "a"}, "missing-messages", ""),
        ({}, "missing-messages", ""),
        ({"messages": [{**ASK, "weight": 1}]}, "bad-weight", "/messages/0/weight"),
        ({"messages": [{**ANSWER, "weight": True}]}, "bad-weight", "/messages/0/weight"),
        ({"messages": BLOCKS}, "mixed-formats", ""),
    ],
)  # fmt: skip
def test_one_fault_is_one_violation(value, rule, pointer):
    assert found(value) == [(rule, pointer)]


@pytest.mark.parametrize(
    ("value", "rule", "wanted"),
    [
        ({"mesages": [ASK]}, "misspelled-key", {"mesages": "messages"}),
        ({"Prompt": "a", "Completion": "b"}, "misspelled-key", {"Prompt": "prompt", "Completion": "completion"}),
        ({"instruction": "a"}, "unknown-format", ("alpaca", ("output",))),
        ({"prompt": "a", "response": "b"}, "unknown-format", ("prompt-completion", ("completion",))),
        ({"q": "a"}, "unknown-format", None),
        ({}, "unknown-format", None),
        ({"messages": [ASK]}, "mixed-formats", "openai-chat"),
    ],
)  # fmt: skip
def test_rows_of_no_known_layout(value, rule, wanted):
    [violation] = violations(example(value, None))
    assert (violation.rule, violation.wanted) == (rule, wanted)


def test_additional_keys_bar_nothing_and_are_told_together():
    value = {"messages": [{**ASK, "id": 1}, {**ANSWER, "id": 2, "x": 3}], "y": 1, "z": 2}
    rows = {v.rule: v for v in violations(example(value, "openai-chat"))}
    assert rows["extra-top-level-key"].value == {"": ["y", "z"]}
    assert rows["extra-message-key"].value == {"/messages/0": ["id"], "/messages/1": ["id", "x"]}
    assert not any(v.bars for v in rows.values())


def test_rules_see_rows_with_additional_keys(tmp_path):
    path = tmp_path / "x.jsonl"
    row = {"messages": [{**ASK, "id": 1}, {"role": "assistant", "content": ""}], "y": 1}
    path.write_text(json.dumps(row) + "\n")
    assert set(check([str(path)]).summary()["by_rule"]) >= {
        "empty-content", "extra-message-key", "extra-top-level-key",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({}, 1),
        ({"extra-top-level-key": {"accepted_keys": ["id"]}}, 0),
        ({"extra-top-level-key": {"accepted_keys": ["id"], "refused_keys": ["metadata"]}}, 1),
        ({"extra-top-level-key": {"accepted_keys": ["metadata"]}}, 1),
    ],
)
def test_targets_say_which_keys_they_take(tmp_path, options, rows):
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"messages": [ASK, ANSWER], "id": 1, "metadata": {}}) + "\n")
    result = check([str(path)], Settings(select=("extra-top-level-key",), options=options))
    assert len(result.findings) == rows


def test_a_key_that_may_be_misspelled_is_not_removed(tmp_path):
    path = tmp_path / "x.jsonl"
    row = {"messages": [ASK, {**ANSWER, "tool_call": []}], "id": 1}
    path.write_text(json.dumps(row) + "\n")
    fixes = {f.name: (f.message, f.fix) for f in check([str(path)]).findings}
    assert "`tool_call` (`tool_calls`?)" in fixes["extra-message-key"][0]
    assert fixes["extra-message-key"][1] is None
    assert fixes["extra-top-level-key"][1] is not None


@pytest.mark.parametrize(
    ("right", "keys", "wrong"),
    [
        ("messages", ["mesages"], "mesages"),
        ("messages", ["message"], "message"),
        ("messages", ["MESSAGES"], "MESSAGES"),
        ("content", ["contents", "id"], "contents"),
        ("content", ["context"], None),
        ("output", ["output_1", "output_2"], None),
        ("output", ["input"], None),
        ("chosen", ["choose"], None),
        ("preferred_output", ["preferred_completion"], "preferred_completion"),
        ("role", ["role："], "role："),
        ("messages", ["messagess", "mesages"], None),
        ("messages", [], None),
    ],
)
def test_which_key_was_meant(right, keys, wrong):
    assert meant(right, keys) == wrong


def test_the_nearest_layout_has_half_of_its_keys():
    assert nearest({"label": 1, "query": 2}, None) is None
    assert nearest({"chosen": 1, "q": 2}, None).name == "trl-preference"


@pytest.mark.parametrize(
    ("method", "name", "fits"),
    [
        ("rft", "foundry-rft-countdown/countdown_train_100.jsonl", True),
        ("rft", "foundry-sft-gsm8k/chat_validation.jsonl", False),
        ("sft", "foundry-rft-countdown/countdown_train_100.jsonl", False),
        ("sft", "foundry-sft-gsm8k/chat_validation.jsonl", True),
        ("sft", "openai-cookbook/olympics_qa_test.jsonl", True),
        ("preference", "foundry-dpo-orca/validation.jsonl", True),
        ("preference", "llama-factory-demos/kto_en_demo.json", True),
        ("preference", "foundry-sft-gsm8k/chat_validation.jsonl", False),
    ],
)
def test_the_method_of_a_job_and_the_layout(shared, method, name, fits):
    wanted = Settings(select=("format-method-mismatch",), method=method)
    assert (not check([str(shared / name)], wanted).findings) == fits


def test_prompts_alone_are_enough_for_reinforcement(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"messages": [ASK]}) + "\n")
    wanted = Settings(select=("format-method-mismatch",), method="rft")
    assert check([str(path)], wanted).findings == ()


@pytest.mark.parametrize(
    ("alias", "rules"),
    [
        ("data_type", {"row-not-object"}),
        ("missing_messages_list", {"missing-messages"}),
        ("message_missing_key", {"missing-role", "missing-content"}),
        ("message_unrecognized_key", {"extra-message-key"}),
        ("unrecognized_role", {"unknown-role"}),
        ("missing_content", {"missing-content"}),
        ("example_missing_assistant_message", {"missing-assistant-message"}),
    ],
)
def test_the_cookbook_s_names_select_rules(alias, rules):
    from evalkit.lint.policy import chosen

    assert chosen(every_rule(), [alias]) >= rules


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ({"\ud800": "user", "content": "a"}, "missing-role"),
        ({"role": "user", "content": 7, "\ud800": 1}, "content-type"),
        ({"role": "assistant", "\ud800": 1}, "missing-content"),
        ({"role": "assistant", "content": [{"type": "text", "\ud800": 1}]}, "content-type"),
        ({**ASK, "\ud800": 1}, "extra-message-key"),
    ],
)
def test_what_the_fast_engine_cannot_take_goes_to_the_reference(message, rule):
    assert {rule for rule, _ in found({"messages": [message]})} == {rule}


junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=4), st.sampled_from(["\ud800", "[{}]", "[", "{}"]),
    st.builds(list), st.builds(dict), st.just([{}]), st.just([[]]), st.just({"role": "user"}),
    st.just([ASK]), st.just([HUMAN]), st.just({"type": "text", "value": 1}),
)  # fmt: skip
keys = st.sampled_from(
    ["messages", "mesages", "role", "Role", "ｒｏｌｅ", "content", "contents", "weight", "tools", "label",
     "tool_calls", "prompt", "chosen", "id", "conversations", "value", "from", "a/b", "~", "", "\ud800", "images"]
)  # fmt: skip


def places(value, pointer=""):
    yield pointer
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, f"{pointer}/{index}")


@st.composite
def mutants(draw):
    name, value = draw(st.sampled_from(VALID))
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        pointer = draw(st.sampled_from(sorted(places(value))[:80]))
        there = at(value, pointer)
        if isinstance(there, dict) and draw(st.booleans()):
            old = draw(st.sampled_from([*there, None]))
            new = draw(keys)
            there = {(new if k == old else k): v for k, v in there.items()}
            if draw(st.booleans()):
                there[draw(keys)] = draw(junk)
            value = replaced(value, pointer, there)
        elif pointer:
            value = replaced(value, pointer, draw(junk))
    name = draw(st.sampled_from([name, None, *modules("formats")]))
    return name, value


@settings(deadline=None, max_examples=400)
@given(mutants())
def test_no_mutant_raises_and_every_fix_can_be_made(mutant):
    name, value = mutant
    if not isinstance(value, dict):
        return
    one = example(value, name)
    kind_of(value)
    for known in modules("formats"):
        for message in layout(known).messages(value):
            assert isinstance(message.role, str)
            assert isinstance(message.text, str)
            at(value, message.pointer)
        list(layout(known).tools(value))
    wrong = violations(one)
    assert name is not None or wrong
    assert len({(v.rule, v.pointer, v.missing) for v in wrong}) == len(wrong)
    rules = {rule.name: rule for rule in every_rule()}
    for violation in wrong:
        rule = rules[violation.rule]
        assert rule.scope == "shape"
        given_ = {"example": one, "violation": violation}
        for fault in rule.function(**{k: v for k, v in given_.items() if k in rule.wants}):
            for language in ("en", "zh"):
                assert rule.messages[language].format_map(dict(fault.args))
            if fault.fix is not None:
                for pointer, new in fault.fix.edits.items():
                    replaced(value, pointer, new)
