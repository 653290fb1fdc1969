# SPDX-License-Identifier: Apache-2.0
"""CSV, TSV and workbooks as conversations."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import InputError, UsageError
from evalkit.data.read import TableOptions, open_data


@pytest.fixture
def file(tmp_path):
    def write(content: bytes | str, name: str = "x.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def workbook(tmp_path):
    xlsxwriter = pytest.importorskip("xlsxwriter")

    def write(name="x.xlsx", **sheets):
        book = xlsxwriter.Workbook(tmp_path / name, {"strings_to_formulas": False})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for title, cells in sheets.items():
            sheet = book.add_worksheet(title)
            for (row, column), value in cells.items():
                if isinstance(value, dt.date):
                    sheet.write_datetime(row, column, value, day)
                else:
                    sheet.write(row, column, value)
        book.close()
        return tmp_path / name

    return write


def pairs(path, **options):
    data = open_data(path, table=TableOptions(**options))
    return [tuple(m.text for m in e.messages) for e in data]


def test_places(file):
    text = 'Message,Intent,Reply\r\nhi,greet,"two\r\nlines"\r\n\r\n,,\r\nbye,,\r\n'
    data = open_data(file(text))
    one, two = data
    assert (one.location.line, one.location.end_line, one.location.number) == (2, 3, 1)
    assert one.cells == {"/messages/0/content": "A2", "/messages/1/content": "C2"}
    assert one.fields == {"intent": "greet"}
    assert json.loads(one.raw) == one.value
    assert text.encode()[one.location.start : one.location.end] == b'hi,greet,"two\r\nlines"\r\n'
    assert (two.location.line, two.location.number) == (6, 2)
    assert two.cells["/messages/1/content"] == "C5"  # the fifth row of a spreadsheet
    assert two.messages[1].content == ""
    assert two.fields == {}
    assert data.columns == {"user": "Message", "assistant": "Reply"}
    assert "`Intent`" in data.notes[0]
    assert data.lines == 6


def test_the_users_choice_wins(file):
    path = file("Message,Intent,Reply\nhi,greet,hello\n")
    assert pairs(path, columns={"assistant": "intents "}) == [("hi", "greet")]
    assert pairs(path, columns={"user": "Reply", "assistant": "Message"}) == [("hello", "hi")]
    [named] = open_data(path, table=TableOptions(columns={"kind": "Intent"}))
    assert named.fields == {"kind": "greet"}
    with pytest.raises(UsageError) as caught:
        pairs(path, columns={"assistant": "Replyy"})
    assert "did you mean `Reply`?" in caught.value.message
    assert "`Message`, `Intent`, `Reply`" in caught.value.hint
    with pytest.raises(UsageError, match="did you mean `assistant`"):
        pairs(path, columns={"asistant": "Reply"})


def test_headers_that_match_nothing_are_listed(file):
    with pytest.raises(InputError) as caught:
        open_data(file("alpha,beta\n1,2\n"))
    assert "`alpha`, `beta`" in caught.value.message
    assert "--columns" in caught.value.hint
    with pytest.raises(InputError, match="no column for the text of the assistant"):
        open_data(file("prompt,beta\n1,2\n"))


def test_system_prompts(file):
    path = file("system,prompt,completion\nBe brief,a,b\n,c,d\n")
    assert pairs(path) == [("Be brief", "a", "b"), ("c", "d")]
    plain = file("prompt,completion\na,b\n", "y.csv")
    assert pairs(plain, system="Be kind") == [("Be kind", "a", "b")]
    assert pairs(path, system="Be kind")[0] == ("Be kind", "a", "b")
    chosen = {"system": "system"}
    assert pairs(path, system="Be kind", columns=chosen)[1] == ("Be kind", "c", "d")


def test_alpaca_as_a_table(file):
    path = file("instruction,input,output\nAdd,1 2,3\nHi,,Hello\n")
    assert pairs(path) == [("Add\n1 2", "3"), ("Hi", "Hello")]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.txt"])
def test_delimiters(file, delimiter, name):
    rows = [["prompt", "completion", "lang"], ["a, b; c", "d;e,f", "en"], ['q"q', "x\ny", "中"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    data = open_data(file(text.getvalue(), name))
    assert [[m.text for m in e.messages] for e in data] == [row[:2] for row in rows[1:]]
    assert data.container == ("tsv" if delimiter == "\t" else "csv")


def test_dialects_of_the_wild(file):
    assert pairs(file("sep=;\nprompt;completion\na;b\n")) == [("a", "b")]
    inches = 'prompt\tcompletion\n5" nail\tyes\n"not closed\tno\nx\ty\n'
    assert pairs(file(inches, "x.tsv")) == [('5" nail', "yes"), ('"not closed', "no"), ("x", "y")]
    assert pairs(file("prompt,completion\ra,b\rc,d\r")) == [("a", "b"), ("c", "d")]
    assert pairs(file("\n\nprompt,completion\na,b")) == [("a", "b")]


def test_quotes_of_the_wild(file):
    """Single quotes as SQL writes them, backslashes as Spark does; both are said."""
    single = "'prompt','completion'\n'a, b','it''s'\n'c\nd','e'\n"
    assert pairs(file(single)) == [("a, b", "it's"), ("c\nd", "e")]
    assert open_data(file(single)).notes == ("cells stand in single quotes",)
    assert pairs(file("a,completion,prompt\n1,'tis,x\n2,\"'tis, y\",z\n")) == [
        ("x", "'tis"),
        ("z", "'tis, y"),
    ]
    spark = r"""prompt,completion
