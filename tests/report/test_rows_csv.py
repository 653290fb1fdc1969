# SPDX-License-Identifier: Apache-2.0
import csv
import io

from evalkit.report.rows_csv import rows_csv


def read(run):
    return list(csv.DictReader(io.StringIO("\n".join(rows_csv(run)) + "\n")))


def test_every_row_is_there_with_every_answer(samples):
    run = samples.classification()
    rows = read(run)
    assert len(rows) == len(run.rows)
    first, row = rows[0], run.rows[0]
    assert (first["id"], first["line"], first["expected"]) == (row.id, str(row.line), row.expected)
    assert first["lang"] == row.slices["lang"]
    assert float(first["tuned score"]) == row.answers["tuned"].score
    assert {one["outcome"] for one in rows} == {"fixed", "broken", "right", "wrong"}


def test_no_cell_is_a_formula_and_controls_are_written_out(samples):
    run = samples.hostile()
    text = "\n".join(rows_csv(run))
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not [cell for cell in cells if cell.lstrip()[:1] in ("=", "+", "@")]
    assert "\x1b" not in text
    assert "\u202e" not in text
    text.encode()


def test_what_was_not_scored_is_empty_and_not_zero(samples):
    errors = [row for row in read(samples.failing()) if row["tuned error"]]
    assert errors
    assert {row["tuned score"] for row in errors} == {""}
