# SPDX-License-Identifier: Apache-2.0
"""A tuned model that is not asked the way it was trained is told so, before it is paid for."""

import json

import pytest

from evalkit.evaluation.outlook.text import host_lines
from evalkit.evaluation.run import look_ahead, run_suite
from evalkit.evaluation.suite import load_suite

ECHO = "def answer(prompt):\n    return 'ship'\n"


def row(user, assistant, system=None):
    messages = [{"role": "system", "content": system}] if system else []
    return {"messages": [*messages, {"role": "user", "content": user},
                         {"role": "assistant", "content": assistant}]}  # fmt: skip


def jsonl(path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")


@pytest.fixture
def notes(tmp_path):
    """English notes on skew between two lists of rows, of a run and of what is ahead of it."""

    def of(train, test, tuned="{use: 'python:echo.py:answer'}", language="en"):
        jsonl(tmp_path / "train.jsonl", train)
        jsonl(tmp_path / "test.jsonl", test)
        (tmp_path / "echo.py").write_text(ECHO)
        path = tmp_path / "x.eval.yaml"
        path.write_text(
            "data: test.jsonl\ntrain: train.jsonl\n"
            f"models: {{base: 'python:echo.py:answer', tuned: {tuned}}}\n"
        )
        suite = load_suite(path)
        ahead = look_ahead(suite, store=tmp_path / "s.sqlite")
        run = run_suite(suite, store=tmp_path / "s.sqlite", started="2026-11-21T00:00:00").run
        known = [note for note in run.notes if note in ahead.notes]
        assert known == list(ahead.notes)
        lines = host_lines(ahead, language)
        assert all((en if language == "en" else zh) in lines for en, zh in known)
        return [en if language == "en" else zh for en, zh in known]

    return of


TRAIN = [row(f"train {n}", "bill" if n % 2 else "ship", "You sort mail.") for n in range(20)]
TEST = [row(f"test {n}", "bill" if n % 2 else "ship", "You sort mail.") for n in range(20)]
BARE = [row(f"test {n}", "bill" if n % 2 else "ship") for n in range(20)]


def test_asked_as_it_was_trained_is_no_note(notes):
    assert notes(TRAIN, TEST) == []
    assert notes([row(f"t {n}", "bill") for n in range(20)], BARE) == []


def test_a_system_message_that_is_missing(notes):
    assert notes(TRAIN, BARE) == [
        "tuned is asked without a system message; all training examples have one: “You sort mail.”."
    ]
    assert notes(TRAIN, BARE, language="zh") == [
        "tuned 提问时没有系统消息，而 100 % 的训练样本有：“You sort mail.”。"
    ]


def test_one_that_the_suite_takes_away_is_seen_in_what_is_sent(notes):
    (said,) = notes(TRAIN, TEST, "{use: 'python:echo.py:answer', system: drop}")
    assert said.startswith("tuned is asked without a system message")


def test_a_system_message_that_training_had_not(notes):
    (said,) = notes([row(f"t {n}", "bill") for n in range(20)], TEST)
    assert said == (
        "tuned is asked with a system message, “You sort mail.”; all training examples have none."
    )


def test_another_system_message_shows_where_it_parts(notes):
    other = [row(f"test {n}", "bill" if n % 2 else "ship", "You sort post.") for n in range(20)]
    (said,) = notes(TRAIN, other)
    assert said == (
        "tuned is asked with another system message than it was trained with: "
        "trained “You sort mail.”, asked “You sort post.” (from character 10)."
    )


def test_several_system_messages_of_training_are_all_known(notes):
    mixed = [row(f"t {n}", "bill", "You sort mail." if n % 2 else "Sort!") for n in range(20)]
    assert notes(mixed, TEST) == []


def test_a_separator_at_the_end_of_prompts(notes):
    marked = [row(f"train {n}\n\n###\n\n", "bill" if n % 2 else "ship") for n in range(20)]
    (said,) = notes(marked, BARE)
    assert said == "Training prompts end in “⏎⏎###⏎⏎”, those that tuned is asked do not."
    asked = [row(f"test {n} ->", "bill" if n % 2 else "ship") for n in range(20)]
    (said,) = notes([row(f"t {n}", "bill") for n in range(20)], asked)
    assert said == "Prompts that tuned is asked end in “ ->”, training prompts do not."


def test_a_fixed_end_of_completions_wants_a_stop(notes):
    ended = [row(f"train {n}", ("bill" if n % 2 else "ship") + " END") for n in range(20)]
    (said,) = notes(ended, BARE)
    assert said.startswith("Training answers end in “ END”, and tuned is asked without it as")
    assert notes(ended, BARE, "{use: 'python:echo.py:answer', stop: ' END'}") == []


def test_hostile_texts_are_shown_safely(notes):
    nasty = "\x1b[31mred\u202e" + "x" * 500
    (said,) = notes([row(f"t {n}", "bill", nasty) for n in range(20)], BARE)
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert len(said) < 300


def test_a_model_that_is_made_of_the_training_file_needs_no_note(notes):
    assert notes(TRAIN, BARE, "'baseline:majority'") == []
