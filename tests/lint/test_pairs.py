# SPDX-License-Identifier: Apache-2.0
"""Pairs of answers are seen in every layout that holds them."""

from __future__ import annotations

import json

import pytest

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.recognise import recognise
from evalkit.lint.pairs import pair, prompt

U = {"role": "user", "content": "6 x 7?"}
A = {"role": "assistant", "content": "42"}
B = {"role": "assistant", "content": "43"}
H = {"from": "human", "value": "6 x 7?"}
LAYOUTS = {
    "openai": {"input": {"messages": [U]}, "preferred_output": [A], "non_preferred_output": [B]},
    "trl-text": {"prompt": "6 x 7?", "chosen": "42", "rejected": "43"},
    "trl-messages": {"prompt": [U], "chosen": [A], "rejected": [B]},
    "trl-implicit": {"chosen": [U, A], "rejected": [U, B]},
    "trl-both": {"prompt": "6 x 7?", "chosen": [U, A], "rejected": [U, B]},
    "sharegpt": {
        "conversations": [H],
        "chosen": {"from": "gpt", "value": "42"},
        "rejected": {"from": "gpt", "value": "43"},
    },
    "alpaca": {"instruction": "6 x 7?", "input": "", "chosen": "42", "rejected": "43"},
    "chat": {"messages": [U], "chosen": A, "rejected": B},
    "blocks": {
        "chosen_messages": [
            {"role": "user", "content": [{"type": "text", "value": "6 x 7?"}]},
            {"role": "assistant", "content": [{"type": "text", "value": "42"}]},
        ],
        "rejected_messages": [
            {"role": "user", "content": [{"type": "text", "value": "6 x 7?"}]},
            {"role": "assistant", "content": [{"type": "text", "value": "43"}]},
        ],
    },
}


def example(value):
    raw = json.dumps(value).encode()
    return Example(Location(source="x", line=1), raw, value, recognise([value]))


@pytest.mark.parametrize("name", LAYOUTS)
def test_both_answers_and_what_they_answer(name):
    row = example(LAYOUTS[name])
    both = pair(row)
    assert both is not None
    better, worse = both
    assert [m.role for m in better.messages] == ["assistant"]
    assert [m.role for m in worse.messages] == ["assistant"]
    if name != "blocks":
        assert [side.messages[0].content for side in both] == ["42", "43"]
    assert [m.role for m in prompt(row)] == ["user"]
    assert not better.same_as(worse)
    assert better.said != worse.said


def test_whole_conversations_that_part_early():
    other = {"role": "user", "content": "Why?"}
    better, worse = pair(example({"chosen": [U, A, other, A], "rejected": [U, B, other, B]})) or ()
    assert [m.content for m in better.messages] == ["42", "Why?", "42"]
    assert [m.content for m in worse.messages] == ["43", "Why?", "43"]


def test_rows_without_both_have_no_pair():
    assert pair(example({"messages": [U, A]})) is None
    assert prompt(example({"messages": [U, A]})) == ()
    assert pair(example({"preferred_output": [A]})) is None


def test_equal_answers_are_the_same_whatever_else_they_carry():
    row = {**LAYOUTS["openai"], "non_preferred_output": [{**A, "weight": 0, "refusal": None}]}
    better, worse = pair(example(row)) or ()
    assert better.same_as(worse)
