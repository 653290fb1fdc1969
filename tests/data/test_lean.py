# SPDX-License-Identifier: Apache-2.0
"""What is made by the short way is what the constructors make."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, fields

import pytest

from evalkit.core.example import Broken, Example
from evalkit.core.location import Location
from evalkit.data.lean import example_at
from evalkit.data.recognise import layout

CHAT = layout("openai-chat")
VALUE = {"messages": [{"role": "user", "content": "a"}]}
BROKEN = Broken("json", 3, {"reason": "x"})


@pytest.mark.parametrize("broken", [None, BROKEN])
def test_it_equals_what_the_constructors_make(broken):
    where = Location(source="x", line=2, end_line=3, number=1, start=7, end=9)
    slow = Example(where, b"{}", VALUE, CHAT, broken, {}, {"lang": "zh"}, ("/a",))
    fast = example_at(
        "x", 2, 3, 1, 7, 9, b"{}", VALUE, CHAT, broken, {"lang": "zh"}, ("/a",)
    )  # fmt: skip
    assert fast == slow
    assert repr(fast) == repr(slow)
    assert (type(fast), type(fast.location)) == (Example, Location)
    assert hash(fast.location) == hash(where)
    for made in (fast, fast.location):
        for field in fields(made):
            getattr(made, field.name)  # a slot that was not filled raises
    assert fast.messages == slow.messages
    assert fast.turns == slow.turns
    assert fast.digest == slow.digest
    with pytest.raises(FrozenInstanceError):
        fast.raw = b""
    with pytest.raises(FrozenInstanceError):
        fast.location.line = 1


def test_it_can_be_copied_and_sent():
    fast = example_at("x", 2, 3, 1, 7, 9, b"{}", VALUE, None, BROKEN, {}, ())
    assert pickle.loads(pickle.dumps(fast)) == fast  # noqa: S301  (our own)
    assert copy.deepcopy(fast) == fast


def test_two_examples_share_nothing():
    one, other = (example_at("x", 1, 1, 1, 0, 1, b"", VALUE, CHAT, None, {}, ()) for _ in range(2))
    assert one.messages
    assert one.cells is not other.cells
