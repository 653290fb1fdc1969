# SPDX-License-Identifier: Apache-2.0
"""`--fix` and its kin on the command line."""

from __future__ import annotations

import gzip
import json

import pytest

HELLO = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}\n'
OTHER = HELLO.replace("Hi", "Hey")
MOJIBAKE = HELLO.replace("Hello!", "cafÃ©")
MENDED = HELLO.replace("Hello!", "café")
UNANSWERED = '{"messages": [{"role": "user", "content": "Hi"}]}\n'


def test_fix_only_does_not_report_the_rest(run, file, tmp_path):
    file(MOJIBAKE + UNANSWERED, "x.jsonl")
    done = run("lint", "x.jsonl", "--fix-only")
    assert done.code == 0
    assert "ROL001" not in done.out
    assert "1 × ENC004 latin-mojibake" in done.out
    assert (tmp_path / "x.jsonl").read_text("utf-8") == MENDED + UNANSWERED
    assert run("lint", "x.jsonl", "--fix-only").out == ""


def test_show_fixes(run, file):
    file(MOJIBAKE + "\n" + "\n" + OTHER, "x.jsonl")
    done = run("lint", "x.jsonl", "--fix", "--show-fixes")
    lines = done.out.splitlines()
    assert lines[0] == "Fixed 3:"
    assert [line.split() for line in lines[1:4]] == [
        ["x.jsonl"],
        ["2", "×", "FIL005", "blank-line"],
        ["1", "×", "ENC004", "latin-mojibake"],
    ]
    assert run("lint", "x.jsonl", "--show-fixes").code == 2


def test_json_stays_json_when_fixes_are_shown(run, file):
    file(MOJIBAKE, "x.jsonl")
    done = run("lint", "x.jsonl", "--fix", "--show-fixes", "--output-format", "json")
    assert json.loads(done.out)["fixed"] == 1
    assert "ENC004" in done.err


def test_standard_input_goes_mended_to_standard_output(run):
    done = run("lint", "-", "--fix", stdin=(MOJIBAKE + UNANSWERED).encode())
    assert done.code == 1
    assert done.out == MENDED + UNANSWERED
    assert "-:2: error ROL001" in done.err
    done = run("lint", "-", "--fix", "--stdin-filename", "t.csv", stdin="a,b\nHi,cafÃ©\n".encode())
    assert done.code == 2
    done = run(
        "lint",
        "-",
        "--fix",
        "--stdin-filename",
        "t.csv",
        stdin="user,assistant\nHi,cafÃ©\n".encode(),
    )
    assert json.loads(done.out)["messages"][1]["content"] == "café"
    assert run("lint", "-", "--drop", stdin=UNANSWERED.encode()).code == 2


def test_standard_input_to_a_file_and_a_file_to_standard_output(run, file, tmp_path):
    assert run("lint", "-", "-O", "out.jsonl", stdin=MOJIBAKE.encode()).code == 0
    assert (tmp_path / "out.jsonl").read_text("utf-8") == MENDED
    file(MOJIBAKE, "x.jsonl")
    assert run("lint", "x.jsonl", "-O", "-").out == MENDED
    assert (tmp_path / "x.jsonl").read_text("utf-8") == MOJIBAKE
    assert run("lint", "x.jsonl", "-O", "out.csv").code == 2


def test_packed_files_are_mended_elsewhere_only(run, file, tmp_path):
    packed = gzip.compress(MOJIBAKE.encode())
    name = file(packed, "x.jsonl.gz")
    done = run("lint", name, "--fix")
    assert done.code == 2
    assert "is packed" in done.err
    assert "-O x.jsonl" in done.err
    assert (tmp_path / name).read_bytes() == packed
    assert "+" + MENDED.rstrip() in run("lint", name, "--diff").out
    assert run("lint", name, "-O", "y.jsonl").code == 0
    assert (tmp_path / "y.jsonl").read_text("utf-8") == MENDED
    clean = file(gzip.compress(HELLO.encode()), "clean.jsonl.gz")
    assert run("lint", clean, "--fix").code == 0  # there is nothing to mend


def test_what_cannot_be_mended_does_not_keep_the_others_from_it(run, file, tmp_path):
    file("question,answer\nHi,cafÃ©\n", "t.csv")
    file(MOJIBAKE, "x.jsonl")
    done = run("lint", "t.csv", "x.jsonl", "gone.jsonl", "--fix")
    assert done.code == 2
    assert (tmp_path / "x.jsonl").read_text("utf-8") == MENDED
    assert "-O t.jsonl" in done.err
    assert done.err.count("gone.jsonl") == 1


