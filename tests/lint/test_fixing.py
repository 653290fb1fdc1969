# SPDX-License-Identifier: Apache-2.0
"""Fixes: what they mend, what they leave, and that twice is the same as once."""

from __future__ import annotations

import codecs
import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from evalkit.core.errors import InputError, UsageError
from evalkit.lint.catalogue import every_rule
from evalkit.lint.changes import Changes, Origins
from evalkit.lint.engine import Settings, check
from evalkit.lint.fixing import differences, fix, mended

SAFE = {"safe"}
ALL = {"safe", "unsafe", "drop"}


def row(user: object, answer: object = "ok") -> dict:
    return {
        "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": answer}]
    }


def line(value: object, **how) -> bytes:
    return json.dumps(value, ensure_ascii=False, **how).encode() + b"\n"


def test_only_the_faulty_lines_change(tmp_path):
    odd = b'{ "messages":[{"role":"user","content":"a\\u00e9\\/b"},{"content":"x","role":"assistant"}] }\r\n'
    path = tmp_path / "x.jsonl"
    path.write_bytes(odd + b"\r\n" + line(row("cafÃ©")) + odd)
    done = fix(str(path), Settings(), SAFE)
    assert path.read_bytes() == odd + line(row("café")) + odd
    assert (done.fixed.total(), done.changed) == (2, True)


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
    assert done.fixed.total() == 2
    assert check([str(path)]).findings == ()