"say \"hi\", or C:\new","a\\b"
"x","y"
"""
    assert pairs(file(spark)) == [('say "hi", or C:\\new', "a\\\\b"), ("x", "y")]
    assert open_data(file(spark)).notes == ("quotes inside cells have a backslash",)
    inner = 'prompt,completion\n"[""a \\""b\\"""", c]",x\n"C:\\",y\n'
    assert pairs(file(inner)) == [('["a \\"b\\"", c]', "x"), ("C:\\", "y")]


def test_ragged_rows_are_broken(file):
    short, long, blank = open_data(file("prompt,completion\na\nb,c,d\ne,f,,\n"))
    assert (short.broken.kind, short.broken.args["cause"], short.location.line) == (
        "ragged", "short", 2,
    )  # fmt: skip
    assert short.broken.args["reason"].startswith("1 cell under 2 headers")
    assert (long.broken.kind, long.broken.args["cells"], long.value) == ("ragged", "3", None)
    assert blank.broken is None


def test_rows_may_lack_what_may_be_empty(file):
    path = file("prompt,completion,lang,system\na,b\nc,d,en\ne\n")
    one, two, three = open_data(path)
    assert [m.text for m in one.messages] == ["a", "b"]
    assert two.fields == {"lang": "en"}
    assert three.broken.args["cells"] == "1"
    columns = {"user": "completion", "assistant": "prompt"}
    assert [e.broken is None for e in open_data(path, table=TableOptions(columns=columns))] == [
        True, True, False,
    ]  # fmt: skip
    templates = {"user": "{prompt} {lang}", "assistant": "{completion}"}
    assert pairs(path, templates=templates)[0] == ("a ", "b")


def seen(path):
    """Texts of good rows; first and last line, and the line of the quote, of broken ones."""
    return [
        tuple(m.text for m in e.messages)
        if e.broken is None
        else (e.location.line, e.location.end_line, e.broken.args.get("line"))
        for e in open_data(path)
    ]


_GOOD = "c,d\ne,f\ng,h\n"
_READ = [("c", "d"), ("e", "f"), ("g", "h")]


