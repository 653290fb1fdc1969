# SPDX-License-Identifier: Apache-2.0
"""Who is held out."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.example import Message
from evalkit.data.similarity import prompt_key
from evalkit.data.split import categorical, split


def test_golden():
    parts = split(range(10), ["a", "b"] * 5, {"test": 2}, seed=0)
    assert parts == split(range(10), ["a", "b"] * 5, {"test": 2}, seed=0)
    assert [n for n, part in enumerate(parts) if part == "test"] == [5, 6]
    seeds = {tuple(split(range(10), ["a", "b"] * 5, {"test": 2}, seed=s)) for s in range(9)}
    assert len(seeds) > 4


def test_each_part_has_its_share_of_every_label():
    labels = ["a"] * 600 + ["b"] * 300 + ["c"] * 100
    parts = split(range(1000), labels, {"test": 200, "valid": 100}, seed=3)
    assert Counter(zip(labels, parts, strict=True)) == {
        ("a", "train"): 420,
        ("a", "test"): 120,
        ("a", "valid"): 60,
        ("b", "train"): 210,
        ("b", "test"): 60,
        ("b", "valid"): 30,
        ("c", "train"): 70,
        ("c", "test"): 20,
        ("c", "valid"): 10,
    }


def test_rare_labels_can_be_measured_where_there_is_room():
    labels = ["big"] * 96 + ["small"] * 2 + ["once"] + ["twice"] * 2
    parts = split(range(101), labels, {"test": 10})
    held = {label for label, part in zip(labels, parts, strict=True) if part == "test"}
    assert {"small", "twice"} <= held
    learned = {label for label, part in zip(labels, parts, strict=True) if part == "train"}
    assert {"small", "twice", "big"} <= learned


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abc")), min_size=4, max_size=120),
    st.integers(1, 60),
    st.integers(0, 20),
    st.integers(0, 5),
)
def test_equal_keys_never_straddle(rows, test, valid, seed):
    keys, labels = [k for k, _ in rows], [label for _, label in rows]
    test, valid = min(test, len(rows) // 2), min(valid, len(rows) // 4)
    parts = split(keys, labels, {"test": test, "valid": valid}, seed=seed)
    assert len(parts) == len(rows)
    assert len(set(zip(keys, parts, strict=True))) == len(set(keys))
    counts = Counter(parts)
    assert counts["test"] <= test
    assert counts["valid"] <= valid
    if len(set(keys)) == len(keys) and len(set(labels)) == 1:
        assert (counts["test"], counts["valid"]) == (test, valid)


@given(st.integers(2, 60), st.integers(1, 30))
def test_numbers_are_exact_without_duplicates(rows, number):
    number = min(number, rows - 1)
    assert Counter(split(range(rows), [""] * rows, {"test": number}))["test"] == number


def test_labels_and_sentences():
    assert categorical(["spam", "ham"] * 4)
    assert not categorical(["spam", "ham"] * 3)  # not fewer than a third
    assert not categorical(["same"] * 9)
    assert not categorical(["x" * 61, "y"] * 9)
    assert not categorical(["", "y"] * 9)
    assert not categorical([])


def say(*turns):
    return [Message(role, content, "", {}) for role, content in turns]


def test_what_asks_the_same():
    key = prompt_key(say(("system", "A"), ("user", "What  IS\nＸ？"), ("assistant", "1")))
    assert key == prompt_key(say(("user", "what is x?"), ("assistant", "2")))
    assert key == prompt_key(
        say(("developer", "B"), ("user", [{"type": "text", "text": "What is X?"}]))
    )
    assert key != prompt_key(say(("user", "what is y?")))
    assert key != prompt_key(say(("user", "what is"), ("user", "x?")))
    assert len(key) == 16


def test_images_belong_to_the_question():
    def shown(url):
        parts = [
            {"type": "text", "text": "What?"},
            {"type": "image_url", "image_url": {"url": url}},
        ]
        return prompt_key(say(("user", parts)))

    assert shown("a") != shown("b")
    assert shown("a") == shown("a")


def test_conversations_without_a_question_are_themselves():
    assert prompt_key(say(("assistant", "a"))) != prompt_key(say(("assistant", "b")))
    assert prompt_key([]) == prompt_key([])
    assert prompt_key(say(("user", "\ud800"))) != prompt_key(say(("user", "\ud801")))