def test_real_pretty_printed_file(shared, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes((shared / "defective-jsonl" / "pretty_printed_val.jsonl").read_bytes())
    assert fix(str(path), Settings(), SAFE).fixed.total() == 25
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
    assert (done.fixed.total(), done.set_aside) == (1, 2)


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
    assert done.fixed.total() == 1
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
    assert (again.fixed.total(), again.changed, again.set_aside) == (0, False, 0)
    left = [f for f in check([str(path)]).findings if f.fix is not None and f.fix.safety in levels]
    assert left == []


FIXED_RULES = [rule for rule in every_rule(plugins=False) if rule.fix is not None]
TOGETHER = [
    Settings(),
    Settings(select=("ALL",)),
    Settings(select=("ALL",), targets=("openai",)),
    Settings(targets=("together", "mistral", "trl")),
]


def faulty_rows() -> list[bytes]:
    """What the pages of the rules that mend something show as wrong, and as right."""
    texts = [rule.page.get(part, "") for rule in FIXED_RULES for part in ("Example", "Use instead")]
    found = {one.encode() for text in texts for one in text.splitlines() if one.startswith("{")}
    return sorted(found)


def fixable(found, levels):
    return [f for f in found if f.fix is not None and f.fix.safety in levels]


mixed = st.lists(
    st.tuples(
        st.sampled_from([*faulty_rows(), b"", b"[1]"]), st.sampled_from([b"\n", b"\r\n"])
    ).map(b"".join)
    | pieces,
    min_size=1,
    max_size=8,
)


@limits(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(mixed, st.sampled_from([SAFE, {"safe", "unsafe"}, ALL]), st.sampled_from(TOGETHER))
def test_what_all_rules_mend_stays_mended_and_the_rest_keeps_its_bytes(
    tmp_path_factory, rows, levels, settings
):
    path = tmp_path_factory.mktemp("all") / "x.jsonl"
    data = b"".join(rows)
    path.write_bytes(data)
    before = check([str(path)], settings)
    try:
        with mended(str(path), settings, levels, anew=False) as result:
            after = result.place.read_bytes()
            changes, changed = result.changes, result.changed
    except (InputError, UsageError):  # bytes that are no text; text that reads as a table
        return
    assert changed == (after != data)
    if changed and not result.transcoded:
        _same_where_nothing_changed(data, after, changes)
    if levels == SAFE and not result.transcoded:
        named = {
            line
            for f in fixable(before.findings, levels)
            for line in range(
                f.location.line or 0, (f.location.end_line or f.location.line or 0) + 1
            )
        }
        lines = {line for first, last in changes.spans() for line in range(first, last + 1)}
        assert lines <= named
    path.write_bytes(after)
    assert fixable(check([str(path)], settings).findings, levels) == []
    with mended(str(path), settings, levels, anew=False) as again:
        assert (again.changed, again.fixed.total(), again.set_aside) == (False, 0, 0)


def _same_where_nothing_changed(before: bytes, after: bytes, changes) -> None:
    touched = {n for first, last in changes.spans() for n in range(first, last + 1)}
    old = before.split(b"\n")
    new = after.split(b"\n")
    kept = [text for n, text in enumerate(old, 1) if n not in touched and n <= before.count(b"\n")]
    same = [
        text
        for n, text in enumerate(new, 1)
        if n <= after.count(b"\n") and changes.origin(n) not in touched
    ]
    assert same == kept


CASES = Path(__file__).parent / "rules"


def found_files(rule):
    """Files in which a rule finds something: its page's example, and its cases."""
    if "Example" in rule.page:
        yield "x.jsonl", rule.page["Example"].encode() + b"\n"
    folder = CASES / rule.family / rule.name.replace("-", "_") / "found"
    for path in sorted(folder.glob("*")):
        yield path.name, path.read_bytes()


@pytest.mark.parametrize("rule", FIXED_RULES, ids=lambda rule: rule.name)
def test_each_rule_mends_what_it_finds(rule, tmp_path):
    """Of every rule that promises a fix: its own examples are mended or set aside by it."""
    path = CASES / rule.family / rule.name.replace("-", "_") / "settings.json"
    given = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if "against" in given or "benchmarks" in given:
        pytest.skip("it needs a held-out file beside it")
    settings = Settings(
        select=(rule.name,), **{k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    )
    mendable = 0
    for name, content in found_files(rule):
        place = tmp_path / name
        place.write_bytes(content)
        found = [f for f in check([str(place)], settings).findings if f.fix is not None]
        if not found:
            continue
        mendable += 1
        levels = {f.fix.safety for f in found}
        out = tmp_path / "out.jsonl"
        done = fix(str(place), settings, levels, str(out))
        assert done.fixed.total() + done.set_aside >= 1, name
        assert fixable(check([str(out)], settings).findings, levels) == [], name
    assert mendable or not list(found_files(rule))


def test_a_diff_of_many_rounds_is_the_difference_of_the_files(tmp_path):
    """Made from the plan, it takes the old file to the new one, as `patch` would."""
    path = tmp_path / "x.jsonl"
    pretty = json.dumps(row("cafÃ©"), indent=2, ensure_ascii=False).encode() + b"\n"
    path.write_bytes(
        line(row("a"))
        + b"\n"
        + line(row("c"))
        + pretty
        + line(row("d"))
        + pretty
        + line(row("a"))
        + line(row("b"))
        + b"\n"
        + line(row(""))
    )
    before = path.read_text("utf-8").split("\n")
    text = list(differences(str(path), Settings(), ALL))
    fix(str(path), Settings(), ALL)
    assert patched(before, text) == path.read_text("utf-8").split("\n")


def patched(lines: list[str], diff: list[str]) -> list[str]:
    made, at = [], 0
    for text in diff[2:]:
        if text.startswith("@@"):
            start, _, count = text.split()[1][1:].partition(",")
            until = int(start) - (count != "0")
            made += lines[at:until]
            at = until
        elif text.startswith("-"):
            assert lines[at] == text[1:]
            at += 1
        else:
            made.append(text[1:])
    return made + lines[at:]


@limits(deadline=None, max_examples=20)
@given(mixed, st.sampled_from([SAFE, ALL]))
def test_any_diff_takes_the_old_file_to_the_new_one(tmp_path_factory, rows, levels):
    path = tmp_path_factory.mktemp("diff") / "x.jsonl"
    data = b"".join(rows).replace(b"\r", b"").replace(b"\xff\xfe\x00", b"")
    path.write_bytes(data)
    try:
        text = list(differences(str(path), Settings(), levels))
        fix(str(path), Settings(), levels)
    except (InputError, UsageError):
        return
    before, after = data.decode(), path.read_text("utf-8")
    assert [one for one in patched(before.split("\n"), text) if one] == [
        one for one in after.split("\n") if one
    ]


def test_what_is_remembered_of_the_lines_grows_with_the_changes():
    changes, origins = Changes(), Origins()
    for number in range(1, 100_001):
        if number % 10_000:
            origins.add(number)
        else:
            changes.touch(number, number)
    changes.origins = origins
    assert len(origins._first) == 10
    assert [changes.origin(n) for n in (1, 9_999, 10_000, 99_990)] == [1, 9_999, 10_001, 99_999]
    assert len(list(changes.spans())) == 10


def test_a_row_that_cannot_be_written_back_is_left_alone(tmp_path):
    """Python reads a number of 5,000 digits and does not write it."""
    path = tmp_path / "x.jsonl"
    odd = line(row("cafÃ©")).replace(b'{"messages"', b'{"n": ' + b"9" * 5000 + b', "messages"')
    path.write_bytes(odd + line(row("a")) + b"\n")
    done = fix(str(path), Settings(), SAFE)
    assert path.read_bytes() == odd + line(row("a"))
    assert done.fixed.total() == 1


def test_a_mended_row_keeps_its_line_end(tmp_path):
    path = tmp_path / "x.jsonl"
    rows = [
        line(row("cafÃ©", "1")),
        line(row("cafÃ©", "2")).replace(b"\n", b"\r\n"),
        line(row("cafÃ©"))[:-1],
    ]
    path.write_bytes(b"".join(rows))
    fix(str(path), Settings(), SAFE)
    assert path.read_bytes().decode() == b"".join(rows).decode().replace("cafÃ©", "café")


def test_infinity_is_written_as_it_was_read(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(line(row("cafÃ©")).replace(b'{"messages"', b'{"n": 1e999, "messages"'))
    assert fix(str(path), Settings(select=("ENC004",)), SAFE).changed
    assert json.loads(path.read_bytes()) == {"n": float("inf"), **row("café")}
    assert b"Infinity" not in path.read_bytes()
