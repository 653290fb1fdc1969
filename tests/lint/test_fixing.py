# SPDX-License-Identifier: Apache-2.0
"""Fixes: what they mend, what they leave, and that twice is the same as once."""

from __future__ import annotations

import codecs
import json
import sys

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from evalkit.core.errors import InputError, UsageError
from evalkit.lint.engine import Settings, check
from evalkit.lint.fixing import differences, fix

SAFE = {"safe"}
ALL = {"safe", "unsafe", "drop"}


def row(user: object, answer: object = "ok") -> dict:
    return {
        "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": answer}]
    }


def line(value: object, **how) -> bytes:
    return json.dumps(value, ensure_ascii=False, **how).encode() + b"\n"


def test_only_the_faulty_lines_change(tmp_path):
    odd = b'{ "messages":[{"role":"user","content":"a\\u00e9\\/b","n":1.0},{"content":"x","role":"assistant"}] }\r\n'
    path = tmp_path / "x.jsonl"
    path.write_bytes(odd + b"\r\n" + line(row("cafÃ©")) + odd)
    done = fix(str(path), Settings(), SAFE)
    assert path.read_bytes() == odd + line(row("café")) + odd
    assert (done.fixed, done.changed) == (2, True)


def test_blanks_in_a_row_are_kept_as_they_were(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(line(row("cafÃ©"), separators=(",", ":")))
    fix(str(path), Settings(), SAFE)
    assert path.read_bytes() == line(row("café"), separators=(",", ":"))


def test_pretty_printed_rows_are_compacted_and_what_they_hide_is_mended_too(tmp_path):
    path = tmp_path / "x.jsonl"
    pretty = json.dumps(row("cafÃ©"), indent=2, ensure_ascii=False).encode()
    path.write_bytes(line(row("a")) + pretty + b"\n" + line(row("b")))
    done = fix(str(path), Settings(), SAFE)
    assert path.read_bytes() == line(row("a")) + line(row("café")) + line(row("b"))
    assert done.fixed == 2
    assert check([str(path)]).findings == ()


def test_real_pretty_printed_file(shared, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes((shared / "defective-jsonl" / "pretty_printed_val.jsonl").read_bytes())
    assert fix(str(path), Settings(), SAFE).fixed == 25
    assert check([str(path)]).findings == ()
    rows = [json.loads(one) for one in path.read_bytes().splitlines()]
    assert len(rows) == 25


def test_unsafe_fixes_wait_to_be_asked_for(tmp_path):
    path = tmp_path / "x.jsonl"
    damaged = "你好，世界！".encode("gbk").decode("latin-1")
    before = line(row(damaged))
    path.write_bytes(before)
    assert not fix(str(path), Settings(), SAFE).changed
    assert path.read_bytes() == before
    fix(str(path), Settings(), {"safe", "unsafe"})
    assert path.read_bytes() == line(row("你好，世界！"))


def test_several_fixes_of_one_row_are_all_applied(tmp_path):
    path = tmp_path / "x.jsonl"
    bad = {"messages": [
        {"role": "human", "content": "cafÃ©"},
        {"role": "assistant", "content": "naÃ¯ve", "weight": "1"},
        {"role": "user", "content": "bye"},
    ]}  # fmt: skip
    path.write_bytes(line(bad))
    fix(str(path), Settings(), {"safe", "unsafe"})
    good = [
        {"role": "user", "content": "café"},
        {"role": "assistant", "content": "naïve", "weight": 1},
    ]
    assert json.loads(path.read_bytes()) == {"messages": good}


def test_dropped_rows_are_kept_with_line_and_reason(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"\n" + line(row("a")) + line(row("", "x")) + line(row("b")) + line(row("a")))
    done = fix(str(path), Settings(), {"safe", "drop"})
    assert path.read_bytes() == line(row("a")) + line(row("b"))
    aside = [
        json.loads(one) for one in (tmp_path / "train.rejected.jsonl").read_bytes().splitlines()
    ]
    assert [(one["line"], one["row"]) for one in aside] == [(3, row("", "x")), (5, row("a"))]
    assert "empty-content" in aside[0]["reason"]
    assert "line 2" in aside[1]["reason"]
    assert (done.fixed, len(done.rejected)) == (1, 2)


def test_rows_set_aside_earlier_are_not_lost(tmp_path):
    path = tmp_path / "x.jsonl"
    for number in (1, 2):
        path.write_bytes(line(row("", str(number))) + line(row("a")))
        fix(str(path), Settings(), {"drop"})
    aside = (tmp_path / "x.rejected.jsonl").read_bytes().splitlines()
    assert [json.loads(one)["row"] for one in aside] == [row("", "1"), row("", "2")]


def test_duplicates_that_a_fix_uncovers_are_dropped_with_their_first_line_number(tmp_path):
    path = tmp_path / "x.jsonl"
    pretty = json.dumps(row("a"), indent=1).encode() + b"\n"
    path.write_bytes(pretty + line(row("b")) + line(row("a")))
    fix(str(path), Settings(), {"safe", "drop"})
    assert path.read_bytes() == line(row("a")) + line(row("b"))
    (aside,) = (tmp_path / "x.rejected.jsonl").read_bytes().splitlines()
    assert json.loads(aside)["line"] == pretty.count(b"\n") + 2  # of the original file


@pytest.mark.parametrize("name", ["gb18030", "utf-16-le", "cp1252"])
def test_other_encodings_become_utf_8(tmp_path, name):
    text = (
        "naïve café, déjà vu à la carte"
        if name == "cp1252"
        else "怎么退款？请在订单页申请，三个工作日内到账。"
    )
    data = b"".join(line(row(f"{text} {n}")) for n in range(4)).replace(b"\n", b"\r\n")
    path = tmp_path / "x.jsonl"
    mark = codecs.BOM_UTF16_LE if name == "utf-16-le" else b""
    path.write_bytes(mark + data.decode().encode(name))
    assert "not-utf-8" in check([str(path)]).summary()["by_rule"]
    fix(str(path), Settings(), SAFE)
    assert path.read_bytes() == data


def test_a_file_of_another_encoding_is_never_half_rewritten(tmp_path):
    """Even where re-encoding is not asked for by name, a mended row must not mix two encodings."""
    path = tmp_path / "x.jsonl"
    data = b"".join(line(row(f"怎么退款？请在订单页申请，三个工作日内到账。{n}")) for n in range(4))
    path.write_bytes((data + b"\n").decode().encode("gb18030"))
    fix(str(path), Settings(ignore=("not-utf-8",)), SAFE)
    assert path.read_bytes() == data


def test_bytes_that_are_no_text_stop_the_fix_not_the_data(tmp_path):
    path = tmp_path / "x.jsonl"
    good = "".join(
        json.dumps(row(f"怎么退款？请在订单页申请，三个工作日内到账。{n}"), ensure_ascii=False)
        + "\n"
        for n in range(6)
    )
    before = good.encode("gb18030") + b'{"messages": "\xff\xff"}\n'
    path.write_bytes(before)
    with pytest.raises(InputError, match="holds bytes"):
        fix(str(path), Settings(), SAFE)
    assert path.read_bytes() == before


def test_a_byte_order_mark_goes_only_where_the_target_minds(tmp_path):
    path = tmp_path / "x.jsonl"
    before = codecs.BOM_UTF8 + line(row("cafÃ©"))
    path.write_bytes(before)
    fix(str(path), Settings(), SAFE)
    assert path.read_bytes() == codecs.BOM_UTF8 + line(row("café"))
    fix(str(path), Settings(targets=("openai",)), SAFE)
    assert path.read_bytes() == line(row("café"))


def test_a_table_is_written_as_jsonl_elsewhere_and_never_in_place(tmp_path):
    path = tmp_path / "support.csv"
    path.write_bytes("question,answer\nHi,cafÃ©\nWhere?,\n\nA,b,c\nHi,café\n".encode())
    with pytest.raises(UsageError, match="CSV"):
        fix(str(path), Settings(), SAFE)
    out = tmp_path / "out.jsonl"
    done = fix(str(path), Settings(), {"safe", "drop"}, str(out))
    assert out.read_bytes() == line(row("Hi", "café"))
    aside = [json.loads(one) for one in (tmp_path / "out.rejected.jsonl").read_bytes().splitlines()]
    assert sorted(one["line"] for one in aside) == [
        3,
        5,
        6,
    ]  # rows of the table, not of the JSONL in between
    assert done.fixed == 1
    assert path.read_bytes().startswith(b"question")


def test_a_packed_file_is_mended_elsewhere(tmp_path):
    import gzip

    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(line(row("cafÃ©")) + b"\n"))
    with pytest.raises(UsageError, match="packed"):
        fix(str(path), Settings(), SAFE)
    fix(str(path), Settings(), SAFE, str(tmp_path / "out.jsonl"))
    assert (tmp_path / "out.jsonl").read_bytes() == line(row("café"))


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")
def test_the_mode_of_the_file_is_kept_and_links_stay_links(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(line(row("cafÃ©")))
    path.chmod(0o640)
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    fix(str(link), Settings(), SAFE)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_bytes() == line(row("café"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.jsonl", "x.jsonl"]


def test_leaks_are_dropped_from_the_training_side(tmp_path):
    train, valid = tmp_path / "train.jsonl", tmp_path / "valid.jsonl"
    train.write_bytes(line(row("a")) + line(row("b")))
    valid.write_bytes(line(row("a", "other")))
    fix(str(train), Settings(against=(str(valid),)), {"drop"})
    assert train.read_bytes() == line(row("b"))
    assert valid.read_bytes() == line(row("a", "other"))


def test_a_diff_writes_nothing(tmp_path):
    path = tmp_path / "x.jsonl"
    before = line(row("a")) + line(row("cafÃ©"))
    path.write_bytes(before)
    lines = list(differences(str(path), Settings(), SAFE))
    assert [text[0] for text in lines[2:]] == ["@", "-", "+"]
    assert "café" in lines[-1]
    assert path.read_bytes() == before
    path.write_bytes(line(row("a")))
    assert list(differences(str(path), Settings(), SAFE)) == []


pieces = st.sampled_from(
    [
        line(row("a")), line(row("a")), line(row("", "x")), line(row("cafÃ©")), b"\n", b"\r\n", b"  \n",
        json.dumps(row("b"), indent=1).encode() + b"\n", b'{"messages": [}\n', b"[1, 2]\n", b"text\n",
        line({"messages": [{"role": "bot", "content": "x"}]}), line(row("\ufffd")), line({"messages": []}),
        line(row("你好，世界！".encode("gbk").decode("latin-1"))), b"\xff\xfe\x00",
    ]
)  # fmt: skip


@limits(deadline=None, max_examples=40)
@given(st.lists(pieces, max_size=10).map(b"".join), st.sampled_from([SAFE, ALL]))
def test_mending_twice_is_mending_once_and_leaves_nothing_to_mend(tmp_path_factory, data, levels):
    path = tmp_path_factory.mktemp("fix") / "x.jsonl"
    path.write_bytes(data)
    try:
        fix(str(path), Settings(), levels)
    except InputError:
        assert path.read_bytes() == data
        return
    except UsageError:  # text that is no JSONL at all reads as a table
        return
    once = path.read_bytes()
    again = fix(str(path), Settings(), levels)
    assert path.read_bytes() == once
    assert (again.fixed, again.changed, again.rejected) == (0, False, [])
    left = [f for f in check([str(path)]).findings if f.fix is not None and f.fix.safety in levels]
    assert left == []
