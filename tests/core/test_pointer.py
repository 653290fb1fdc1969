# SPDX-License-Identifier: Apache-2.0
"""JSON pointers there and back."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.pointer import at, replaced, strings, to_pointer

values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(values)
def test_every_string_is_where_its_pointer_says(value):
    for pointer, text in strings(value):
        assert at(value, pointer) == text


@given(values)
def test_replacing_changes_one_place_and_not_the_original(value):
    before = copy.deepcopy(value)
    for pointer, _ in strings(value):
        changed = replaced(value, pointer, 0)
        assert at(changed, pointer) == 0
        assert dict(strings(changed)) == {p: t for p, t in strings(value) if p != pointer}
    assert value == before


def test_keys_are_escaped_as_in_rfc_6901():
    assert to_pointer(["a/b", "m~n", 0]) == "/a~1b/m~0n/0"
    assert at({"a/b": {"m~n": [7]}}, "/a~1b/m~0n/0") == 7


@pytest.mark.parametrize("pointer", ["/x", "/a/9", "/a/x", "/a/0/b", "/t/0"])
def test_nothing_there_is_a_lookup_error(pointer):
    with pytest.raises(LookupError):
        at({"a": [1], "t": "text"}, pointer)


def test_deep_values_do_not_exhaust_the_stack():
    value: list = ["end"]
    for _ in range(50_000):
        value = [value]
    assert [text for _, text in strings(value)] == ["end"]
