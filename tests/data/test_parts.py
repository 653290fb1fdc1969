# SPDX-License-Identifier: Apache-2.0
"""Parts of a file, read one by one, give what the whole gives."""

from __future__ import annotations

import gzip
import json
import pickle
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.location import Location
from evalkit.data.parts import cuts, shifted
from evalkit.data.read import open_data
from evalkit.data.readers import jsonl


def line(text: str, key: str = "messages") -> str:
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]
    return json.dumps({key: messages}, ensure_ascii=False)


PRETTY = json.dumps(json.loads(line("漂亮")), indent=2, ensure_ascii=False)
PIECES = [
    line("a"),
    line("é漢"),
    line("b", "prompt"),
    line("x" * 90),
    line("y") + "\r",
    "",
    "   ",
    "nonsense",
    "{",
    "}",
    '{"messages": [',
    "]}",
    '"',
    line("cut")[:30],
    line("raw@break").replace("@", "\n"),
    line('a "quote"').replace('\\"', '"'),
    PRETTY,
    PRETTY.replace("漂亮", 'no "escape"'),
    '{"messages": [], "messages": [1]}',
    line("lone @").replace("@", "\\ud83d"),
    line("raw @").replace("@", "\ud83d"),
    "[1, 2]",
    "\ufeff" + line("mark"),
    f"[\n{line('listed')},\n{line('listed')}\n]",
    '{"messages": 1}' + " " * 300,
    "\n" * 12,
]


def in_parts(data, parts):
    """The examples of all parts, each where it stands in the file; and how many cuts there were."""
    places = [0, *cuts(data, parts), None]
    found, lines, numbers = [], 0, 0
    for start, stop in pairwise(places):
        part = list(data.part(start, stop))
        found += [shifted(example, lines, numbers) for example in part]
        lines += part[-1].location.end_line
        numbers += max((e.location.number or 0 for e in part), default=0)
    return found, len(places) - 2


@pytest.fixture
def stride(monkeypatch):
    monkeypatch.setattr(jsonl, "STRIDE", 64)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=40),
    st.integers(2, 9),
    st.booleans(),
    st.sampled_from([None, 200]),
    st.sampled_from([1 << 24, 300]),
)
def test_parts_give_what_the_whole_gives(tmp_path_factory, pieces, parts, mark, cap, credit):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(jsonl, "STRIDE", 64)
        patched.setattr(jsonl, "_CREDIT", credit)
        patched.setattr(jsonl, "_BLANKS", 4)
        path = tmp_path_factory.mktemp("parts") / "x.jsonl"
        text = "\n".join([line("first"), *pieces]).encode("utf-8", "surrogatepass")
        path.write_bytes(b"\xef\xbb\xbf" * mark + text)
        data = open_data(path, max_line_bytes=cap)
        whole = list(data)
        assert data.divisible
        found, _ = in_parts(data, parts)
        assert found == whole


def test_a_clean_file_is_cut_into_as_many_parts_as_wanted(tmp_path, stride):
    path = tmp_path / "x.jsonl"
    path.write_text("".join(line(str(n)) + "\n" for n in range(500)))
    data = open_data(path)
    for parts in (1, 2, 7, 40):
        found, number = in_parts(data, parts)
        assert number == parts - 1
        assert found == list(data)
        places = [0, *cuts(data, parts), data.size]
        sizes = [b - a for a, b in pairwise(places)]
        assert max(sizes) <= min(sizes) + 2 * 64 + 2 * 90


def test_no_cut_where_no_record_surely_begins(tmp_path, stride):
    for name, content in {
        "pretty.jsonl": f"{PRETTY}\n" * 50,
        "nonsense.jsonl": "{\n" * 500,
        "array.json": json.dumps([json.loads(line("a"))] * 50),
        "table.csv": "prompt,completion\n" + "a,b\n" * 100,
        "long.jsonl": line("x" * 1000),
    }.items():
        path = tmp_path / name
        path.write_text(content)
        assert cuts(open_data(path), 4) == [], name
    packed = tmp_path / "x.jsonl.gz"
    packed.write_bytes(gzip.compress((line("a") + "\n").encode() * 500))
    data = open_data(packed)
    assert cuts(data, 4) == []
    with pytest.raises(ValueError, match="cannot be read in parts"):
        data.part(0, None)
    wide = tmp_path / "wide.jsonl"
    wide.write_text((line("a") + "\n") * 500, encoding="utf-16")
    assert cuts(open_data(wide), 4) == []


def test_a_data_set_can_be_sent_to_another_process(tmp_path, stride):
    path = tmp_path / "x.jsonl"
    path.write_text("".join(line(str(n)) + "\n" for n in range(50)))
    data = open_data(path)
    places = cuts(data, 2)
    there = pickle.loads(pickle.dumps(data))  # noqa: S301  (our own)
    assert list(there) == list(data)
    assert list(there.part(places[0], None)) == list(data.part(places[0], None))


def test_shifted():
    place = Location(source="x", line=2, end_line=3, number=None, start=7, end=9)
    assert shifted(place, 10, 5) == Location(
        source="x", line=12, end_line=13, number=None, start=7, end=9
    )
    assert shifted(Location(source="x"), 10, 5) == Location(source="x")


def test_cuts_of_a_file_of_real_size(tmp_path):
    path = tmp_path / "x.jsonl"
    row = (line("x" * 900) + "\n").encode()
    path.write_bytes(row * 9000)
    data = open_data(path)
    places = cuts(data, 4)
    assert len(places) == 3
    assert all(place % len(row) == 0 for place in places)
    assert all(place % jsonl.STRIDE < len(row) for place in places)
