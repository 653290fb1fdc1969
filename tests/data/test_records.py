# SPDX-License-Identifier: Apache-2.0
"""Records are those of the csv module, whatever the lines hold and wherever blocks end."""

from __future__ import annotations

import csv

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evalkit.data.readers._records import records

# Most of the texts are quoted by the book, some are not, and some are never closed.
piece = st.sampled_from(
    ['"', '""', ",", "\n", "\r", "\r\n", '","', '"\n"', ',"', '",', "a", "b c", "é中", "\0", "'"]
)
text = st.lists(piece, max_size=24).map("".join)
cell = st.text(st.sampled_from('",\n\r a中'), max_size=6)
table = st.lists(st.lists(cell, min_size=1, max_size=4), max_size=5)


def by_csv(lines, delimiter, quote):
    """Cells, lines and fault of each record, as the csv module reads them."""
    options = {"quoting": csv.QUOTE_NONE} if quote is None else {"quotechar": quote}
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, **options)
    found, before = [], 0
    while True:
        cells, error = [], ""
        try:
            cells = next(reader)
        except StopIteration:
            return found
        except csv.Error as wrong:
            error = str(wrong)
        found.append((cells, reader.line_num - before, error))
        before = reader.line_num


def ours(lines, delimiter, quote, block, cap=1 << 20):
    blocks = (lines[at : at + block] for at in range(0, len(lines), block))
    return [tuple(one) for one in records(blocks, delimiter, quote, cap)]


@settings(max_examples=1_500)
@given(text, st.sampled_from([",", ";"]), st.sampled_from(['"', "'", None]), st.integers(1, 4))
@example('a,"b\n', ",", '"', 1)
@example('"a""b","",,"c\nd"\r\ne,f\r\n', ",", '"', 1)
@example('a,5" nail\n"x","y"z\n', ",", '"', 2)
@example("a\rb,c\n", ",", None, 1)
def test_as_the_csv_module_reads(content, delimiter, quote, block):
    lines = content.split("\n")
    assert ours(lines, delimiter, quote, block) == by_csv(lines, delimiter, quote)


@given(table, st.integers(1, 3), st.sampled_from(["\n", "\r\n"]))
def test_what_the_csv_module_writes(rows, block, end):
    import io

    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    lines = out.getvalue().split("\n")[:-1]
    assert [cells for cells, _, _ in ours(lines, ",", '"', block)] == rows


@pytest.mark.parametrize("cap", [10, 100])
def test_quotes_that_are_never_closed(cap):
    """Not more than a cell may have is looked at for the other quote."""
    csv.field_size_limit(cap)
    try:
        lines = ["a,b", '"open'] + ["x" * 9] * 40 + ["c,d"]
        found = ours(lines, ",", '"', 7, cap)
        assert found == by_csv(lines, ",", '"')
        assert found[1][2] == f"field larger than field limit ({cap})"
        assert found[0][0] == ["a", "b"]
        assert found[-1][0] == ["c", "d"]
    finally:
        csv.field_size_limit(1 << 24)
