# SPDX-License-Identifier: Apache-2.0
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.tokens.chat import TrainingTokens, layouts, training_tokens, training_tokens_batch
from evalkit.tokens.encodings import count

ENCODINGS = ("cl100k_base", "o200k_base")
CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi, what's 2 + 2?"},
    {"role": "assistant", "content": "Four."},
]


def one(text, encoding="o200k_base"):
    return count([text], encoding)[0]


def rows_of(path):
    lines = path.read_bytes().split(b"\n")
    return [(r["messages"], r.get("tools", [])) for r in map(json.loads, filter(None, lines))]


def cookbook(messages, encoding):
    """The cookbook's own lines (Chat_finetuning_data_prep), on tiktoken."""
    tokens = 0
    for message in messages:
        tokens += 3
        for key, value in message.items():
            tokens += one(value, encoding)
            if key == "name":
                tokens += 1
    return tokens + 3


def test_the_formulas_by_hand():
    got = training_tokens(CHAT, encoding="o200k_base")
    texts = sum(one(m["content"]) + one(m["role"]) for m in CHAT)
    assert got == TrainingTokens(1 + 9 + texts, 3 + 9 + texts, one("Four."))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("chatlaw-law-zh", "fine_tuning.jsonl"),
        ("foundry-sft-gsm8k", "chat_train.jsonl"),
        ("openai-cookbook", "toy_chat_fine_tuning.jsonl"),
    ],
)
def test_real_files(shared, folder, name, encoding):
    wanted = json.loads((shared / folder / "expected_tokens.json").read_bytes())[name][encoding]
    rows = rows_of(shared / folder / name)
    got = training_tokens_batch(rows, encoding=encoding)
    assert len(got) == len(rows)
    assert sum(t.cookbook for t in got) == wanted["total_tokens"]
    assert min(t.cookbook for t in got) == wanted["min"]
    assert max(t.cookbook for t in got) == wanted["max"]
    assert sum(t.billed for t in got) == wanted["total_tokens"] - 2 * len(rows)
    assert sum(t.learned for t in got) == wanted["assistant_tokens_total"]


def test_what_openai_billed(shared):
    # ftjob-5Xsith..., gpt-3.5-turbo-0613: trained_tokens 26,100 in 5 epochs
    rows = rows_of(shared / "chatlaw-law-zh" / "fine_tuning.jsonl")
    assert 5 * sum(t.billed for t in training_tokens_batch(rows, encoding="cl100k_base")) == 26_100


roles = st.sampled_from(["system", "user", "assistant"])
plain = st.lists(
    st.fixed_dictionaries(
        {"role": roles, "content": st.text(max_size=20)}, optional={"name": st.text(max_size=5)}
    ),
    max_size=5,
)


@settings(deadline=None)
@given(plain)
def test_the_cookbook_figure_is_the_cookbooks(messages):
    got = training_tokens(messages, encoding="cl100k_base")
    assert got.cookbook == cookbook(messages, "cl100k_base")
    assert got.billed == got.cookbook - 2


def test_keys_that_the_cookbook_counts_and_openai_does_not():
    tool = {"role": "tool", "content": "sunny", "tool_call_id": "call_1"}
    got = training_tokens([tool], encoding="o200k_base")
    assert got.billed == 1 + 3 + one("tool") + one("sunny")
    assert got.cookbook == got.billed + 2 + one("call_1")


def test_weights_and_calls():
    call = {
        "role": "assistant",
        "tool_calls": [
            {"id": "x", "function": {"name": "get_price", "arguments": '{"symbol": "A"}'}}
        ],
    }
    said = one("get_price") + one('{"symbol": "A"}')
    got = training_tokens([call], encoding="o200k_base")
    overhead = one("assistant")
    assert got == TrainingTokens(4 + overhead + said + 5, 6 + overhead + said, said + 5)
    assert training_tokens([{**call, "weight": 0}], encoding="o200k_base").learned == 0
    assert training_tokens([{**call, "loss_weight": 0.0}], encoding="o200k_base").learned == 0
    assert training_tokens([{**call, "loss_weight": 0.5}], encoding="o200k_base") == got
    assert training_tokens([{**call, "weight": 1}], encoding="o200k_base").learned == said + 5
    legacy = {
        "role": "assistant",
        "content": None,
        "function_call": call["tool_calls"][0]["function"],
    }
    before = training_tokens([legacy], encoding="o200k_base")
    assert before == TrainingTokens(got.billed - 2, got.cookbook, got.learned - 2)
    refusal = {"role": "assistant", "refusal": "No.", "content": None}
    assert training_tokens([refusal], encoding="o200k_base").learned == one("No.")


def test_parts():
    parts = [
        {"type": "text", "text": "See "},
        {"type": "image_url", "image_url": {"url": "x"}},
        {"type": "text", "text": "this"},
    ]
    got = training_tokens([{"role": "user", "content": parts}], encoding="o200k_base")
    assert got.billed == 4 + one("user") + one("See ") + one("this")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "role",
                    "content",
                    "name",
                    "tool_calls",
                    "function",
                    "function_call",
                    "arguments",
                    "weight",
                    "text",
                    "refusal",
                    "parameters",
                    "properties",
                    "type",
                    "items",
                    "enum",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.lists(json_values.filter(lambda v: isinstance(v, dict)), max_size=3),
    st.lists(json_values, max_size=3),
)
def test_any_values_are_counted_without_an_error(messages, tools):
    got = training_tokens(messages, encoding="cl100k_base", tools=tools)
    assert got.learned < got.billed
    if not any("tool_calls" in m or "function_call" in m for m in messages):
        assert got.billed < got.cookbook  # the script knows nothing of what stands around calls


def test_a_batch_is_its_rows():
    rows = [(CHAT, []), (CHAT[1:], []), (CHAT, [{"type": "function", "function": {"name": "f"}}])]
    batch = training_tokens_batch(rows, encoding="o200k_base")
    assert batch == [training_tokens(m, tools=t, encoding="o200k_base") for m, t in rows]
    assert training_tokens_batch([], encoding="o200k_base") == []


def test_what_is_learned_within_a_limit():
    (layout,) = layouts([(CHAT, [])], encoding="o200k_base")
    whole = layout.tokens
    assert layout.learned_within(whole.billed) == whole.learned == one("Four.")
    assert layout.learned_within(whole.billed - 1) == whole.learned - 1
    assert layout.learned_within(0) == 0
    kept = [layout.learned_within(limit) for limit in range(whole.billed + 5)]
    assert kept == sorted(kept)
