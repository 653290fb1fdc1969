# SPDX-License-Identifier: Apache-2.0
"""One value a line, and what becomes of lines that are none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.location import Location
from evalkit.data.read import open_data


def row(text: str = "hi") -> dict:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]}


def line(text: str = "hi") -> str:
    return json.dumps(row(text), ensure_ascii=False)


@pytest.fixture
def read(tmp_path):
    def call(content: bytes | str, name: str = "x.jsonl", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(open_data(path, **options))

    return call


def test_location(read, tmp_path):
    a, b = read(f"{line('a')}\r\n\n{line('b')}")[::2]
    first = len(line("a")) + 2
    assert a.location == Location(
        source=str(tmp_path / "x.jsonl"), line=1, end_line=1, number=1, start=0, end=first
    )
    assert (b.location.line, b.location.number) == (3, 2)
    assert (b.location.start, b.location.end) == (first + 1, first + 1 + len(line("b")))
    assert b.raw == line("b").encode()
    assert b.messages[0].text == "b"


def test_what_is_counted(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(f"{line()}\n\nnonsense\n{line()}\n")
    data = open_data(path)
    assert data.lines == 0
    assert [e.location.number for e in data] == [1, None, 2, 3]
    assert (data.lines, data.examples, data.format, data.container) == (
        4,
        3,
        "openai-chat",
        "jsonl",
    )
    assert len(list(data)) == 4  # and again


def test_line_separators_of_unicode_are_text(read):
    [only] = read(line("a\u2028b\u0085c\x0bd".replace("\x0b", "")))
    assert only.messages[0].text == "a\u2028b\u0085cd"


@pytest.mark.parametrize(
    ("text", "cause", "column"),
    [
        ('{"a": "say "hi""}', "unescaped-quote", 13),
        ('{"a": ""hi" he"}', "unescaped-quote", 9),
        ('{"a": "x", "hi" there": 1}', "unescaped-quote", 17),
        ('{"a": 1,}', "trailing-comma", 9),
        ('{"a": 1,, "b": 2}', "extra-comma", 9),
        ('{"a": [1,, 2]}', "extra-comma", 10),
        ("{'a': 1}", "single-quotes", 2),
        ("{\"a\": 'x'}", "single-quotes", 7),
        ('{"a": True}', "python-literal", 7),
        ('{"a": 1 // why\n}', "comment", 9),
        ('{"a": NaN}', "nan", 7),
        ('{"a": -Infinity}', "nan", 7),
        ('{"a": "\\ud83d"}', "lone-surrogate", 8),
        ('{"a": "\\x"}', "bad-escape", 8),
        ('{"a": "x', "cut-off", 7),
        ('{"a": [1, 2', "cut-off", 12),
        ('{"a": 1 "b": 2}', "missing-comma", 9),
        ('{"a" 1}', "missing-colon", 6),
        ("{a: 1}", "unquoted-key", 2),
        ("{oops}", "unquoted-key", 2),
        ("{1}", "syntax", 2),
        ('{"a": "b", he said", "c": 1}', "unescaped-quote", 12),
        ('{"a": 1} # why', "comment", 10),
        ('{"a": 1 /* why */}', "comment", 9),
        ("{“a”: 1}", "full-width", 2),
        ('{"a"：1}', "full-width", 5),
        ('{"a": 1} {"a": 2}', "extra-data", 10),
        ('{"a": 1},', "comma-behind", 9),
        ('{"a": 1}}', "extra-bracket", 9),
        ('{"a": "x\ty"}', "raw-control", 9),
        ("Here are more:", "not-json", 1),
        ('{"a": ' + "1" * 5000 + "}", "number", None),
        ("[" * 100_000, "too-deep", None),
        ('{"a":' * 100_000, "too-deep", None),
        ("[" * 250 + "]" * 250, "too-deep", None),
        ("\ufeff" + '{"a": 1}', "byte-order-mark", 1),
    ],
)
def test_causes(read, text, cause, column):
    good, broken, after = read(f"{line('before')}\n{text}\n{line('after')}\n")
    assert good.broken is None
    assert after.broken is None
    assert broken.value is None
    assert broken.broken.kind == ("surrogate" if cause == "lone-surrogate" else "json")
    assert (broken.broken.args["cause"], broken.broken.column) == (cause, column)
    assert broken.location.line == 2
    assert after.location.line == 3 + text.count("\n")
    assert all(isinstance(v, str) and v.isprintable() for v in broken.broken.args.values())


@pytest.mark.parametrize("indent", [0, 1, 2, "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_pretty_printed(read, indent, end):
    pretty = json.dumps(row("漂亮"), indent=indent, ensure_ascii=False).replace("\n", end)
    found = read(end.join([line(), pretty, pretty, "", line(), pretty]))
    size = pretty.count("\n") + 1
    kinds = [e.broken and e.broken.args["cause"] for e in found]
    bad = "pretty-printed"
    assert kinds == [None, bad, bad, "blank", None, bad]
    spans = [(e.location.line, e.location.end_line) for e in found if e.broken]
    assert spans[:2] == [(2, size + 1), (size + 2, 2 * size + 1)]
    assert found[1].broken.recovered == row("漂亮")


def test_messages_on_lines_of_their_own_are_no_rows(read):
    text = '{"messages": [\n{"role": "user", "content": "a"}\n,\n{"role": "assistant", "content": "b"}\n]}'
    [only, after] = read(f"{text}\n{line()}")
    assert only.broken.args["cause"] == "pretty-printed"
    assert (only.location.line, only.location.end_line, after.location.line) == (1, 5, 6)


def test_raw_line_breaks(read):
    text = line("one@two@@three").replace("@", "\n")
    bad, after = read(f"{text}\n{line()}\n")
    assert bad.broken.args["cause"] == "raw-newline"
    assert bad.broken.recovered == row("one\ntwo\n\nthree")
    assert (bad.location.line, bad.location.end_line, after.location.line) == (1, 4, 5)


def test_a_pretty_printed_row_with_a_fault_ends_where_the_next_begins(read):
    pretty = json.dumps(row("she said X"), indent=2).replace("X", '"no"')
    bad, blank, other, after = read(f"{pretty}\n\n{json.dumps(row(), indent=2)}\n{line()}\n")
    assert bad.broken.args["cause"] == "unescaped-quote"
    assert blank.broken.kind == "blank"
    assert other.broken.args["cause"] == "pretty-printed"
    assert after.broken is None
    assert bad.location.end_line == pretty.count("\n") + 1


def test_cut_off_rows_end_where_the_next_begins(read):
    found = read("\n".join([line()[:30], line()[:40], line(), line()[:50]]))
    assert [(e.location.line, e.location.end_line) for e in found] == [
        (1, 1),
        (2, 2),
        (3, 3),
        (4, 4),
    ]
    assert [bool(e.broken) for e in found] == [True, True, False, True]


def test_not_objects(read):
    found = read(f'{line()}\n[1]\n"x"\n7\ntrue\nnull\n')[1:]
    assert {e.broken.kind for e in found} == {"not-object"}
    assert [e.broken.args["type"] for e in found] == [
        "a list",
        "a text",
        "a number",
        "true or false",
        "null",
    ]


def test_values_that_are_odd_but_legal(read):
    twice, huge = read('{"messages": [], "messages": [1]}\n{"messages": [], "x": 1e999}\n')
    assert twice.value == {"messages": [1]}
    assert huge.value["x"] == float("inf")


def test_invalid_utf8_is_one_record(read):
    rows = [line("é").encode(), line("é").encode("latin-1"), line("中").encode()]
    good, bad, after = read(b"\n".join(rows))
    assert (good.broken, after.broken) == (None, None)
    assert bad.broken.kind == "encoding"
    place = rows[1].index(b"\xe9")
    assert bad.broken.column == place + 1
    assert bad.broken.args["offset"] == str(len(rows[0]) + 1 + place)
    assert bad.broken.args["byte"] == "0xe9"


@pytest.mark.parametrize(
    "encoding", ["gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_other_encodings(read, tmp_path, encoding):
    text = "高血壓患者能吃黨參嗎？我有高血壓這兩天女婿來的時候給我拿了些黨參泡水喝。"
    lines_ = "".join(f"{line(text + str(n))}\n" for n in range(20))
    found = read(lines_.encode(encoding))
    assert [e.messages[0].text for e in found] == [text + str(n) for n in range(20)]
    assert found[-1].raw == line(text + "19").encode()
    assert found[-1].location.line == 20
    data = open_data(tmp_path / "x.jsonl")
    assert data.encoding.startswith(encoding)
    assert data.bom == (encoding in {"utf-16", "utf-32"})
    whole = lines_.encode(encoding)
    assert [whole[e.location.start : e.location.end].decode(data.encoding) for e in found] == [
        f"{line(text + str(n))}\n" for n in range(20)
    ]


def test_huge_lines(tmp_path):
    from evalkit.data.encodings import Encoding
    from evalkit.data.readers.jsonl import jsonl

    path = tmp_path / "x.jsonl"
    for end in ("", "\n", f"\n{line('b')}", f"\n{line('b')}\n"):
        path.write_text(f"{line('a')}\n{line('x' * 3_000_000)}{end}")
        with path.open("rb") as stream:
            found = list(jsonl(stream, "x", Encoding("utf-8", "utf-8"), cap=1 << 20))
        assert [e.location.line for e in found] == [1, 2, 3][: len(found)]
        assert found[1].broken.args["cause"] == "too-long"
        assert len(found[1].raw) <= 1024
        assert found[1].location.end - found[1].location.start > 3_000_000
        if "b" in end:
            assert found[2].messages == ()  # no layout was given
            assert found[2].value == row("b")
            assert found[2].location.end == path.stat().st_size


@pytest.mark.slow
def test_looking_ahead_is_bounded(read):
    # A reader whose looking ahead is not bounded takes many minutes for this.
    assert len(read("{\n" * 20_000)) == 20_000
    assert len(read('{"a": [\n' * 10_000)) == 10_000


texts = st.text(st.characters(codec="utf-8"), max_size=12)


@given(
    st.lists(texts, min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_line_ends_and_marks_do_not_matter(tmp_path_factory, contents, end, mark, final):
    path = tmp_path_factory.mktemp("ends") / "x.jsonl"
    path.write_bytes(
        b"\xef\xbb\xbf" * mark + (end.join(map(line, contents)) + end * final).encode()
    )
    data = open_data(path)
    assert [e.value for e in data] == [row(text) for text in contents]
    assert data.bom is mark
    assert data.lines == len(contents)


def test_many_blank_lines_are_one_record_from_the_thousandth_on(read):
    found = read(f"{line('a')}\n" + "\n \r\n" * 5000 + f"{line('b')}\n\n")
    blanks = [e.location for e in found if e.broken]
    assert {e.broken.kind for e in found if e.broken} == {"blank"}
    assert [(place.line, place.end_line) for place in blanks[-2:]] == [
        (1001, 10001),
        (10003, 10003),
    ]
    assert len(blanks) == 1001
    assert blanks[999].end == found[-2].location.start
    assert found[-2].location.line == 10002


def test_defects_of_real_files(shared):
    folder = shared / "defective-jsonl"
    defects = json.loads((folder / "defects.json").read_text())
    kinds = {"invalid_json": "json", "blank_line": "blank"}
    for name in {d["file"] for d in defects}:
        wanted = {
            (kinds[d["defect"]], d["line"], d.get("end_line", d["line"]))
            for d in defects
            if d["file"] == name and d["defect"] in kinds
        }
        found = {
            (e.broken.kind, e.location.line, e.location.end_line)
            for e in open_data(folder / name)
            if e.broken
        }
        assert found == wanted, name


def test_pretty_printed_rows_give_the_layout_all_the_same(shared):
    assert open_data(shared / "defective-jsonl/pretty_printed_val.jsonl").format == "openai-chat"
