# SPDX-License-Identifier: Apache-2.0
"""The same model with examples or a longer prompt: what arrives at the server."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import Loopback

from evalkit.core.errors import InputError, UsageError
from evalkit.core.exchange import Request
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.suite import load_suite
from evalkit.models._arms import arm, armed
from evalkit.models.spec import parse_spec, prepared

SYSTEM = {"role": "system", "content": "Answer in one word."}


def user(text):
    return {"role": "user", "content": text}


def said(text):
    return {"role": "assistant", "content": text}


def rows(n, word="question"):
    return [[SYSTEM, user(f"{word} {i}"), said(f"answer {i}")] for i in range(n)]


def write(path, conversations):
    lines = (json.dumps({"messages": c}, ensure_ascii=False) for c in conversations)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def spec(**more):
    return parse_spec({"use": "openai/gpt-4.1-mini", **more}, where="test")


@pytest.fixture
def few(tmp_path):
    write(tmp_path / "train.jsonl", rows(20))
    return lambda **how: spec(few_shot={"from": "train.jsonl", **how})


def test_examples_stand_between_the_system_message_and_the_question(few, tmp_path):
    found = armed(few(n=2), [SYSTEM, user("Now?")], tmp_path)
    assert [m["role"] for m in found] == [
        "system", "user", "assistant", "user", "assistant", "user",
    ]  # fmt: skip
    assert found[0] == SYSTEM
    assert found[-1] == user("Now?")
    for asked, answer in ((found[1], found[2]), (found[3], found[4])):
        assert answer["content"] == asked["content"].replace("question", "answer")
    assert [m["role"] for m in armed(few(), [user("Now?")], tmp_path)][:2] == ["user", "assistant"]
    assert len(armed(few(), [user("Now?")], tmp_path)) == 11  # five examples where none says more


def test_the_choice_hangs_on_the_seed_and_on_nothing_else(few, tmp_path):
    ask = [SYSTEM, user("Now?")]
    chosen = arm(few(n=3, seed=1), tmp_path, ask)
    assert chosen == arm(few(n=3, seed=1), tmp_path, [user("Else?")])
    assert chosen != arm(few(n=3, seed=2), tmp_path, ask)
    assert chosen == list(arm(few(n=4, seed=1), tmp_path, ask))[:6]
    write(tmp_path / "train.jsonl", reversed(rows(20)))  # the order of the file does not matter
    assert chosen == arm(few(n=3, seed=1), tmp_path, ask)


@given(st.integers(0, 10**30), st.integers(1, 8))
@settings(max_examples=25)
def test_doing_it_twice_changes_nothing(tmp_path_factory, seed, n):
    folder = tmp_path_factory.mktemp("arm")
    write(folder / "t.jsonl", rows(9))
    for system in ("keep", "drop"):
        one = spec(
            few_shot={"from": "t.jsonl", "n": n, "seed": seed},
            prompt={"before": "Think."},
            system=system,
        )
        for messages in ([SYSTEM, user("question 3")], [user("Now?")]):
            once = prepared(one, Request(messages=messages), folder)
            assert prepared(one, once, folder) == once
            assert len(once.messages) == 2 + 2 * n


def test_an_example_that_asks_the_same_is_never_shown(few, tmp_path):
    for i in range(20):
        asked = user(f"  Question {i} ")  # as near as the leak check sees it
        shown = armed(few(n=19), [SYSTEM, asked], tmp_path)
        assert f"answer {i}" not in [m["content"] for m in shown]
        assert len(shown) == 2 + 2 * 19


def test_a_conversation_that_goes_on_from_the_question_gives_it_away(tmp_path):
    chat = [user("One?"), said("1."), user("Two?"), said("2.")]
    write(tmp_path / "t.jsonl", [chat, [user("Else?"), said("No.")]])
    one = spec(few_shot={"from": "t.jsonl", "n": 1})
    for history in (chat[:1], chat[:3]):
        assert list(arm(one, tmp_path, history)) == [user("Else?"), said("No.")]


def test_too_few_examples_are_told(few, tmp_path):
    with pytest.raises(InputError, match=r"train.jsonl has 20 examples.* wants 21 \(few_shot\)"):
        armed(few(n=21), [user("Now?")], tmp_path)
    with pytest.raises(InputError, match="has 19 examples"):
        armed(few(n=20), [user("question 3")], tmp_path)
    with pytest.raises(InputError, match="cannot read the examples"):
        armed(spec(few_shot={"from": "no.jsonl"}), [user("Now?")], tmp_path)


def test_examples_that_are_none_are_passed_over(tmp_path):
    path = tmp_path / "t.jsonl"
    write(path, [[user("Hi")], [user("Hi"), said(" ")], [user("Good?"), said("Yes.")]])
    with path.open("ab") as stream:
        stream.write(b'{"messages": [\n\n')
    shown = arm(spec(few_shot={"from": "t.jsonl", "n": 1}), tmp_path, [user("Now?")])
    assert list(shown) == [user("Good?"), said("Yes.")]


def test_the_same_question_twice_is_one_example(tmp_path):
    twice = [[user("Hi"), said("Ho.")], [user("hi "), said("Hey.")], [user("Bye"), said("Bye.")]]
    write(tmp_path / "t.jsonl", twice)
    shown = arm(spec(few_shot={"from": "t.jsonl", "n": 2}), tmp_path, [user("Now?")])
    assert {m["content"].strip().lower() for m in shown if m["role"] == "user"} == {"hi", "bye"}


def test_examples_with_tools_and_weights_are_carried_whole(tmp_path):
    call = {"id": "c1", "type": "function", "function": {"name": "w", "arguments": "{}"}}
    chat = [
        user("Weather?"),
        {"role": "assistant", "content": None, "tool_calls": [call], "weight": 0},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {**said("Sunny."), "weight": 1},
    ]
    write(tmp_path / "t.jsonl", [chat])
    shown = list(arm(spec(few_shot={"from": "t.jsonl", "n": 1}), tmp_path, [user("Now?")]))
    assert shown == [{k: v for k, v in m.items() if k != "weight"} for m in chat]


def test_a_prompt_goes_before_the_system_message(tmp_path):
    long = spec(prompt={"before": "You are a lawyer."})
    both = armed(long, [SYSTEM, user("Now?")], tmp_path)
    assert both == [
        {"role": "system", "content": "You are a lawyer.\n\nAnswer in one word."},
        user("Now?"),
    ]
    assert armed(long, [user("Now?")], tmp_path) == [
        {"role": "system", "content": "You are a lawyer."},
        user("Now?"),
    ]
    parts = [{"role": "developer", "content": [{"type": "text", "text": "Brief."}]}]
    (found,) = armed(long, parts, tmp_path)
    assert found["role"] == "developer"
    assert [p["text"] for p in found["content"]] == ["You are a lawyer.", "Brief."]
    assert armed(long, [found], tmp_path) == [found]


def test_a_prompt_of_a_file(tmp_path):
    (tmp_path / "long.txt").write_text("\ufeff你是律师。\n{{ 7*7 }} {0} %s $HOME\n", "utf-8")
    (first, _) = armed(spec(prompt={"before": "@long.txt"}), [user("Now?")], tmp_path)
    assert first["content"] == "你是律师。\n{{ 7*7 }} {0} %s $HOME"  # a text, and no template
    (tmp_path / "long.txt").write_text("Another one.", "utf-8")
    (first, _) = armed(spec(prompt={"before": "@long.txt"}), [user("Now?")], tmp_path)
    assert first["content"] == "Another one."
    with pytest.raises(InputError, match="cannot read the prompt"):
        armed(spec(prompt={"before": "@no.txt"}), [user("Now?")], tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"few_shot": {"n": 3}},
        {"few_shot": {"from": "t.jsonl", "n": 0}},
        {"few_shot": {"from": "t.jsonl", "m": 3}},
        {"prompt": {"after": "x"}},
        {"prompt": "x"},
    ],
)
def test_what_is_no_arm_is_told(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        spec(**wrong)


def test_three_arms_of_one_suite(tmp_path):
    """Base, base with examples and tuned: each is sent its own, and stored by itself."""
    write(tmp_path / "test.jsonl", rows(6))
    write(tmp_path / "train.jsonl", [*rows(6), *rows(9, word="other")[6:]])
    with Loopback(answer=lambda m: m[-1]["content"].replace("question", "answer")) as server:
        (tmp_path / "x.eval.yaml").write_text(
            f"""