def test_a_quote_that_is_never_closed_loses_its_own_record_only(file):
    head = "user,assistant\n"
    path = file(head + 'a,"b\n' + _GOOD)
    assert seen(path) == [(2, 2, "2"), *_READ]
    first = next(iter(open_data(path)))
    assert (first.broken.kind, first.broken.args["cause"]) == ("ragged", "unclosed")
    assert path.read_bytes()[first.location.start : first.location.end] == b'a,"b\n'
    assert [e.location.line for e in open_data(path)] == [2, 3, 4, 5]
    # Closed by the next quoted cell, and text follows: a stray quote as well.
    assert seen(file(head + 'a,"b\n' + _GOOD + 'i,"j"\nk,l\n')) == [
        (2, 2, "2"), *_READ, ("i", "j"), ("k", "l"),
    ]  # fmt: skip
    # It opens in the second line of its record; the byte places after it hold.
    path = file(head + '"x\ny","b\n' + _GOOD)
    assert seen(path) == [(2, 3, "3"), *_READ]
    last = list(open_data(path))[-1].location
    assert path.read_bytes()[last.start : last.end] == b"g,h\n"
    # Twice, and with carriage returns.
    both = (head + 'a,"b\n' + _GOOD + 'i,"j"\na,"b\n' + _GOOD).replace("\n", "\r\n")
    assert seen(file(both)) == [(2, 2, "2"), *_READ, ("i", "j"), (7, 7, "7"), *_READ]


def test_lines_that_do_not_fit_the_header_stay_part_of_the_unclosed_text(file):
    cut = 'user,assistant\nx,y\na,"Dear Sir,\nthank you.\nYours, truly, B\n'
    assert seen(file(cut)) == [("x", "y"), (3, 5, "3")]
    assert seen(file('user,assistant\na,"b')) == [(2, 2, "2")]
    inner = 'user,assistant\n"a\n"word", and more",b\nc,d\n'
    assert seen(file(inner)) == [(2, 3, "2"), ("c", "d")]


def test_sloppy_quotes_within_a_line_are_taken_as_they_come(file):
    text = 'user,assistant\n"say "hi" now",b\n"x\ny","5" nail"\n"c","d"\n'
    assert seen(file(text)) == [('say hi" now"', "b"), ("x\ny", '5 nail"'), ("c", "d")]


def test_a_stray_quote_may_reach_over_blocks(file, monkeypatch):
    monkeypatch.setattr("evalkit.data.lines._BLOCK", 32)
    rows = [(f"q{i}", f"a{i}\n中") for i in range(40)]
    good = "".join(f'{q},"{a}"\n' for q, a in rows)
    plain = [(f"p{i}", "x") for i in range(40)]
    text = f'user,assistant\n{good}s,"t\n' + "".join(f"{p},{x}\n" for p, x in plain) + good
    assert seen(file(text)) == [*rows, (82, 82, "82"), *plain, *rows]


def test_a_sheet_of_what_is_no_workbook(file):
    with pytest.raises(UsageError, match=r"--sheet is for workbooks; .*x\.csv is CSV"):
        pairs(file("prompt,completion\na,b\n"), sheet="S")
    rows = file('{"prompt": "a", "completion": "b"}\n', "x.jsonl")
    with pytest.raises(UsageError, match=r"--sheet is for workbooks; .*x\.jsonl is JSONL"):
        pairs(rows, sheet="S")
    with pytest.raises(UsageError, match=r"--no-header is for tables; .*x\.jsonl is JSONL"):
        pairs(rows, header=False)


def test_undecodable_cells_are_broken(file):
    text = "prompt,completion\né,é\nà,à\n".encode() + b"x,\xff\nb,b\n"
    found = list(open_data(file(text)))
    assert [e.broken and e.broken.kind for e in found] == [None, None, "encoding", None]
    assert found[2].broken.args["offset"] == str(text.index(b"\xff"))
    assert found[2].location.line == 4


def test_long_cells(file):
    path = file(f"prompt,completion\na,{'x' * 300_000}\n")  # csv's own limit is 131,072
    assert len(pairs(path)[0][1]) == 300_000


def test_workbooks(workbook):
    path = workbook(
        Chat={
            (1, 1): "问题",
            (1, 2): "回答",
            (1, 3): "Day",
            (2, 1): "a",
            (2, 2): 5,
            (4, 1): 2.5,
            (4, 2): True,
            (4, 3): dt.date(2024, 5, 1),
            (5, 1): "x\r\ny",
        },
        Notes={(0, 0): "see also"},
    )
    data = open_data(path)
    one, two, three = data
    assert [e.location.line for e in (one, two, three)] == [3, 5, 6]
    assert [tuple(m.text for m in e.messages) for e in data] == [
        ("a", "5"),
        ("2.5", "TRUE"),
        ("x\r\ny", ""),
    ]
    assert two.cells == {"/messages/0/content": "B5", "/messages/1/content": "C5"}
    assert two.fields == {"day": "2024-05-01"}
    assert one.location.sheet == data.sheet == "Chat"
    assert (data.container, data.format) == ("xlsx", "openai-chat")
    assert "Notes" in data.notes[0]


