# SPDX-License-Identifier: Apache-2.0
"""Where JSON values end."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from evalkit.data.scanner import Scanner

pieces = st.text(st.sampled_from('"\\{}[],:x'), max_size=6)
values = st.recursive(
    pieces, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(pieces, inner, max_size=3)
)


@given(st.dictionaries(pieces, values, max_size=3))
def test_an_object_closes_at_its_end_wherever_it_is_cut(value):
    text = json.dumps(value).encode()
    for end in range(1, len(text)):
        scanner = Scanner()
        scanner.feed(text[:end])
        assert not scanner.closed
        scanner.feed(text[end:])
        assert scanner.closed


@given(st.dictionaries(pieces, values, max_size=3), pieces)
def test_it_stops_behind_the_object(value, after):
    text = json.dumps(value).encode()
    assert Scanner().feed(text + after.encode(), floor=0) == len(text)
