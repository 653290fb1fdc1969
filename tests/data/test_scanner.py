# SPDX-License-Identifier: Apache-2.0
"""Where JSON values end."""

from __future__ import annotations

import json

from hypothesis import given, settings
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


def plainly(piece: bytes) -> tuple[int, bool]:
    """Depth and whether a text is open, byte by byte."""
    depth, inside, escaped = 0, False, False
    for byte in piece:
        if escaped:
            escaped = False
        elif inside:
            inside, escaped = byte != 0x22, byte == 0x5C
        else:
            inside = byte == 0x22
            depth += (byte in b"{[") - (byte in b"}]")
    return depth, inside


@settings(max_examples=500)
@given(st.lists(st.sampled_from([b'"', b"\\", b"{", b"}", b"[", b"]", b"a", b"\n"])), st.data())
def test_pieces_do_not_matter(parts, data):
    whole = b"".join(parts)
    scanner = Scanner()
    at = 0
    while at < len(whole):
        cut = data.draw(st.integers(at + 1, len(whole)))
        floor = data.draw(st.sampled_from([None, -(10**9)]))
        assert scanner.feed(whole[at:cut], floor=floor) == cut - at
        at = cut
    assert (scanner.depth, scanner.inside) == plainly(whole)
