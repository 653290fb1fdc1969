# SPDX-License-Identifier: Apache-2.0
"""Which answer belongs to which question, and what is said where one is missing."""

from __future__ import annotations

import json

import pytest

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.models.recordings._matching import matched
from evalkit.models.recordings._read import open_recording
from evalkit.models.recordings._recorded import asked_with
from evalkit.models.recordings._write import write_recording


def ask(text: str, *ids: str, **rest) -> Request:
    return Request(messages=[{"role": "user", "content": text}], ids=ids, **rest)


@pytest.fixture
def table(tmp_path):
    """A recording of id and text."""

    def make(*rows, name="a.jsonl", **how):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (tmp_path / name).write_text(text, "utf-8")
        return open_recording(tmp_path / name, **how)

    return make


@pytest.fixture
def ours(tmp_path):
    """One of our own: of requests and answers."""

    def make(*pairs, repeat=0, origin=None):
        rows = [
            asked_with(
                request, Reply(text=text), model="m", identity="i", date="2026-11-01",
                repeat=repeat, origin=origin or {},
            )
            for request, text in pairs
        ]  # fmt: skip
        write_recording(tmp_path / "a.jsonl", rows)
        return open_recording(tmp_path / "a.jsonl")

    return make


def texts(recording, *requests, **rest):
    return [reply.text for reply in matched(recording, requests, **rest).replies]


def test_by_own_id_by_hash_and_by_line(table):
    found = table(
        {"id": "q2", "answer": "b"}, {"id": "0a1b", "answer": "a"}, {"line": 7, "answer": "c"}
    )
    requests = [ask("x", "0a1b"), ask("y", "ffff", "q2", "line 3"), ask("z", "eeee", "line 7")]
    match = matched(found, requests)
    assert [reply.text for reply in match.replies] == ["a", "b", "c"]
    assert "by identifier" in match.notes[0][0]


def test_by_order_where_the_numbers_are_equal(table):
    found = table({"answer": "a", "model": "m"}, {"answer": "b", "model": "m"})
    match = matched(found, [ask("x"), ask("y")])
    assert [reply.text for reply in match.replies] == ["a", "b"]
    assert "by order alone" in match.notes[0][0]
    with pytest.raises(UsageError, match="3 of 3 questions are not in the recording"):
        matched(found, [ask("x"), ask("y"), ask("z")])


def test_by_counted_ids(table):
    found = table({"id": 2, "answer": "b"}, {"id": 1, "answer": "a"})
    assert texts(found, ask("x", "ff"), ask("y", "ee")) == ["a", "b"]


def test_names_of_other_questions_are_no_order(table):
    found = table({"id": "u", "answer": "a"}, {"id": "v", "answer": "b"})
    with pytest.raises(UsageError) as caught:
        matched(found, [ask("x", "ff", "q1", "line 1"), ask("y", "ee", "q2", "line 2")])
    assert "line 1 (q1), line 2 (q2)" in caught.value.message
    assert caught.value.hint == (
        "its answers are called `u`, `v`, …; the first of these questions is called "
        "`ff`, `q1`, `line 1`"
    )


def test_messages_come_first_and_system_messages_may_differ_in_others_records(table):
    found = table(
        {"id": "q2", "question": "x", "system": "S", "answer": "a"},
        {"id": "q1", "question": "y", "system": "S", "answer": "b"},
    )
    match = matched(found, [ask("x", "q1"), ask("y", "q2")])
    assert [reply.text for reply in match.replies] == ["a", "b"]
    assert "system messages" in match.notes[0][0]


def test_ours_are_found_by_what_was_asked_and_by_nothing_else(ours):
    found = ours((ask("x", "q1"), "a"))
    assert texts(found, ask("x")) == ["a"]
    with pytest.raises(UsageError, match="1 of 1"):
        matched(found, [ask("other", "q1")])
    other_system = Request(messages=[{"role": "system", "content": "S"}, *ask("x").messages])
    with pytest.raises(UsageError, match="1 of 1"):
        matched(found, [other_system])


def test_of_equal_messages_the_very_request(ours):
    tool = {"type": "function", "function": {"name": "f"}}
    found = ours((ask("x"), "plain"), (ask("x", tools=(tool,)), "with tool"))
    assert texts(found, ask("x", tools=(tool,))) == ["with tool"]
    assert texts(found, ask("x")) == ["plain"]


def test_repeats(table):
    found = table(*({"id": "q1", "answer": text} for text in "abc"))
    assert [texts(found, ask("x", "q1"), repeat=k) for k in range(3)] == [["a"], ["b"], ["c"]]
    with pytest.raises(UsageError, match=r"a\.jsonl, repeat 4: "):
        matched(found, [ask("x", "q1")], repeat=3)


def test_other_settings_are_said(ours):
    found = ours((ask("x", max_tokens=64), "a" * 40), (ask("y", max_tokens=64), "b"))
    match = matched(found, [ask("x", max_tokens=16), ask("y", max_tokens=16)])
    assert [en for en, _ in match.notes] == [
        "1 of its recorded answers were given with max_tokens 64, the questions say 16"
    ]
    assert matched(found, [ask("x", max_tokens=128)]).notes == []  # it was not cut off
    warm = matched(found, [ask("x", max_tokens=64, temperature=0.7)])
    assert "temperature 0, the questions say 0.7" in warm.notes[0][0]


def test_errors_are_missing_answers(table):
    found = table({"id": "q1", "answer": "", "error": "boom"}, {"id": "q2", "answer": "b"})
    with pytest.raises(UsageError, match=r"1 of 2 .*: q1; 1 of its rows are errors"):
        matched(found, [ask("x", "ff", "q1"), ask("y", "ee", "q2")])


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        ({"suite": "x.eval.yaml"}, "evalkit run {d}/x.eval.yaml --record {f}"),
        (
            {"data": "../d.jsonl", "options": "--model b=openai/x"},
            "evalkit record {p}/d.jsonl --model b=openai/x -o {f}",
        ),
    ],
)
def test_the_line_that_records_them(ours, tmp_path, origin, line):
    found = ours((ask("x"), "a"), origin=origin)
    requests = [ask(text, f"{n:x}", f"line {n}") for n, text in enumerate("xabcde", 1)]
    with pytest.raises(UsageError) as caught:
        matched(found, requests)
    assert ": line 2, line 3, line 4 and 2 more" in caught.value.message
    written = line.format(
        d=tmp_path.as_posix(), p=tmp_path.parent.as_posix(), f=tmp_path / "a.jsonl"
    )
    assert caught.value.hint == f"record them: {written}"
    with pytest.raises(UsageError, match="--repeats 2 "):
        matched(found, requests[:1], repeat=1)
