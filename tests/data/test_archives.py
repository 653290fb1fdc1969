# SPDX-License-Identifier: Apache-2.0
"""Archives that mean harm: refused, or bounded, and nothing beside them is read."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
import zlib

import pytest

from evalkit.core.errors import InputError
from evalkit.data.read import open_data
from evalkit.data.readers import _archive

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>'
TAIL = "</sheetData></worksheet>"


def text(place: str, said: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{said}</t></is></c>'


TOP = f'<row r="1">{text("A1", "prompt")}{text("B1", "completion")}</row>'
GOOD = f'{HEAD}{TOP}<row r="2">{text("A2", "q")}{text("B2", "a")}</row>{TAIL}'


def workbook(path, sheet, *, place="worksheets/sheet1.xml", shared=None, more=None):
    """Written by hand, as no library would."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="{place}"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        f"xl/{place}": sheet,
        **(more or {}),
    }
    if shared is not None:
        parts["xl/sharedStrings.xml"] = shared
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            with archive.open(name, "w") as stream:
                for piece in [content] if isinstance(content, str) else content:
                    stream.write(piece.encode())
    return path


def test_workbooks_by_hand_are_read(tmp_path):
    [example] = open_data(workbook(tmp_path / "x.xlsx", GOOD))
    assert [m.text for m in example.messages] == ["q", "a"]


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="XFD1048576"><v>1</v></c>',
        "<c r='XFD1048576'><v>1</v></c>",
        '<c r = "xfd1048576"><v>1</v></c>',
        '<c s="1"\nr\n=\n"XFD1048576"\n><v>1</v></c>',
        '<c t="n" r="ZZZ99999"><v>1</v></c>',
    ],
)
@pytest.mark.parametrize("place", ["worksheets/sheet1.xml", "elsewhere/any.thing"])
def test_far_cells(tmp_path, cell, place):
    sheet = f'{HEAD}{TOP}<row r="2">{cell}</row>{TAIL}'
    with pytest.raises(InputError, match="its cells span"):
        open_data(workbook(tmp_path / "x.xlsx", sheet, place=place))


def test_far_rows(tmp_path):
    rows = "".join(f'<row r="{n}">{text(f"T{n}", "x")}</row>' for n in (2, 1_048_576))
    with pytest.raises(InputError, match="1,048,576 rows and 20 columns"):
        open_data(workbook(tmp_path / "x.xlsx", f"{HEAD}{TOP}{rows}{TAIL}"))
    long = f'{HEAD}{TOP}<row r="999999">{text("A999999", "q")}{text("B999999", "a")}</row>{TAIL}'
    [example] = open_data(workbook(tmp_path / "y.xlsx", long))  # far down, and yet 2 columns wide
    assert example.location.line == 999_999


def test_cells_that_are_cut_by_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(_archive, "_BLOCK", 64)
    sheet = f'{HEAD}{TOP}<row r="2"><c r="XFD1048576"><v>1</v></c></row>{TAIL}'
    with pytest.raises(InputError, match="its cells span 1,048,576 rows and 16,384 columns"):
        open_data(workbook(tmp_path / "x.xlsx", sheet))


def test_texts_that_are_meant_again_and_again(tmp_path):
    shared = f'<sst xmlns="{MAIN}"><si><t>prompt</t></si><si><t>{"x" * 32_000}</t></si></sst>'
    cells = '<row><c t="s"><v>0</v></c></row>' + '<row><c t="s"><v>1</v></c></row>' * 80_000
    path = workbook(tmp_path / "x.xlsx", f"{HEAD}{cells}{TAIL}", shared=shared)
    assert path.stat().st_size < 50_000
    with pytest.raises(InputError, match="more than 2 GiB of text"):
        open_data(path)
    few = cells[:40_000]
    few = f"{HEAD}{few[: few.rindex('<row>')]}{TAIL}"
    with pytest.raises(InputError, match="no column"):  # one column only, but it is read
        open_data(workbook(tmp_path / "y.xlsx", few, shared=shared))


