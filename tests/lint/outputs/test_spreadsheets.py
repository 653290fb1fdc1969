# SPDX-License-Identifier: Apache-2.0
"""CSV and workbooks: complete, never a formula, and the text comes back as it was (CWE-1236)."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.errors import InputError, MissingExtraError
from evalkit.core.printable import printable
from evalkit.core.registry import find
from evalkit.data.cells import guarded, unguarded
from evalkit.lint.engine import Settings, check
from evalkit.lint.outputs._look import FileOutput, Look
from evalkit.lint.outputs.csv import HEADERS
from evalkit.lint.result import FileReport, Result

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
cells = st.one_of(
    st.text(max_size=20),
    st.builds(
        "".join,
        st.tuples(
            st.sampled_from(["", " ", "'", "''", "' ", "\u3000", "\n"]),
            st.sampled_from(FORMULA),
            st.sampled_from(["1+1", "cmd|' /C calc'!A0", "", "中", '"', ",;"]),
        ),
    ),
)


def looks_like_a_formula(text: str) -> bool:
    """What a spreadsheet program might run: blanks do not stop all of them."""
    return text.lstrip(" \u3000\n").startswith(FORMULA) or text.startswith(FORMULA)


@settings(max_examples=1_000)
@given(text=cells)
def test_cells_are_no_formulas_and_come_back(text):
    assert not looks_like_a_formula(guarded(text))
    assert unguarded(guarded(text)) == text


@settings(max_examples=300)
@given(text=cells)
def test_csv_comes_back(text):
    from evalkit.core.finding import Finding, Severity
    from evalkit.core.location import Location

    finding = Finding(code="A", name="a", severity=Severity.ERROR, message=text, pointer=text,
                      location=Location(source=text, line=1, sheet=text), cell=text)  # fmt: skip
    shown = "".join(
        f"{line}\n" for line in find("outputs", "csv")(Result(findings=(finding,)), Look())
    )
    head, record = csv.reader(io.StringIO(shown, newline=""))
    assert tuple(head) == HEADERS
    assert not any(map(looks_like_a_formula, record))
    values = dict(zip(head, map(unguarded, record), strict=True))
    for key in ("path", "sheet", "cell", "pointer", "message"):
        assert values[key] == printable(text)
    assert values["line"] == "1"
    assert values["example"] == ""


# ---------------------------------------------------------------- workbooks


def sheets(path: Path) -> dict[str, list[list[str]]]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def made(result: Result, path: Path, **look: object) -> dict[str, list[list[str]]]:
    output = find("outputs", "xlsx")
    assert isinstance(output, FileOutput)
    output(result, Look(**look), path)
    return sheets(path)


def test_a_copy_says_beside_each_row_what_is_wrong(tmp_path):
    table = tmp_path / "faq.csv"
    table.write_text('question,answer\n"=1+1\n2",two\n@a,\n007,中文\n', encoding="utf-8")
    result = check([str(table)])
    found = made(result, tmp_path / "out.xlsx")
    assert list(found) == ["findings", "faq.csv"]
    said = "error CNT001 empty-content: the assistant message says nothing; fill it in or drop the example"
    assert found["faq.csv"] == [
        ["question", "answer", "evalkit: what is wrong"],
        ["=1+1\n2", "two", ""],
        ["@a", "", said],
        ["007", "中文", ""],
    ]
    assert found["findings"][0] == list(HEADERS)
    assert found["findings"][1][:6] == [str(table), "4", "4", "2", "", "B3"]
    # As a spreadsheet counts its rows, not as lines of the file go: the cell is where it says.
    assert result.findings[0].cell == "B3"


def test_every_cell_is_text(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("question,answer\n=HYPERLINK(1),http://x.io\n12,+3\n", encoding="utf-8")
    made(check([str(table)]), tmp_path / "out.xlsx")
    with ZipFile(tmp_path / "out.xlsx") as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet"):
                xml = archive.read(name).decode()
                assert "<f>" not in xml
                assert "<hyperlink" not in xml
                assert xml.count("<c ") == xml.count('t="inlineStr"') + xml.count('s="2"/>')


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=30))
@pytest.mark.slow
def test_workbooks_give_text_back(rows, tmp_path_factory):
    """Some 6,000 strings; what no workbook can hold apart."""
    from xlsxwriter import Workbook

    from evalkit.lint.outputs._sheets import Sheets

    folder = tmp_path_factory.mktemp("book")
    wanted = [["x", *(_held(text) for text in row)] for row in rows]
    book = Workbook(folder / "x.xlsx", {"constant_memory": True})
    sheet = Sheets(book).new("x")
    for number, row in enumerate(wanted):
        sheet.write_row(number, row)
    book.close()
    read = sheets(folder / "x.xlsx")["x"]
    width = max(len(row) for row in read)
    assert [row + [""] * (3 - width) for row in read] == wanted


def _held(text: str) -> str:
    """What XML can hold: no lone surrogates, no noncharacters; CR is read as LF."""
    return "".join(c for c in text if c >= " " or c in "\t\n").translate(
        {0xFFFE: None, 0xFFFF: None} | dict.fromkeys(range(0xD800, 0xE000))
    )


def test_a_workbook_is_copied_from_the_sheet_that_was_checked(tmp_path):
    from xlsxwriter import Workbook

    from evalkit.data.read import TableOptions

    book = Workbook(tmp_path / "in.xlsx")
    for name, rows in {
        "Notes": [["a", "b"], ["x", "y"]],
        "FAQ": [[], ["question", "answer"], ["Hi", "Hello"], ["Ho", "Hum"]],
    }.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    clean = check([str(tmp_path / "in.xlsx")], Settings(table=TableOptions(sheet="FAQ")))
    file = replace(clean.files[0], headers=("question", "answer"))
    copy = made(replace(clean, files=(file,)), tmp_path / "out.xlsx")["in.xlsx"]
    assert copy[-3:] == [
        ["question", "answer", "evalkit: what is wrong"],
        ["Hi", "Hello", ""],
        ["Ho", "Hum", ""],
    ]


def test_other_files_have_their_findings_alone(tmp_path, hostile):
    gone = FileReport(path=str(tmp_path / "gone.csv"), container="csv")
    result = replace(hostile("\x1b\ud83d/[x]*?:" * 9), files=(gone, FileReport(path="x.jsonl")))
    found = made(result, tmp_path / "out.xlsx")
    assert list(found) == ["findings"]
    text = "\n".join(row[0] for row in found["findings"])
    assert "gone.csv: no copy of its rows here" in text
    assert "PARTIAL" in text


def test_names_of_sheets_are_what_a_workbook_takes(tmp_path):
    paths = [
        "a/" + "x" * 40 + ".csv",
        "b/" + "x" * 40 + ".csv",
        "c/FINDINGS",
        "d/history",
        "e/'[]:.csv",
    ]
    for path in paths:
        place = tmp_path / path
        place.parent.mkdir()
        place.write_text("question,answer\nHi,\n", encoding="utf-8")
    result = check([str(tmp_path / path) for path in paths])
    assert len(result.files) == len(paths)
    names = list(made(result, tmp_path / "out.xlsx"))
    assert len({name.casefold() for name in names}) == len(paths) + 1
    assert all(0 < len(name) <= 31 for name in names)


def test_long_cells_and_many_findings_of_a_row_are_cut(tmp_path, finding):
    table = tmp_path / "t.csv"
    table.write_text(f"question,answer\n{'x' * 40_000},y\n", encoding="utf-8")
    result = check([str(table)])
    many = tuple(finding(path=str(table), line=2, message="m" * 60) for _ in range(30))
    copy = made(replace(result, findings=many), tmp_path / "out.xlsx")["t.csv"]
    assert len(copy[1][0]) == 32_767
    assert copy[1][2].endswith("\n… +10")


def test_the_same_findings_make_the_same_bytes(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("question,answer\nHi,\n", encoding="utf-8")
    result = check([str(table)])
    for name in ("a", "b"):
        made(result, tmp_path / f"{name}.xlsx", language="zh")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert list(sheets(tmp_path / "a.xlsx")) == ["问题", "t.csv"]
    with ZipFile(tmp_path / "a.xlsx") as archive:  # no clock
        assert b"2000-01-01T00:00:00Z</dcterms:created>" in archive.read("docProps/core.xml")


def test_it_says_what_it_lacks(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtraError, match="xlsxwriter"):
        made(Result(), tmp_path / "out.xlsx")
    monkeypatch.undo()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write"):
        made(Result(), tmp_path / "file" / "out.xlsx")
