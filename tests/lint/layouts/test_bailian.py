# SPDX-License-Identifier: Apache-2.0
"""What lint says of rows for Model Studio (百炼)."""

from __future__ import annotations

import pytest

ASKED = [{"text": "a"}, {"image": "x.png"}]
ANSWER = {"role": "assistant", "content": [{"text": "b"}]}


def row(*messages, **more):
    return {"messages": [*messages], **more}


def user(*parts):
    return {"role": "user", "content": [*parts]}


def test_rows_that_are_converted_are_clean(found, told):
    assert found(*told("bailian"), target="bailian") == []
    assert [message["content"] for message in told("bailian")[0]["messages"]][
        1
    ] == "我的包裹在哪里？"


@pytest.mark.parametrize(
    ("value", "finding"),
    [
        (row({"role": "tool", "content": ASKED}, ANSWER), ("unknown-role", "/messages/0/role")),
        (row(user(*ASKED), {"role": "assistant"}), ("missing-content", "/messages/1")),
        (row(user(*ASKED), {**ANSWER, "name": "x"}), ("extra-message-key", "/messages/1/name")),
        (row(user(*ASKED), {**ANSWER, "loss_weight": 2}), ("bad-weight", "/messages/1/loss_weight")),
        (row(user(*ASKED), {**ANSWER, "loss_weight": 0.5}), None),
        (row(user(*ASKED), ANSWER, id=1), ("extra-top-level-key", "/id")),
        (row(user(*ASKED), {"role": "assistant", "content": [{"text": ""}]}), ("empty-content", "/messages/1/content/0/text")),
        (row(user(*ASKED), ANSWER, user({"text": "c"})), ("last-message-not-assistant", "/messages/2")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_where_it_is(found, value, finding):
    assert found(value, target="bailian") == ([finding] if finding else [])


def test_a_part_of_another_kind(found):
    good, bad = row(user(*ASKED), ANSWER), row(user({"text": "d"}, {"image": {"url": "x"}}), ANSWER)
    said = found(good, bad, target="bailian")
    assert ("content-type", "/messages/0/content/1/image") in said
