# SPDX-License-Identifier: Apache-2.0
"""Files made to hurt a reader: huge lines, JSON that breaks parsers, archives that burst."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from evalkit.core.errors import InputError
from evalkit.data.read import open_data
from evalkit.lint.engine import Settings, check

MIB = 1 << 20
# Runs the command and says how much memory it took at most. (The most that getrusage knows is that
# of the process that started it, too.)
MEASURED = """
import sys
from evalkit.cli.main import main
try:
    main()
finally:
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            print("PEAK", line.split()[1], file=sys.stderr)
"""


def line(text: str = "hi") -> str:
    return json.dumps(
        {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]},
        ensure_ascii=False,
    )


def linted(*arguments: str) -> tuple[int, str, str, float]:
    """Exit code, output, errors and peak memory in MB of `evalkit lint`."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process is read from /proc")
    command = [sys.executable, "-c", MEASURED, "lint", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=300)
    assert "Traceback" not in done.stderr, done.stderr
    peak = next(row for row in done.stderr.splitlines() if row.startswith("PEAK"))
    return done.returncode, done.stdout, done.stderr, int(peak.split()[1]) / 1024


def write_huge(path: Path, size: int, *, packed: bool) -> None:
    """A good row, a line of so many bytes, a good row."""
    block = line("x").encode()[:40] * (MIB // 40)
    before, after = f"{line('before')}\n".encode(), f"\n{line('after')}\n".encode()
    pack = gzip.compress if packed else bytes  # archives may be joined, member to member
    member = pack(block)
    with path.open("wb") as stream:
        stream.write(pack(before))
        for _ in range(size // len(block)):
            stream.write(member)
        stream.write(pack(after))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("size", [64 * MIB, pytest.param(1024 * MIB, marks=pytest.mark.slow)])
def test_a_huge_line_is_one_finding(tmp_path, size, packed):
    path = tmp_path / ("x.jsonl.gz" if packed else "x.jsonl")
    write_huge(path, size, packed=packed)
    code, out, _, peak = linted(
        str(path), "--output-format", "json", "--select", "default", "--ignore", "few-examples"
    )
    found = json.loads(out)["findings"]
    assert [(f["name"], f["line"]) for f in found] == [("line-too-long", 2)]
    assert code == 1
    assert peak < 300


DEEP = 100_000
BOMBS = {
    "arrays": ("[" * DEEP + "]" * DEEP, "invalid-json-line"),
    "objects": ('{"a":' * DEEP + "1" + "}" * DEEP, "invalid-json-line"),
    "arrays that do not end": ("[" * DEEP, "invalid-json-line"),
    "arrays in a row": ('{"messages": ' + "[" * DEEP + "]" * DEEP + "}", "invalid-json-line"),
    "a long number": (line()[:-1] + ', "n": ' + "1" * 5000 + "}", "invalid-json-line"),
    "a large number": (line()[:-1] + ', "n": 1e999}', "invalid-json-line"),
    "nan": (line()[:-1] + ', "n": NaN}', "invalid-json-line"),
    "infinity": (line()[:-1] + ', "n": -Infinity}', "invalid-json-line"),
    "a high surrogate": (line("@").replace("@", "\\ud83d"), "unpaired-surrogate"),
    "a low surrogate": (line("@").replace("@", "\\udc00 x"), "unpaired-surrogate"),
    "a surrogate in a key": (line()[:-1] + ', "\\ud83d": 1}', "unpaired-surrogate"),
    "keys twice": (line()[:-1] + ', "a": 1, "a": 2}', "duplicate-key"),
    "a raw null": (line("@").replace("@", "\0"), "invalid-json-line"),
    "nulls": ("\0" * 200, "invalid-json-line"),
    "an escaped null": (line("a\0b"), "control-character"),
    "a line separator": (line("a\u2028b"), "unicode-line-separator"),
    "a mark in front of a row": ("\ufeff" + line("a"), "invalid-json-line"),
    "a lone carriage return": (line("a") + "\r" + line("b"), "invalid-json-line"),
    "a carriage return in a text": (line("@").replace("@", "a\rb"), "invalid-json-line"),
    "a quote": (line("@").replace("@", 'a "b" c'), "invalid-json-line"),
    "an open text": (line("@").replace('@"', "a"), "invalid-json-line"),
    "a comma": (line()[:-1] + ",}", "invalid-json-line"),
    "single quotes": (line().replace('"', "'"), "invalid-json-line"),
    "a comment": (line() + " // why", "invalid-json-line"),
    "a row that is cut off": (line("a")[:50], "invalid-json-line"),
    "a list": ("[1]", "row-not-object"),
    "blanks": ("  \t ", "blank-line"),
    "a broken byte": (line("@"), "not-utf-8"),
}
WARNINGS = {"duplicate-key", "control-character", "unicode-line-separator", "blank-line"}
QUIET = Settings(ignore=("few-examples", "extra-top-level-key", "exact-duplicate"))


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_bomb_is_one_finding_at_its_line(tmp_path, name, end):
    text, rule = BOMBS[name]
    path = tmp_path / "x.jsonl"
    content = end.join([line("é"), text, line("中"), line("three"), ""]).encode()
    path.write_bytes(content.replace(b"@", b"\xff") if rule == "not-utf-8" else content)
    found = check([str(path)], QUIET)
    assert [(f.name, f.location.line, f.location.end_line) for f in found.findings] == [
        (rule, 2, 2)
    ]
    assert found.exit_code == (0 if rule in WARNINGS else 1)
    assert found.files[0].lines == 4
    assert all(f.message.isprintable() for f in found.findings)


@pytest.mark.parametrize("name", sorted(BOMBS.keys() - {"blanks", "a lone carriage return"}))
def test_a_bomb_in_a_list_is_one_finding(tmp_path, name):
    text, rule = BOMBS[name]
    path = tmp_path / "x.json"
    content = f"[\n{line('é')},\n{text},\n{line('中')}\n]\n".encode()
    path.write_bytes(content.replace(b"@", b"\xff") if rule == "not-utf-8" else content)
    found = check([str(path)], QUIET)
    names = {f.name for f in found.findings}
    first = min(f.location.line for f in found.findings) if found.findings else 3
    assert first == 3
    assert names == {rule}  # and what never closes may take the rest along
    open_ended = name in {"arrays that do not end", "an open text"}
    assert len(found.findings) == len(names) or open_ended


def test_spans_of_broken_records(tmp_path):
    rows = {
        "pretty-printed": json.dumps(json.loads(line("a")), indent=2),
        "raw-newline": line("@").replace("@", "a\nb\n\nc"),
        "comment": line("a")[:-1] + " // why\n}",
        "cut-off": line("a")[:60],
    }
    path = tmp_path / "x.jsonl"
    path.write_text("".join(f"{line(str(n))}\n{bad}\n" for n, bad in enumerate(rows.values())))
    at, wanted = 1, []
    for cause, bad in rows.items():
        wanted.append((cause, at + 1, at + 1 + bad.count("\n")))
        at += 2 + bad.count("\n")
    found = [e for e in open_data(path) if e.broken]
    spans = [(e.broken.args["cause"], e.location.line, e.location.end_line) for e in found]
    assert spans == wanted
    linted = check([str(path)], Settings(select=("invalid-json-line",)))
    assert [(f.location.line, f.location.end_line) for f in linted.findings] == [
        span[1:] for span in wanted
    ]
    assert [f.fix.safety for f in linted.findings] == ["safe", "safe", "drop", "drop"]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"\xef\xbb\xbf" + line().encode() + b"\n", []),
        (line().encode(), []),
        (f"{line('a')}\r\n{line('b')}\r\n".encode(), []),
        (line("é漢").encode("utf-16"), ["not-utf-8"]),
        (line("漢字" * 20).encode("utf-16-be"), ["not-utf-8"]),
        (line("高血压患者能吃党参吗").encode("gbk"), ["not-utf-8"]),
        (f"{line('a')}\r{line('b')}\r".encode(), ["invalid-json-line"]),
    ],
)
def test_encodings_and_line_ends(tmp_path, content, wanted):
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    assert [f.name for f in check([str(path)], QUIET).findings] == wanted