data: test.jsonl
task: qa
models:
  base: {{use: m-1, url: "{server.url}"}}
  shown: {{use: m-1, url: "{server.url}", few_shot: {{from: train.jsonl, n: 3, seed: 4}}}}
  tuned: {{use: m-2, url: "{server.url}", prompt: {{before: Be kind.}}}}
""",
            "utf-8",
        )
        suite = load_suite(tmp_path / "x.eval.yaml")
        run = run_suite(suite, store=tmp_path / "s.sqlite", started="2026-01-01").run
        assert [card.errors for card in run.models] == [0, 0, 0]
        sent = {(r["model"], len(r["messages"])) for r in server.requests}
        assert sent == {("m-1", 2), ("m-1", 8), ("m-2", 2)}
        assert len(server.requests) == 18
        for request in server.requests:
            texts = [m["content"] for m in request["messages"]]
            if len(texts) == 8:
                assert texts[-1] not in texts[:-1]
                assert texts[-1].replace("question", "answer") not in texts
            if request["model"] == "m-2":
                assert texts[0] == "Be kind.\n\nAnswer in one word."
        again = run_suite(suite, store=tmp_path / "s.sqlite", started="2026-01-01").run
        assert [card.cached for card in again.models] == [6, 6, 6]
        assert len(server.requests) == 18
        assert server.complaints == []