def test_several_files_and_one_output(run, file):
    done = run("lint", file(HELLO, "a.jsonl"), file(HELLO, "b.jsonl"), "-O", "c.jsonl")
    assert done.code == 2
    assert "several" in done.err


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_diff_is_what_fix_does(run, file, tmp_path, end):
    rows = [
        HELLO,
        MOJIBAKE,
        "\n",
        OTHER,
        *(HELLO.replace("Hi", f"{n}") for n in range(9)),
        MOJIBAKE,
    ]
    before = "".join(rows).replace("\n", end)
    file(before, "x.jsonl")
    done = run("lint", "x.jsonl", "--diff")
    assert done.code == 1
    assert (tmp_path / "x.jsonl").read_bytes().decode() == before
    assert done.out.splitlines() == [
        "--- x.jsonl", "+++ x.jsonl",
        "@@ -2,2 +2 @@", "-" + MOJIBAKE.rstrip(), "-", "+" + MENDED.rstrip(),
        "@@ -14 +13 @@", "-" + MOJIBAKE.rstrip(), "+" + MENDED.rstrip(),
    ]  # fmt: skip
    assert run("lint", "x.jsonl", "--fix").code == 0
    assert run("lint", "x.jsonl", "--diff") == (0, "", "")


def test_the_diff_of_another_encoding_says_so(run, file):
    rows = "".join(
        HELLO.replace("Hi", f"怎么退款？请在订单页申请，三个工作日内到账。{n}") for n in range(4)
    )
    file(rows.encode("gb18030"), "x.jsonl")
    done = run("lint", "x.jsonl", "--diff")
    assert done.code == 1
    assert done.out == "x.jsonl: gb18030 becomes utf-8 without byte order mark\n"


def test_rules_that_are_off_in_a_file_do_not_mend_it(run, file, tmp_path):
    file(MOJIBAKE, "legacy/x.jsonl")
    file(MOJIBAKE, "x.jsonl")
    assert run("lint", ".", "--fix", "--per-file-ignores", "legacy/*:ENC004").code == 0
    assert (tmp_path / "legacy" / "x.jsonl").read_text("utf-8") == MOJIBAKE
    assert (tmp_path / "x.jsonl").read_text("utf-8") == MENDED


def test_a_json_document_that_claims_to_be_lines_becomes_lines(run, file, tmp_path):
    rows = [json.loads(HELLO), json.loads(MOJIBAKE)]
    file(json.dumps(rows, indent=1, ensure_ascii=False), "x.jsonl")
    if "FIL003" not in run("rule", "--all").out:
        pytest.skip("the rule is not there yet")
    assert run("lint", "x.jsonl", "--fix").code == 0
    assert (tmp_path / "x.jsonl").read_text("utf-8") == HELLO + MENDED
    file(json.dumps(rows, indent=1, ensure_ascii=False), "x.json")
    done = run("lint", "x.json", "--fix")
    assert done.code == 2
    assert "JSON" in done.err


def test_a_document_with_a_row_that_is_no_json_is_not_rewritten_behind_your_back(
    run, file, tmp_path
):
    if "FIL003" not in run("rule", "--all").out:
        pytest.skip("the rule is not there yet")
    text = "[\n" + HELLO.rstrip() + ",\n{'messages': []},\n" + OTHER.rstrip() + "\n]\n"
    file(text, "x.jsonl")
    done = run("lint", "x.jsonl", "--fix")
    assert done.code == 2
    assert "x.jsonl:3 cannot be written as a line" in done.err
    assert (tmp_path / "x.jsonl").read_text("utf-8") == text
    assert run("lint", "x.jsonl", "--fix", "--drop").code == 0
    assert (tmp_path / "x.jsonl").read_text("utf-8") == HELLO + OTHER
    assert json.loads((tmp_path / "x.rejected.jsonl").read_text("utf-8"))["line"] == 3


def test_what_is_mended_from_standard_input_is_not_called_by_a_dash(evalkit):
    row = b'{"messages": [{"role": "user", "content": "hi"}]}\n'
    told = evalkit("lint", "-", "--output-format", "full", stdin=row)
    assert "`--drop -O stdin.jsonl`" in told.out
    assert " -.rejected" not in told.out