def test_a_mark_where_the_target_minds(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + f"{line('a')}\n".encode())
    found = check([str(path)], Settings(targets=("openai",), select=("byte-order-mark",)))
    assert [f.name for f in found.findings] == ["byte-order-mark"]
    assert found.exit_code == 1


def test_an_archive_that_bursts_is_refused(tmp_path):
    path = tmp_path / "x.jsonl.gz"
    member = gzip.compress(b"\n" * (64 * MIB))
    path.write_bytes(member * 32)  # 2 GiB in 2 MB
    code, _, errors, peak = linted(str(path))
    assert code == 2
    assert "unpacks to more than 200 times its size" in errors
    assert peak < 400


def sheet(path: Path, size: int, text: bytes, **more: bytes) -> None:
    """A workbook with one sheet of so many bytes."""
    rows = b"<row><c t='inlineStr'><is><t>" + text + b"</t></is></c></row>"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/></Types>',
        "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    }
    doctype = more.get("doctype", b"")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        strings = (
            b'<?xml version="1.0"?>'
            + doctype
            + b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
            + more.get("shared", b"prompt")
            + b"</t></si><si><t>completion</t></si></sst>"
        )
        archive.writestr("xl/sharedStrings.xml", strings)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as stream:
            stream.write(b'<?xml version="1.0"?>' + doctype)
            stream.write(
                b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
                b'<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
                b'<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c></row>'
            )
            block = rows * (MIB // len(rows))
            for _ in range(size // MIB):
                stream.write(block)
            stream.write(b"</sheetData></worksheet>")


@pytest.mark.parametrize("size", [80 * MIB, pytest.param(314 * MIB, marks=pytest.mark.slow)])
def test_a_workbook_that_bursts_is_refused(tmp_path, size):
    path = tmp_path / "x.xlsx"
    sheet(path, size, b"a" * 40)
    assert path.stat().st_size * 200 < size
    code, _, errors, peak = linted(str(path))
    assert code == 2
    assert "unpacks to" in errors
    assert peak < 400


ENTITIES = b"<!DOCTYPE x [<!ENTITY a '0123456789'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
) + b"]>"  # fmt: skip


def test_the_workbook_of_these_tests_is_one(tmp_path):
    path = tmp_path / "x.xlsx"
    sheet(path, 0, b"")
    assert [e.messages[0].text for e in open_data(path)] == ["prompt"]


def test_nested_entities_are_refused_or_left_as_they_are(tmp_path):
    path = tmp_path / "x.xlsx"
    sheet(path, 0, b"", doctype=ENTITIES, shared=b"prompt&j;")
    code, out, errors, peak = linted(str(path), "--output-format", "json")
    assert code in (0, 1, 2)
    assert "0123456789" not in out + errors
    assert peak < 400


def test_external_entities_read_nothing(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY-5512")
    doctype = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{secret.as_uri()}">]>'.encode()
    path = tmp_path / "x.xlsx"
    sheet(path, 0, b"", doctype=doctype, shared=b"prompt &a;")
    try:
        texts = [m.text for e in open_data(path) for m in e.messages]
    except InputError as error:
        texts = [str(error)]
    assert "CANARY" not in "".join(texts)