def test_sheets(workbook):
    cells = {(0, 0): "prompt", (0, 1): "completion", (1, 0): "a", (1, 1): "b"}
    path = workbook(name="named.csv", First={(0, 0): "no"}, Second=cells)
    assert pairs(path, sheet="Second") == [("a", "b")]
    with pytest.raises(UsageError, match="did you mean `Second`"):
        pairs(path, sheet="Secnd")
    with pytest.raises(InputError, match="the first row holds: `no`"):
        pairs(path)
    assert list(open_data(workbook(Empty={}))) == []


def test_far_cells_are_refused(workbook):
    cells = {(0, 0): "prompt", (0, 1): "completion", (1_048_575, 16_383): "far"}
    with pytest.raises(InputError, match="span 1,048,576 rows"):
        open_data(workbook(S=cells))


def test_bombs_are_refused(tmp_path, workbook):
    path = workbook(S={(0, 0): "prompt", (0, 1): "completion"})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/x.bin", bytes(70 << 20))
    with pytest.raises(InputError, match="unpacks to"):
        open_data(path)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=10)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_csv_comes_back(tmp_path_factory, rows, end):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows([("prompt", "completion"), *rows])
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(text.getvalue().encode())
    wanted = [row for row in rows if any(map(str.strip, row))]
    assert pairs(path) == wanted


def test_real_tables(shared):
    medical = open_data(shared / "gbk-csv-medical-zh/neike_part1_gbk.csv")
    assert (medical.encoding, dict(medical.columns)) == (
        "gb18030",
        {"user": "ask", "assistant": "answer"},
    )
    found = list(medical)
    assert (len(found), medical.examples) == (2500, 2500)
    assert all(e.broken is None for e in found)
    assert sum(e.location.line != e.location.end_line for e in found) > 0
    assert found[0].fields["department"] == "心血管科"

    spam = open_data(shared / "sms-spam-latin1/spam.csv")
    assert (spam.encoding, dict(spam.columns)) == (
        "windows-1252",
        {"user": "text", "assistant": "label"},
    )
    labels = [e.messages[1].text for e in spam]
    assert (len(labels), set(labels), labels.count("spam")) == (5572, {"ham", "spam"}, 747)

    latin = open_data(shared / "csv-xlsx-to-jsonl/finetuned_cp1252.csv")
    assert (latin.encoding, len(list(latin))) == ("windows-1252", 15)


def test_what_the_authors_made_of_the_same_tables(shared):
    folder = shared / "csv-xlsx-to-jsonl"
    assert len(pairs(folder / "cantonese_data.csv")) == 3874
    assert len(set(pairs(folder / "cantonese_data.csv"))) == 3565
    assert len(pairs(folder / "cantonese_data_prepared.jsonl")) == 3565
    assert len(pairs(folder / "history_training_data.xlsx")) == 82
    assert pairs(folder / "split.csv") != []
    assert pairs(folder / "split.csv") == pairs(folder / "split.xlsx")
    theirs = [t[-2:] for t in pairs(folder / "history_training_data.jsonl")]
    ours = pairs(folder / "history_training_data.xlsx")
    assert [tuple(x.replace("\\n", "\n").split() for x in p) for p in ours] == [
        tuple(x.split() for x in p) for p in theirs
    ]
    with pytest.raises(InputError, match="You are a world navigation chatbot"):
        open_data(folder / "raw-finetuning-prompts.csv")


def test_a_workbook_is_unpacked_once_for_its_header_and_its_rows(tmp_path, monkeypatch):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    from evalkit.data.readers import xlsx

    path = tmp_path / "x.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for row in range(4):
        sheet.write_row(row, 0, ["prompt", "completion"] if row == 0 else [f"a{row}", "b"])
    book.close()
    times = []
    opened = xlsx.opened
    monkeypatch.setattr(xlsx, "opened", lambda source: times.append(1) or opened(source))
    data = open_data(path)
    first = [e.messages[0].text for e in data]
    assert first == ["a1", "a2", "a3"]
    assert len(times) == 1
    assert [e.messages[0].text for e in data] == first
    assert len(times) == 2


