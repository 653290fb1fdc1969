# SPDX-License-Identifier: Apache-2.0
"""What a conversion lost is told by reading the row again."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.core.resources import schema
from evalkit.data.conversation import Conversation
from evalkit.data.convert import Converted
from evalkit.data.loss import FEATURES, Loss, losses
from evalkit.data.loss_report import loss_records

USER, ANSWER = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}
SYSTEM = {"role": "system", "content": "s"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "7"}
IMAGE = {"type": "image_url", "image_url": {"url": "u", "detail": "low"}}


def said(*messages, **more):
    return Conversation(messages=messages, **more)


def renamed(name):
    call = {**CALL, "id": name}
    return {**CALLING, "tool_calls": [call]}, {**RESULT, "tool_call_id": name}


def of(*parts):
    return {"role": "user", "content": list(parts)}


def text(content):
    return {"type": "text", "text": content}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (said(SYSTEM, USER, ANSWER), said(USER, ANSWER), {"system"}),
        (said(USER, SYSTEM, ANSWER), said(SYSTEM, USER, ANSWER), {"system-place"}),
        (
            said(SYSTEM, {**SYSTEM, "content": "t"}, USER, ANSWER),
            said({**SYSTEM, "content": "s\nt"}, USER, ANSWER),
            {"system-place"},
        ),
        (said({**SYSTEM, "role": "developer"}, USER), said(SYSTEM, USER), {"roles"}),
        (said(USER, ANSWER, USER, ANSWER), said(USER, ANSWER), {"turns"}),
        (said(USER, ANSWER), said(USER, USER), {"turns", "text"}),
        (said(USER, ANSWER), said(USER, {**ANSWER, "content": "b "}), {"text"}),
        (said(USER, ANSWER, tools=({"type": "function"},)), said(USER, ANSWER), {"tools"}),
        (said(USER, CALLING, RESULT, ANSWER), said(USER, ANSWER), {"turns", "calls"}),
        (said(USER, CALLING), said(USER, {**CALLING, "tool_calls": []}), {"calls"}),
        (said(USER, CALLING, RESULT), said(USER, *renamed("call_1_0")), {"new-call-ids"}),
        (said(USER, CALLING, RESULT), said(USER, *renamed(None)), {"call-ids"}),
        (said(of(text("a"), IMAGE), ANSWER), said(of(text("a")), ANSWER), {"parts"}),
        (
            said(of(text("a"), IMAGE), ANSWER),
            said(of(text("a"), {**IMAGE, "image_url": {"url": "u"}}), ANSWER),
            {"part-details"},
        ),
        (said(of(text("a"), IMAGE), ANSWER), said(of(IMAGE, text("a")), ANSWER), {"part-order"}),
        (said(of(text("a"), text("b")), ANSWER), said(of(text("ab")), ANSWER), {"text-parts"}),
        (said(of(text("a")), ANSWER), said(USER, ANSWER), set()),
        (said(USER, {**ANSWER, "weight": 0}), said(USER, ANSWER), {"weights"}),
        (said({**USER, "name": "Al"}, ANSWER), said(USER, ANSWER), {"names"}),
        (said(USER, {**ANSWER, "refusal": "r"}), said(USER, ANSWER), {"refusals"}),
        (said(USER, {**ANSWER, "audio": {"id": 1}}), said(USER, ANSWER), {"other-keys"}),
        (said(USER, {**ANSWER, "reasoning_content": "h"}), said(USER, ANSWER), {"reasoning"}),
        (
            said(USER, {**ANSWER, "reasoning_content": "hm"}),
            said(USER, {**ANSWER, "content": "<think>\nhm\n</think>\n\nb"}),
            {"reasoning-as-text"},
        ),
        (said(USER, ANSWER, rejected=(ANSWER,)), said(USER, ANSWER), {"rejected"}),
        (said(USER, ANSWER, verdict=True), said(USER, ANSWER), {"verdicts"}),
        (said(USER, ANSWER, ANSWER, answer=2), said(USER, ANSWER, ANSWER), {"answer-start"}),
        (said(USER, ANSWER, parallel_tool_calls=False), said(USER, ANSWER), {"parallel-calls"}),
        (said(USER, ANSWER, answer=1), said(USER, ANSWER), set()),
        (said(USER, {**ANSWER, "name": None}), said(USER, ANSWER), set()),
    ],
)
def test_each_feature_is_told(before, after, wanted):
    found = losses(before, after)
    assert {one.feature for one in found} == wanted
    assert {one.feature for one in found} <= FEATURES.keys()
    assert losses(before, before) == ()


def test_losses_are_gone_or_another_form():
    assert Loss("system", "/messages/0").kind == "lost"
    assert Loss("new-call-ids", "").kind == "rewritten"


messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant", "tool"]), "content": st.text()},
        optional={"name": st.text(), "weight": st.integers(0, 1)},
    ),
    max_size=4,
).map(tuple)


@given(messages, messages)
def test_whatever_is_compared_there_is_an_answer(one, other):
    found = losses(Conversation(messages=one), Conversation(messages=other))
    assert (found == ()) or one != other
    assert all(loss.kind in ("lost", "rewritten") for loss in found)


# ---------------------------------------------------------------- the report


RULES = jsonschema.Draft202012Validator(schema("loss-report"))


def example(secret, **where):
    location = Location(source="x.xlsx", line=3, end_line=5, number=2, **where)
    return Example(location, secret.encode(), {"messages": [{"role": "user", "content": secret}]})


def test_records_are_as_their_schema_says_and_hold_no_data():
    secret = "sk-live-1234567890abcdef"  # noqa: S105  (made up)
    row = {"messages": [{"role": "user", "content": secret}]}
    lost = (
        Loss("system", "/messages/0"),
        Loss("fields", "lang"),
        Loss("roles", "/messages/0/role"),
    )
    records = [
        *loss_records(example(secret, sheet="S"), Converted(row, "", lost)),
        *loss_records(example(secret), Converted(None, "it holds no messages")),
        *loss_records(example(secret), Converted(row)),
    ]
    assert len(records) == 4
    for record in records:
        RULES.validate(record)
    assert secret not in json.dumps(records)
    assert records[0] == {
        "schema": 1, "path": "x.xlsx", "line": 3, "end_line": 5, "number": 2, "sheet": "S",
        "kind": "lost", "feature": "system", "pointer": "/messages/0", "words": "system prompts",
    }  # fmt: skip
    assert [r["kind"] for r in records] == ["lost", "lost", "rewritten", "left-out"]
    assert records[3]["words"] == "it holds no messages"


@pytest.mark.parametrize(
    "record",
    [
        {"schema": 1, "path": "x", "line": 1, "number": 1, "kind": "lost", "words": "w"},
        {"schema": 1, "path": "x", "line": 1, "number": 1, "kind": "left-out", "words": "w",
         "feature": "text", "pointer": ""},
        {"schema": 1, "path": "x", "line": 1, "number": 1, "kind": "left-out", "words": "w",
         "content": "data"},
    ],
)  # fmt: skip
def test_other_records_are_refused(record):
    assert not RULES.is_valid(record)
