# SPDX-License-Identifier: Apache-2.0
"""A suite is recorded once and replayed without its models."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Position, Reply, Request, Usage
from evalkit.core.resources import schema
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.recording import check_recordable, record_run, replayed
from evalkit.evaluation.suite import cut_to, load_suite
from evalkit.models.replay import read_recording

REQUESTS = [
    Request(messages=[{"role": "user", "content": text}], ids=(text, f"line {n}"), max_tokens=16)
    for n, text in enumerate(("x", "y"), 1)
]
GOOD = Reply(
    text="ship",
    positions=(Position("ship", -0.5, (("bill", -1.5),)),),
    usage=Usage(5, 1),
    model="m-2026",
)


def asked(*replies, **rest):
    repeats = rest.pop("repeats", [list(replies)])
    return Asked(
        replies=repeats[0], seconds=[None] * len(repeats[0]), cached=0, host="h",
        identity="https://h/v1 m", requests=REQUESTS, repeats=repeats, **rest,
    )  # fmt: skip


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "suites" / "x.eval.yaml"
    path.parent.mkdir()
    path.write_text("data: d.jsonl\nmodels:\n  base: openai/gpt-4.1-mini\n", "utf-8")
    return load_suite(path)


def record(path, suite, one, today="2026-11-21"):
    return record_run(path, suite, {"base": REQUESTS}, {"base": one}, today=today)


@pytest.mark.parametrize("name", ["a.jsonl", "deep/a.jsonl.gz"])
def test_what_is_kept(tmp_path, suite, name):
    path = tmp_path / name
    kept = record(path, suite, asked(GOOD, replace(GOOD, text="bill")))
    assert (kept.rows, kept.new, kept.left_out) == (2, 2, 0)
    first = read_recording(path)[0]
    assert first.reply == GOOD
    assert (first.model, first.date, first.identity) == ("base", "2026-11-21", "https://h/v1 m")
    assert first.parameters == {"max_tokens": 16, "temperature": 0.0, "seed": 0, "top_logprobs": 0}
    assert first.ids == ("x", "line 1")
    up = "../" * (1 + name.count("/") - 1)
    assert first.origin == {"suite": f"{up}suites/x.eval.yaml"}


def test_rows_are_as_the_schema_says(tmp_path, suite):
    path = tmp_path / "a.jsonl"
    tool = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    record(path, suite, asked(replace(GOOD, tool_calls=(tool,)), replace(GOOD, refusal="no")))
    for line in path.read_text("utf-8").splitlines():
        jsonschema.validate(json.loads(line), schema("recording"))


def test_recording_twice_changes_nothing_and_keeps_the_day(tmp_path, suite):
    path = tmp_path / "a.jsonl.gz"
    record(path, suite, asked(GOOD, GOOD))
    before, stamp = path.read_bytes(), path.stat().st_mtime_ns
    assert record(path, suite, asked(GOOD, GOOD), today="2027-01-01").new == 0
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, stamp)


def test_another_answer_takes_the_place_of_the_first(tmp_path, suite):
    path = tmp_path / "a.jsonl"
    record(path, suite, asked(GOOD, GOOD))
    record(path, suite, asked(replace(GOOD, text="new"), GOOD), today="2027-01-01")
    assert [(r.reply.text, r.date) for r in read_recording(path)] == [
        ("new", "2027-01-01"),
        ("ship", "2026-11-21"),
    ]


def test_errors_are_no_answers_and_take_nothing_away(tmp_path, suite):
    path = tmp_path / "a.jsonl"
    failed = Reply(text="", finish="error", error="boom")
    assert record(path, suite, asked(GOOD, failed)).left_out == 1
    assert len(read_recording(path)) == 1
    record(path, suite, asked(GOOD, GOOD))
    kept = record(path, suite, asked(GOOD, failed))
    assert (kept.rows, kept.left_out) == (2, 1)


def test_nothing_answered_writes_nothing(tmp_path, suite):
    failed = Reply(text="", finish="error", error="boom")
    assert record(tmp_path / "a.jsonl", suite, asked(failed, failed)).rows == 0
    assert not (tmp_path / "a.jsonl").exists()


def test_rows_that_are_no_longer_asked_go_but_not_in_a_partial_run(tmp_path, suite):
    path = tmp_path / "a.jsonl"
    record(path, suite, asked(GOOD, GOOD))
    one = replace(asked(GOOD), requests=REQUESTS[:1])
    record_run(path, cut_to(suite, 1), {"base": REQUESTS[:1]}, {"base": one}, today="2026-11-22")
    assert len(read_recording(path)) == 2
    record_run(path, suite, {"base": REQUESTS[:1]}, {"base": one}, today="2026-11-22")
    assert len(read_recording(path)) == 1


def test_repeats_are_rows_of_their_own(tmp_path, suite):
    path = tmp_path / "a.jsonl"
    other = replace(GOOD, text="bill")
    record(path, suite, asked(repeats=[[GOOD, GOOD], [other, other]]))
    rows = read_recording(path)
    assert [(r.repeat, r.reply.text, r.parameters["seed"]) for r in rows] == [
        (0, "ship", 0),
        (0, "ship", 0),
        (1, "bill", 1),
        (1, "bill", 1),
    ]


def test_the_answers_of_another_suite_are_not_lost(tmp_path, suite):
    path = tmp_path / "a.jsonl"
    record(path, suite, asked(GOOD, GOOD))
    other = tmp_path / "suites" / "y.eval.yaml"
    other.write_text("data: e.jsonl\nmodels:\n  base: openai/gpt-4.1-mini\n", "utf-8")
    with pytest.raises(UsageError, match=r"holds answers of suites/x\.eval\.yaml"):
        check_recordable(path, load_suite(other))
    check_recordable(path, suite)
    check_recordable(tmp_path / "none.jsonl", suite)
    path.write_text('{"messages": [], "reply": {"text": "by hand"}}\n', "utf-8")
    with pytest.raises(UsageError, match="that no suite recorded"):
        record(path, suite, asked(GOOD, GOOD))


def test_a_replayed_suite_keeps_everything_but_who_is_asked(tmp_path, suite):
    path = tmp_path / "a.jsonl"
    record(path, suite, asked(GOOD, GOOD))
    spec = replayed(suite, path).models["base"]
    assert spec.use == "replay:../a.jsonl#base"
    # The price is that of the model: gates on cost decide as they did.
    assert float(spec.price["input"]) > 0
    assert spec.price["as_of"] < "2027"
    assert spec.price["source"]
    assert replace(spec, use="openai/gpt-4.1-mini", price=None) == suite.models["base"]


def test_a_model_that_is_not_there(tmp_path, suite):
    path = tmp_path / "a.jsonl"
    record(path, suite, asked(GOOD, GOOD))
    more = replace(suite, models={**suite.models, "bsae": suite.models["base"]})
    with pytest.raises(UsageError, match="model `bsae`; did you mean `base`") as caught:
        replayed(more, path)
    where = (tmp_path / "suites" / "x.eval.yaml").as_posix()
    assert caught.value.hint == f"record them: evalkit run {where} --record {path}"