def test_templates(file):
    path = file('title,ask,answer\n{ask},"{{ x }} {title}",a\n,q,b\n,,c\n')
    data = open_data(path, table=TableOptions(templates={"user": r"{title}\n{Ask}"}))
    assert [tuple(m.text for m in e.messages) for e in data] == [
        ("{ask}\n{{ x }} {title}", "a"), ("\nq", "b"), ("", "c"),
    ]  # fmt: skip
    assert data.columns == {"user": r"{title}\n{Ask}", "assistant": "answer"}
    assert next(iter(data)).cells == {"/messages/0/content": "A2", "/messages/1/content": "C2"}
    assert [e.fields for e in data] == [{}] * 3
    constant = {"system": "You are {{kind}}", "user": "Sort: {ask}"}
    assert pairs(path, templates=constant)[1] == ("You are {kind}", "Sort: q", "b")
    assert (
        "/messages/0/content"
        not in next(iter(open_data(path, table=TableOptions(templates=constant)))).cells
    )
    with pytest.raises(UsageError, match="no column `asks2`"):
        pairs(path, templates={"user": "{asks2}"})


@given(
    st.lists(
        st.tuples(*[st.text(st.sampled_from('{}\\"n,;%$a中 \n0'), max_size=12)] * 2),
        min_size=1,
        max_size=5,
    ).filter(lambda rows: all(any(c.strip() for c in row) for row in rows))
)
def test_templates_leave_the_data_alone(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("t") / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("ask", "answer"), *rows])
    found = pairs(path, templates={"user": "<{ask}|{answer}>"})
    assert found == [(f"<{a}|{b}>" if a or b else "", b) for a, b in rows]


def test_pairs_of_answers(file):
    path = file("prompt,chosen,rejected,lang\nq,good,bad,en\n")
    data = open_data(path)
    [row] = data
    assert data.format == row.format.name == "trl-preference"
    assert row.value == {"prompt": "q", "chosen": "good", "rejected": "bad"}
    assert row.cells == {"/prompt": "A2", "/chosen": "B2", "/rejected": "C2"}
    assert row.fields == {"lang": "en"}
    [asked] = open_data(path, table=TableOptions(system="Be kind"))
    assert asked.value == {
        "prompt": [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "q"}],
        "chosen": [{"role": "assistant", "content": "good"}],
        "rejected": [{"role": "assistant", "content": "bad"}],
    }
    assert asked.cells == {
        "/prompt/1/content": "A2", "/chosen/0/content": "B2", "/rejected/0/content": "C2",
    }  # fmt: skip


def test_tables_without_a_header(file, workbook):
    path = file("hi,hello\nbye,see you\n")
    columns = {"user": "1", "assistant": "B"}
    data = open_data(path, table=TableOptions(header=False, columns=columns))
    for _ in range(2):
        one, two = data
        assert [m.text for m in one.messages] == ["hi", "hello"]
        assert one.cells == {"/messages/0/content": "A1", "/messages/1/content": "B1"}
        assert (one.location.line, two.location.line, two.location.number) == (1, 2, 2)
    assert data.headers == ("A", "B")
    book = workbook(Sheet={(0, 0): "hi", (0, 1): "hello", (2, 0): "x", (2, 1): "y"})
    assert pairs(book, header=False, columns=columns) == [("hi", "hello"), ("x", "y")]
    with pytest.raises(InputError, match="without a header") as caught:
        pairs(path, header=False)
    assert "--columns user=A,assistant=B" in caught.value.hint


@given(st.lists(st.text(max_size=20), min_size=2, max_size=4))
def test_rows_are_written_as_json_writes_them(texts):
    from evalkit.data.columns import map_columns
    from evalkit.data.table import Cells, examples

    for options in ({}, {"system": 'Be "kind"\n'}):
        columns = map_columns(["prompt", "completion", "x", "y"], {}, source="x")
        for one in examples([Cells(2, 2, 2, texts)], columns, 4, source="x", **options):
            assert one.raw == json.dumps(one.value, ensure_ascii=False).encode()
