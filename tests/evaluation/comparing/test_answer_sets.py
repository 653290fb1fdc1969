# SPDX-License-Identifier: Apache-2.0
"""Answers of any kind become sets with names of their own."""

from __future__ import annotations

import json

import pytest

from evalkit.core.errors import InputError, UsageError
from evalkit.evaluation.comparing.answer_sets import answer_sets
from evalkit.evaluation.comparing.comparison import Wanted, compare_answers
from evalkit.evaluation.stored import save_run

STARTED = "2026-11-21T10:00:00+00:00"
OLD = [{"id": "a", "answer": "x", "expected": "x"}, {"id": "b", "answer": "y", "expected": "z"}]
NEW = [{"id": "a", "answer": "x", "expected": "x"}, {"id": "b", "answer": "z", "expected": "z"}]


def table(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]) + "\n"
    )
    return str(path)


def sets(*given, **columns):
    return answer_sets([one if isinstance(one, tuple) else (None, one) for one in given], columns)


def names(*given, **columns):
    return [one.name for one in sets(*given, **columns)]


def test_names_are_of_files_then_of_folders_and_fit_for_gates(tmp_path):
    a = table(tmp_path / "one" / "answers.csv", OLD)
    b = table(tmp_path / "two" / "answers.csv", NEW)
    c = table(tmp_path / "my old (2).answers.csv", OLD)
    assert names(a, c) == ["answers", "my-old-2"]
    assert names(a, b) == ["one", "two"]
    assert names(a, a) == ["one", "one-2"]
    assert names(("base", a), b) == ["base", "answers"]
    assert names(table(tmp_path / "旧.csv", OLD), b) == ["旧", "answers"]


def test_several_models_in_one_file(tmp_path):
    both = [{**row, "model": name} for name, rows in (("m1", OLD), ("m2", NEW)) for row in rows]
    path = table(tmp_path / "both.csv", both)
    assert names(path) == ["m1", "m2"]
    assert names(f"{path}#m2", f"{path}#m1") == ["m2", "m1"]
    other = table(tmp_path / "c.csv", NEW)
    with pytest.raises(UsageError, match="holds answers of 2 models: m1, m2"):
        sets(path, other)
    with pytest.raises(UsageError, match="did you mean `m2`"):
        sets(f"{path}#m22", other)


def test_a_column_for_each_model(tmp_path):
    wide = [{"id": "a", "label": "x", "old": "x", "new": "y"}]
    path = table(tmp_path / "wide.csv", wide)
    found = sets(f"{path}#old", f"{path}#new")
    assert [one.name for one in found] == ["old", "new"]
    assert [one.rows[0].reply.text for one in found] == ["x", "y"]
    assert found[0].rows[0].expected == "x"
    with pytest.raises(UsageError, match="has no column `nwe`; did you mean `new`"):
        sets(f"{path}#old", f"{path}#nwe")


def test_columns_are_named_once_for_all_files(tmp_path):
    theirs = table(
        tmp_path / "a.csv", [{"Ref": "a", "Said": "x", "Should be": "z", "answer": "no"}]
    )
    ours = table(tmp_path / "b.csv", OLD)
    found = sets(theirs, ours, id="Ref", answer="Said", expected="Should be")
    row = found[0].rows[0]
    assert (list(row.ids), row.reply.text, row.expected) == (["a"], "x", "z")
    assert found[1].rows[0].reply.text == "x"
    with pytest.raises(UsageError, match="no file has a column `Reff`; did you mean `Ref`"):
        sets(theirs, ours, id="Reff")
    with pytest.raises(UsageError, match="no column is called `ids` here; did you mean `id`"):
        sets(theirs, ours, ids="Ref")
    with pytest.raises(InputError) as caught:
        sets(table(tmp_path / "c.csv", [{"Ref": "a", "Said": "x"}]), ours)
    assert "--columns answer=HEADER" in caught.value.hint


@pytest.fixture
def folder(tmp_path):
    found = compare_answers([("base", OLD), ("tuned", NEW)], Wanted(), started=STARTED)
    save_run(found.run, tmp_path / "reports" / "x" / "T1")
    return tmp_path / "reports" / "x" / "T1"


def test_the_folder_of_a_run(folder, tmp_path):
    assert names(folder) == ["base", "tuned"]
    ours = table(tmp_path / "b.csv", OLD)
    found = sets(folder, ours)
    assert [one.name for one in found] == ["tuned", "b"]
    assert "the candidate tuned is taken" in found[0].notes[0][0]
    assert found[0].date == "2026-11-21"
    assert names(f"{folder}#base", ours) == ["base", "b"]
    assert sets(f"{folder}#base", ours)[0].notes == []
    assert names(folder / "run.json", ours) == ["tuned", "b"]
    with pytest.raises(UsageError, match="did you mean `base`"):
        sets(f"{folder}#bas", ours)
    with pytest.raises(InputError, match="holds no finished run"):
        sets(tmp_path, ours)
    (folder / "run.json").write_text("{")
    with pytest.raises(InputError, match="damaged run"):
        sets(folder, ours)


def test_two_runs_with_the_same_names_go_by_their_folders(folder):
    other = folder.parent / "T2"
    other.mkdir()
    for name in ("run.json", "samples.jsonl"):
        (other / name).write_bytes((folder / name).read_bytes())
    assert names(folder, other) == ["T1", "T2"]


def test_a_run_and_a_frame_and_rows():
    import pandas as pd

    run = compare_answers([("base", OLD), ("tuned", NEW)], Wanted(), started=STARTED).run
    found = sets(("old", run), ("frame", pd.DataFrame(NEW)), ("rows", OLD))
    assert [[row.reply.text for row in one.rows] for one in found] == [
        ["x", "z"], ["x", "z"], ["x", "y"],
    ]  # fmt: skip
    assert found[0].rows[1].expected == "z"


def test_ids_as_spreadsheets_and_frames_write_them():
    import pandas as pd

    frame = pd.DataFrame({"answer": ["x", "y"], "expected": ["x", "x"]}, index=[1.0, 2.0])
    frame.index.name = "id"
    found = sets(("a", frame), ("b", [{"id": 1, "answer": "x"}, {"id": " 2 ", "answer": "y"}]))
    assert [[list(row.ids) for row in one.rows] for one in found] == [[["1"], ["2"]]] * 2
    twice = pd.DataFrame([[1, 2]], columns=["answer", "answer"])
    with pytest.raises(UsageError, match="the frame cannot be read"):
        sets(("a", twice), ("b", frame))


def test_repeats_of_a_run_come_back():
    several = [{**row, "repeat": k} for row in OLD for k in range(3)]
    run = compare_answers([("base", several), ("tuned", NEW)], Wanted(), started=STARTED).run
    found = sets(("a", run), ("b", NEW))
    again = compare_answers([("base", several), ("tuned", run)], Wanted(), started=STARTED)
    assert len(found[0].rows) == 2  # the candidate's
    assert json.dumps([m.interval.value for m in again.run.measures[:1]])
    of_base = answer_sets([("x", run)], {})
    assert [len(one.rows) for one in of_base] == [6, 2]