def test_directories_that_lie(tmp_path):
    """The directory says that a member is small, with the checksum of its beginning."""
    path = workbook(tmp_path / "x.xlsx", GOOD + " " * 5_000)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("xl/worksheets/sheet1.xml")
    begin = zlib.crc32(GOOD.encode()).to_bytes(4, "little") + b"%b"
    for old in (member.file_size.to_bytes(4, "little"),):
        at = -1
        while (at := content.find(old, at + 1)) >= 0:
            content[at : at + 4] = len(GOOD).to_bytes(4, "little")
            content[at - 8 : at - 4] = begin[:4]
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("xl/worksheets/sheet1.xml").decode() == GOOD  # Python believes it
    with pytest.raises(InputError, match="longer than the directory says"):
        open_data(path)


ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{("&a" + str(n - 1) if n else "&a") + ";"}">' for n in range(1))
    + "".join(
        f'<!ENTITY b{n} "{("&b" + str(n - 1) + ";" if n else "&a;") * 10}">' for n in range(9)
    )
    + "]>"
)


def test_entities(tmp_path):
    """Nested ones are not unfolded, external ones not read."""
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    external = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY b8 SYSTEM "{secret.as_uri()}">]>'
    for number, begin in enumerate((ENTITIES, external)):
        body = GOOD.partition("?>")[2].replace(">q<", ">&b8;<")
        path = workbook(tmp_path / f"{number}.xlsx", begin + body)
        try:
            said = [m.text for e in open_data(path) for m in e.messages]
        except InputError as error:
            said = [error.message]
        assert "SECRET" not in "".join(said)
        assert len("".join(said)) < 1_000


PEAK = """
import resource, sys
from evalkit.core.errors import EvalkitError
from evalkit.data.read import open_data
try:
    n = sum(1 for _ in open_data(sys.argv[1]))
    said = f"{n} rows"
except EvalkitError as error:
    said = error.message
print(said)
try:  # what Linux counts for `getrusage` is inherited from whoever starts the process
    lines = open("/proc/self/status").read().split("\\n")
    size = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
except OSError:
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(size // 1024)
"""


def peak(path):
    """What is said of a file, and the MB that it took at most, in a process of its own."""
    if sys.platform == "win32":
        pytest.skip("no resource usage here")
    done = subprocess.run(
        [sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True
    )
    said, size = done.stdout.splitlines()[-2:]
    return said, int(size)


def test_a_workbook_of_300_kb_that_unpacks_to_314_mb(tmp_path):
    row = '<row><c t="inlineStr"><is><t>' + "a" * 1_000 + "</t></is></c></row>"
    path = workbook(tmp_path / "x.xlsx", [HEAD, *[row * 1_000] * 300, TAIL])
    assert path.stat().st_size < 1 << 20
    said, size = peak(path)
    assert "unpacks to" in said
    assert size < 400


@pytest.mark.slow
@pytest.mark.parametrize("row", ["[]\n", "x" * 1_000_000 + "\n"], ids=["short", "long"])
def test_gzip_of_1000_to_1(tmp_path, row):
    path = tmp_path / "x.jsonl.gz"
    member = gzip.compress(row.encode() * ((16 << 20) // len(row)))
    with path.open("wb") as stream:
        for _ in range(100):  # 1.6 GB
            stream.write(member)
    assert path.stat().st_size < 2 << 20
    said, size = peak(path)
    assert "unpacks to more than 200 times its size" in said
    assert size < 400


@pytest.mark.slow
def test_a_parquet_file_whose_cells_all_mean_one_text(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * (8 << 20)])
    table = pa.table({"prompt": ["q"] * 20_000, "completion": texts})
    path = tmp_path / "x.parquet"
    pq.write_table(table, path, store_schema=False, dictionary_pagesize_limit=64 << 20)
    assert path.stat().st_size < 1 << 20
    said, size = peak(path)
    assert "unpacks to more than 200 times its size" in said
    assert size < 600


def test_spreadsheets_of_open_office_that_repeat(tmp_path):
    path = tmp_path / "x.ods"
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    words = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    content = (
        f'<office:document-content xmlns:office="{office}" xmlns:table="{table}" '
        f'xmlns:text="{words}"><office:body><office:spreadsheet><table:table table:name="S">'
        '<table:table-row table:number-rows-repeated="1000000">'
        '<table:table-cell table:number-columns-repeated="16000" office:value-type="string">'
        "<text:p>x</text:p></table:table-cell></table:table-row>"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    with pytest.raises(InputError, match="1,000,000 rows and 16,000 columns"):
        open_data(path)
