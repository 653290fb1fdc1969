# SPDX-License-Identifier: Apache-2.0
"""Documents: rows in any print, and the next row after one that is broken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.data.read import open_data
from evalkit.data.readers import _splitter


def row(text: str = "hi") -> dict:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]}


def printed(text: str = "hi", indent: int | None = None) -> str:
    return json.dumps(row(text), ensure_ascii=False, indent=indent)


@pytest.fixture
def read(tmp_path):
    def call(content: str, **options):
        path = tmp_path / "x.json"
        path.write_bytes(content.encode())
        return list(open_data(path, **options))

    return call


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        (lambda t: t.replace('"@"', '"5" tall"'), "unescaped-quote"),
        (lambda t: t.replace('"@"', '"say "hi" now"'), "unescaped-quote"),
        (lambda t: t.replace('"@"', '"a\nb"'), "raw-newline"),
        (lambda t: t.replace('"@"', '"never ends\n'), "open-text"),
        (lambda t: t[: t.index("@")], "cut-off"),
        (lambda t: t[: t.rindex("]")], "cut-off"),
        (lambda t: t.replace('"@"', '"a",'), "trailing-comma"),
        (lambda t: t.replace('"@"', "'a'"), "single-quotes"),
        (lambda t: t.replace('"@"', '"a" // why\n'), "comment"),
        (lambda t: t.replace('"@"', '"a" /* why */'), "comment"),
        (lambda t: t.replace('"@"', "True"), "python-literal"),
        (lambda t: t.replace('"@"', "“a”"), "full-width"),
    ],
)
def test_the_row_after_a_broken_one_is_read(read, wrong, cause, indent):
    bad = wrong(printed("@", indent))
    rows = [printed("a", indent), bad, printed("b", indent), printed("c", indent)]
    text = "[\n" + ",\n".join(rows) + "\n]\n"
    found = read(text)
    assert [e.value["messages"][0]["content"] for e in found if not e.broken] == ["a", "b", "c"]
    [broken] = [e for e in found if e.broken]
    assert broken.broken.args["cause"] == cause
    where = broken.location
    assert where.number == 2
    assert where.line == 3 + rows[0].count("\n")
    assert text.encode()[where.start : where.end] == broken.raw
    assert broken.raw.decode().rstrip() == bad.rstrip()
    assert where.end_line == where.line + bad.rstrip().count("\n")
    for example in found:
        place = example.location
        assert text.encode()[place.start : place.end] == example.raw
        assert place.line == 1 + text.encode()[: place.start].count(b"\n")


def test_many_broken_rows_in_a_row(read):
    bad = printed("@").replace('"@"', '"5" tall"')
    found = read("[" + ",\n".join([printed("a"), bad, bad, bad, printed("b"), bad]) + "]")
    assert [bool(e.broken) for e in found] == [False, True, True, True, False, True]
    assert [e.location.line for e in found] == [1, 2, 3, 4, 5, 6]
    assert {e.broken.args["cause"] for e in found if e.broken} == {"unescaped-quote"}


def test_a_stray_quote_does_not_swallow_a_large_document(read):
    bad = printed("@").replace('"@"', '"5" tall"')
    rows = [printed(str(n)) for n in range(5000)]
    rows[10] = rows[2500] = bad
    found = read("[" + ",\n".join(rows) + "]")
    assert [n for n, e in enumerate(found) if e.broken] == [10, 2500]
    assert len(found) == 5000


def test_rows_that_hold_rows_are_whole(read):
    inner = {"messages": [{"role": "user", "content": json.dumps([row()] * 3, indent=1)}]}
    large = {"messages": [{"role": "user", "content": json.dumps([row("x" * 50)] * 3000)}]}
    nested = {"input": {"input": {"input": 1}}, "output": "a"}
    found = read(json.dumps([inner, large, nested]))
    assert [e.value for e in found] == [inner, large, nested]


def test_a_row_that_is_too_long_is_passed_over(read):
    rows = [printed("a"), printed("x" * 5000), printed("b")]
    a, long, b = read(f"[{', '.join(rows)}]", max_line_bytes=1000)
    assert (a.broken, b.broken) == (None, None)
    assert long.broken.kind == "too-long"
    assert long.broken.args["bytes"] == f"{len(rows[1]):,}"
    assert long.location.end - long.location.start == len(rows[1])
    assert len(long.raw) == 1024
    assert b.location.number == 3


def test_reading_again_is_bounded(read, monkeypatch):
    monkeypatch.setattr(_splitter, "_CREDIT", 1 << 16)
    found = read("[" + '{"a": "x" y",\n' * 20_000)
    assert 1 <= len(found) < 20_000


def test_keys_that_stand_twice(read):
    [a, b] = read('[{"messages": 1, "messages": [2]}, {"messages": [{"x": 1, "x": 2}]}]')
    assert (a.value, a.repeated_keys) == ({"messages": [2]}, ("/messages",))
    assert b.repeated_keys == ("/messages/0/x",)


pieces = st.sampled_from(
    [printed("a"), printed("b", 1), "{", "}", "[", "]", '"', ",", "\n", "1", '{"messages": ', "\\"]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(pieces, max_size=12))
def test_places_are_true_whatever_the_document(tmp_path_factory, pieces):
    text = ("[" + printed() + ",\n" + "\n".join(pieces)).encode()
    path = tmp_path_factory.mktemp("documents") / "x.json"
    path.write_bytes(text)
    last = 0
    for number, example in enumerate(open_data(path), 1):
        where = example.location
        assert where.number == number
        assert last <= where.start <= where.end <= len(text)
        assert text[where.start : where.end] == example.raw or example.broken
        assert where.line == 1 + text[: where.start].count(b"\n")
        last = where.end
