# SPDX-License-Identifier: Apache-2.0
"""Sheets are written, filled in as people do, and read back."""

import csv
import io
import random
from dataclasses import replace
from math import isnan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import InputError, UsageError
from evalkit.core.measure import Interval, Measure
from evalkit.evaluation.judging.verdicts import Verdict
from evalkit.evaluation.raters.draw import draw
from evalkit.evaluation.raters.humans import read_humans
from evalkit.evaluation.raters.key import Key, answers_digest, pair_digest, read_key, swapped
from evalkit.evaluation.raters.labelled import labelled
from evalkit.evaluation.raters.sheet import Plan, sheet_rows, write_sheet
from evalkit.evaluation.raters.words import read_word
from evalkit.evaluation.result import Answer, AskedModel, Row, Run

PAIR = ("tuned", "base")
FORMULA = "=HYPERLINK('https://example.com')"


def answer(text, score=0.0):
    return Answer(text=text, finish="stop", error=None, score=score)


def row(k, tuned, base, *, scores=(1.0, 0.0), lang="en", messages=None, expected="yes"):
    return Row(
        id=f"{k:012x}",
        source="x.jsonl",
        line=k + 1,
        messages=messages or (("user", f"question {k}"),),
        expected=expected,
        slices={"lang": lang},
        answers={"tuned": answer(tuned, scores[0]), "base": answer(base, scores[1])},
    )


def run_of(rows, *, base="base", primary="win_rate"):
    return Run(
        suite="s",
        task="judged",
        primary=primary,
        labels=(),
        decision="measured",
        base=base,
        candidate="tuned",
        models=[AskedModel(name="base", spec="a"), AskedModel(name="tuned", spec="b")],
        rows=rows,
        measures=[],
        differences=[],
        gates=[],
        confusions=[],
        visible=0.1,
        leaked=None,
        unscored={},
        notes=[],
        started="2026-11-21",
        provenance={},
    )


def many(n=40, differ=25):
    return [
        row(
            k,
            f"tuned says {k}",
            f"base says {k}",
            scores=(float(k % 2), float(1 - k % 2)) if k < differ else (0.5, 0.5),
            lang="zh" if k % 10 == 0 else "en",
        )
        for k in range(n)
    ]


@pytest.fixture
def written(tmp_path):
    """Writes a sheet of a run and gives its path."""

    def made(run, *, n=50, kind="pair", name="labels.csv", pair=PAIR, seed=0, **plan):
        drawn = draw(run, pair, n, kind=kind, seed=seed)
        path = tmp_path / name
        write_sheet(path, drawn, Plan(pair=pair, kind=kind, seed=seed, **plan))
        return path

    return made


def cells_of(path: Path) -> list[list[str]]:
    if path.suffix == ".xlsx":
        from python_calamine import CalamineWorkbook

        return CalamineWorkbook.from_path(str(path)).get_sheet_by_name("labels").to_python()
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def filled(path, say, *, name=None, encoding="utf-8-sig", delimiter=","):
    """The sheet with `say(row as a mapping)` in each column of verdicts, as CSV."""
    header, *body = cells_of(path)
    text = io.StringIO(newline="")
    out = csv.writer(text, delimiter=delimiter)
    out.writerow(header)
    for line in body:
        told = dict(zip(header, line, strict=True))
        out.writerow(
            say(told) if column.startswith(("verdict", "判断")) else told[column]
            for column in header
        )
    target = path.with_name(name or f"filled-{path.stem}.csv")
    target.write_bytes(text.getvalue().encode(encoding))
    return target


def prefers_tuned(told):
    return "A" if told["reply A"].startswith("tuned") else "B"


@pytest.mark.parametrize("name", ["labels.csv", "labels.xlsx"])
def test_a_rater_who_likes_one_model_is_read_as_such(written, name):
    path = filled(written(run_of(many()), name=name), prefers_tuned)
    found = read_humans(path, pair=PAIR)
    assert set(found.verdicts.values()) == {"win"}
    assert (len(found.verdicts), found.rows, found.rated) == (40, 40, 40)
    assert list(found.raters) == [path.stem]
    turned = read_humans(path)
    assert turned.are_of(*PAIR)
    assert not turned.are_of("base", "tuned")


def test_the_sheet_is_blind(written):
    rows = [replace(r, answers={n: answer("x" + a.text[5:]) for n, a in r.answers.items()})
            for r in many()]  # fmt: skip
    rows = [replace(r, answers={**r.answers, "base": answer("y")}) for r in rows]
    for name in ("labels.csv", "labels.xlsx"):
        path = written(run_of(rows), name=name)
        shown = "".join(cell for line in cells_of(path) for cell in line)
        assert "tuned" not in shown
        assert "base" not in shown
        assert b"tuned" not in path.read_bytes()
    sides = [line[3] == "y" for line in cells_of(path)[1:]]
    assert 10 < sum(sides) < 30  # both models stand on both sides


def test_the_same_draw_makes_the_same_bytes_and_another_seed_others(written):
    run = run_of(many())
    for name in ("a.csv", "a.xlsx"):
        assert written(run, name=name).read_bytes() == written(run, name=f"b{name}").read_bytes()
    first = [line[0] for line in cells_of(written(run, n=9))]
    other = [line[0] for line in cells_of(written(run, n=9, seed=5))]
    assert first != other


def test_half_of_a_sheet_are_rows_that_differ_and_every_slice_is_there():
    run = run_of(many(200, differ=60))
    drawn = draw(run, PAIR, 50, kind="pair", seed=0)
    assert (len(drawn.rows), drawn.differ, drawn.could, drawn.could_differ) == (50, 25, 200, 60)
    assert {r.slices["lang"] for r in drawn.rows} == {"en", "zh"}
    en, zh = drawn.said
    assert en == "50 of 200 rows, 25 of them scored differently (60 in all)"
    assert zh == "200 行中的 50 行，其中得分不同的 25 行（共 60 行）"
    few = draw(run_of(many(200, differ=4)), PAIR, 50, kind="pair", seed=0)
    assert (len(few.rows), few.differ) == (50, 4)
    small = draw(run_of(many(30, differ=28)), PAIR, 50, kind="pair", seed=0)
    assert len(small.rows) == 30


def test_rows_whose_verdict_depends_on_the_order_are_drawn_too():
    rows = many(60, differ=0)
    torn = Verdict(id=rows[41].id, first="win", second="loss", outcome=0.5)
    calm = [Verdict(id=r.id, first="tie", second="tie", outcome=0.5) for r in rows]
    rows = [
        replace(r, verdicts=[("tuned vs base", torn if r.id == torn.id else v)])
        for r, v in zip(rows, calm, strict=True)
    ]
    drawn = draw(run_of(rows), PAIR, 4, kind="pair", seed=0)
    assert rows[41].id in {r.id for r in drawn.rows}
    assert drawn.could_differ == 1


def test_equal_and_missing_answers_are_not_rated():
    rows = [row(0, "same", "same "), row(1, "", "x"), row(2, "a", "b"), row(3, "c", "d")]
    rows[3] = replace(rows[3], answers={**rows[3].answers, "base": replace(answer(""), error="x")})
    drawn = draw(run_of(rows), PAIR, 9, kind="pair", seed=0)
    assert [r.line for r in drawn.rows] == [3]
    assert drawn.said[0].endswith("left out: 1 with equal answers, 2 without an answer")
    with pytest.raises(UsageError, match="answered every question the same"):
        draw(run_of(rows[:1]), PAIR, 9, kind="pair", seed=0)
    with pytest.raises(UsageError, match="no row has answers"):
        draw(run_of([]), PAIR, 9, kind="pair", seed=0)


@pytest.mark.parametrize("bad", [FORMULA, "+1", "-2+3", "@x", "\t=1", "＝1", "|cmd"])
def test_no_cell_of_csv_is_a_formula(written, bad):
    path = written(run_of([row(0, bad, "b", expected=bad, messages=(("user", bad),))]))
    for line in cells_of(path)[1:]:
        assert not any(cell.lstrip()[:1] in ("=", "+", "-", "@", "＝") for cell in line)


def test_workbooks_hold_texts_only(written):
    path = written(run_of([row(0, FORMULA, "12e45", expected="007")]), name="labels.xlsx")
    header, line = cells_of(path)
    told = dict(zip(header, line, strict=True))
    assert {told["reply A"], told["reply B"]} == {FORMULA, "12e45"}
    assert told["expected"] == "007"
    import zipfile

    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet


@pytest.mark.parametrize("name", ["labels.csv", "labels.xlsx"])
def test_any_text_can_be_shown(written, name):
    odd = (
        "nul \x00 esc \x1b[31m lone \ud800 bidi \u202e end\r\nline \ufffe _x0041_ " + "长" * 40_000
    )
    path = written(run_of([row(0, odd, "b")]), name=name)
    header, line = cells_of(path)
    shown = dict(zip(header, line, strict=True))
    long = max((shown["reply A"], shown["reply B"]), key=len)
    assert long.startswith("nul")
    assert "_x0041_" in long
    assert len(long) < 32_767
    assert long.endswith("[…]")
    assert read_humans(filled(path, lambda _: "A")).rated == 1


def test_a_csv_that_a_chinese_excel_saved_is_read(written):
    path = written(run_of(many()), language="zh")
    assert cells_of(path)[0] == [
        "编号",
        "问题",
        "参考答案",
        "回答 A",
        "回答 B",
        "判断",
        "备注",
        "密钥",
    ]
    back = filled(
        path, lambda told: "平" if told["问题"] else "", encoding="gb18030", delimiter=";"
    )
    assert set(read_humans(back, pair=PAIR).verdicts.values()) == {"tie"}


def test_an_id_that_became_a_number_is_told_by_the_key(written):
    path = written(run_of([row(12, "a", "b")]))
    text = path.read_text(encoding="utf-8-sig").replace("\r\n00000000000c,", "\r\n1.2E+13,")
    path.write_text(text, encoding="utf-8", newline="")
    found = read_humans(filled(path, lambda _: "tie"))
    assert list(found.verdicts) == [f"{12:012x}"]


def test_sheets_may_be_partly_filled(written):
    path = filled(
        written(run_of(many())), lambda told: "" if told["question"].endswith("1") else "tie"
    )
    found = read_humans(path)
    assert (found.rows, found.rated) == (40, 36)
    empty = read_humans(filled(written(run_of(many())), lambda _: ""))
    assert (empty.rows, empty.rated, empty.verdicts) == (40, 0, {})


def test_all_typos_are_told_at_once_with_their_cells(written):
    path = written(run_of(many(3)))
    typos = iter(["AB", "tei", "A"])
    path = filled(path, lambda _: next(typos))
    with pytest.raises(InputError) as found:
        read_humans(path)
    assert "no verdict in cells" in found.value.message
    assert 'F2 "AB", F3 "tei"' in found.value.message
    assert found.value.hint == "write A, B or tie there, or leave the cell empty"


def test_several_raters_in_one_sheet(written):
    path = written(run_of(many()), raters=3)
    assert cells_of(path)[0][5:8] == ["verdict_1", "verdict_2", "verdict_3"]
    header, *body = cells_of(path)
    for k, line in enumerate(body):
        line[5:8] = (["A", "A", "B"], ["A", "B", "tie"], ["tie", "tie", ""])[k % 3]
    path.write_text("\n".join(",".join(line) for line in [header, *body]), encoding="utf-8")
    found = read_humans(path, pair=PAIR)
    assert list(found.raters) == ["rater 1", "rater 2", "rater 3"]
    assert found.by_rater["rater 3"] == 27
    assert len(found.split) == 13
    assert len(found.verdicts) == 27
    assert sum(word == "tie" for word in found.verdicts.values()) == 13
    assert labelled(run_of(many()), found, PAIR).alpha.n == 40


def test_several_files_are_several_raters_and_a_folder_is_all_of_them(written, tmp_path):
    sheet = written(run_of(many()))
    one = filled(sheet, prefers_tuned, name="anna.csv")
    two = filled(sheet, lambda _: "tie", name="bo.csv")
    found = read_humans([one, two], pair=PAIR)
    assert list(found.raters) == ["anna", "bo"]
    assert (len(found.split), found.verdicts) == (40, {})
    folder = tmp_path / "labels"
    folder.mkdir()
    for path in (one, two):
        path.rename(folder / path.name)
    assert list(read_humans(folder).raters) == ["anna", "bo"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no sheet"):
        read_humans(tmp_path / "empty")


def test_sheets_that_do_not_belong_together(written):
    one = filled(written(run_of(many())), prefers_tuned, name="one.csv")
    other = filled(written(run_of(many()), seed=3), prefers_tuned, name="two.csv")
    with pytest.raises(InputError, match="do not belong together"):
        read_humans([one, other])
    with pytest.raises(InputError, match=r"is not of tuned and old"):
        read_humans(one, pair=("tuned", "old"))
    right = filled(written(run_of(many()), kind="right"), lambda _: "right", name="r.csv")
    with pytest.raises(InputError, match="another kind of verdict"):
        read_humans(right, pair=PAIR, kind="pair")


def test_a_row_that_lost_its_key_is_told(written):
    path = filled(written(run_of(many(2))), prefers_tuned)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    lines[2] = lines[2].rpartition(",")[0] + ","
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=r"F3: the row has a verdict and its key is gone"):
        read_humans(path)


def test_the_same_row_twice_must_say_the_same(written):
    path = filled(written(run_of(many(2))), prefers_tuned)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    assert read_humans(path).rated == 2
    turned = lines[1].replace(",A,,", ",tie,,").replace(",B,,", ",tie,,")
    path.write_text("\n".join([*lines, turned]), encoding="utf-8")
    with pytest.raises(InputError, match="of the same row"):
        read_humans(path)


def test_a_table_of_others_names_the_models(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("id,verdict\n1,tuned\n2,base\n3,Tie\n4,candidate\n5,\n", encoding="utf-8")
    assert read_humans(path, pair=PAIR).verdicts == {
        "1": "win", "2": "loss", "3": "tie", "4": "win"
    }  # fmt: skip
    path.write_text("id,verdict\n1,A\n", encoding="utf-8")
    with pytest.raises(InputError, match="who is A is not known"):
        read_humans(path, pair=PAIR)


@pytest.mark.parametrize(
    ("header", "rater"),
    [
        ("verdict", "own"),
        ("Verdict (A/B/tie)", "own"),
        ("labels", "own"),
        ("verdict_anna", "anna"),
        ("verdict2", "rater 2"),
        ("判断：李", "李"),
    ],
)
def test_a_column_of_verdicts_says_whose_they_are(tmp_path, header, rater):
    path = tmp_path / "own.csv"
    path.write_text(f"id,{header},note\n1,tuned,x\n", encoding="utf-8")
    assert list(read_humans(path, pair=PAIR).raters) == [rater]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,verdictive\n1,A\n", "has no column `verdict`"),
        ("", "is empty"),
        ("id,answer\n1,A\n", "has no column `verdict`"),
        ("name,verdict\n1,A\n", "neither a column `key` nor a column `id`"),
    ],
)
def test_what_is_no_sheet_is_told(tmp_path, text, said):
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_humans(path)
    with pytest.raises(InputError, match="no such file"):
        read_humans(tmp_path / "none.csv")


def test_right_or_wrong_of_each_answer(written):
    rows = [row(0, "yes", "no"), row(1, "yes", "yes ", scores=(1.0, 1.0)), row(2, "no", "yes")]
    rows[2] = replace(rows[2], answers={"tuned": answer("no", 0.0), "base": answer("yes", 1.0)})
    path = written(run_of(rows), kind="right")
    header, *body = cells_of(path)
    assert header == ["id", "question", "expected", "reply", "verdict", "comment", "key"]
    assert len(body) == 5  # one answer that both gave is one line
    found = read_humans(filled(path, lambda told: "对" if told["reply"][0] == "y" else "0"))
    assert found.answers == {
        (rows[0].id, "candidate"): True,
        (rows[0].id, "base"): False,
        (rows[1].id, "candidate"): True,
        (rows[1].id, "base"): True,
        (rows[2].id, "candidate"): False,
        (rows[2].id, "base"): True,
    }
    told = labelled(run_of(rows, primary="accuracy"), found, PAIR)
    assert [(m.model, m.right.value, m.agreed.value) for m in told.models] == [
        ("tuned", pytest.approx(2 / 3), 1.0), ("base", pytest.approx(2 / 3), 1.0)
    ]  # fmt: skip
    assert [(m.too_kind, m.too_strict) for m in told.models] == [(0, 0), (0, 0)]
    assert (told.difference.value, told.difference.n) == (0.0, 3)
    assert told.rated == 5


def test_right_or_wrong_of_one_model(written):
    rows = [row(k, f"a{k}", "b", scores=(float(k % 2), 0.0)) for k in range(8)]
    path = written(run_of(rows, base=None), kind="right", pair=("tuned", None))
    found = read_humans(filled(path, lambda _: "right"), pair=("tuned", None))
    run = run_of(rows, base=None, primary="accuracy")
    told = labelled(run, found, ("tuned", None))
    assert [(m.model, m.right.value, m.too_strict) for m in told.models] == [("tuned", 1.0, 4)]


def test_several_turns_show_who_speaks_and_a_common_system_message_stands_apart(tmp_path):
    turns = (("system", "be kind"), ("user", "hi"), ("assistant", "hello"), ("user", "bye"))
    run = run_of([row(k, f"a{k}", "b", messages=turns) for k in range(2)])
    drawn = draw(run, PAIR, 9, kind="pair", seed=0)
    _, rows = sheet_rows(drawn, Plan(pair=PAIR, kind="pair"))
    assert rows[0]["question"] == "user: hi\n\nassistant: hello\n\nuser: bye"
    write_sheet(tmp_path / "x.xlsx", drawn, Plan(pair=PAIR, kind="pair", ask="Which is kinder?"))
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(tmp_path / "x.xlsx"))
    how = "".join(str(c) for line in book.get_sheet_by_index(1).to_python() for c in line)
    assert how.startswith("Which is kinder?")
    assert "be kind" in how
    assert "哪个更好" in how


def again(rows, model, text):
    """The rows, with another answer of a model to the first three."""
    return [
        replace(r, answers={**r.answers, model: answer(text)}) if k < 3 else r
        for k, r in enumerate(rows)
    ]


@pytest.mark.parametrize("model", ["tuned", "base"])
def test_labels_are_of_the_answers_that_were_rated(written, model):
    rows = many(10)
    found = read_humans(filled(written(run_of(rows)), prefers_tuned), pair=PAIR)
    told = labelled(run_of(again(rows, model, "other")), found, PAIR)
    assert sorted(told.stale) == ["x.jsonl:1", "x.jsonl:2", "x.jsonl:3"]
    assert (told.pair.rows, told.pair.stale, told.rated, told.foreign) == (7, 3, 10, 0)
    assert told.counted
    none = [replace(r, answers=again([r], model, "other")[0].answers) for r in rows]
    told = labelled(run_of(none), found, PAIR)
    assert (told.pair.rows, len(told.stale), told.counted) == (0, 10, False)
    same = labelled(run_of(rows), found, PAIR)
    assert (same.stale, same.pair.rows) == ([], 10)


def test_blanks_at_the_ends_make_no_other_answer(written):
    rows = many(4)
    found = read_humans(filled(written(run_of(rows)), prefers_tuned), pair=PAIR)
    spaced = [
        replace(r, answers={n: answer(f" {a.text}\n") for n, a in r.answers.items()}) for r in rows
    ]
    assert labelled(run_of(spaced), found, PAIR).pair.rows == 4


def test_right_or_wrong_is_of_the_answer_that_was_rated(written):
    rows = [row(0, "yes", "no"), row(1, "same", "same"), row(2, "no", "yes")]
    path = written(run_of(rows, primary="accuracy"), kind="right")
    found = read_humans(filled(path, lambda _: "right"))
    told = labelled(run_of(again(rows, "tuned", "new"), primary="accuracy"), found, PAIR)
    assert [(m.model, m.right.n) for m in told.models] == [("tuned", 0), ("base", 3)]
    assert sorted(told.stale) == ["x.jsonl:1", "x.jsonl:2", "x.jsonl:3"]


def test_raters_of_different_answers_do_not_vote_together(written):
    """Two rated before the answers changed, one after: that one decides alone."""
    old, new = many(4), again(many(4), "tuned", "tuned anew")
    before = written(run_of(old), name="old.csv")
    one = filled(before, lambda _: "tie", name="one.csv")
    two = filled(before, lambda _: "tie", name="two.csv")
    three = filled(written(run_of(new), name="new.csv"), prefers_tuned, name="three.csv")
    found = labelled(run_of(new), read_humans([one, two, three], pair=PAIR), PAIR)
    assert found.pair.rows == 4
    assert found.pair.win_rate.value == (3 * 1.0 + 0.5) / 4
    assert len(found.stale) == 3


@pytest.mark.parametrize(
    ("primary", "unit"),
    [("win_rate", "share"), ("win-rate[old]", "share"), ("judge_score", "score")],
)
def test_scores_that_do_not_say_what_is_right_are_not_held_against_people(written, primary, unit):
    rows = many(8)
    run = run_of(rows, primary=primary)
    measure = Measure(
        model="tuned", metric=primary, slice="all", interval=Interval(value=0.5), unit=unit,
        better="higher", signature="",
    )  # fmt: skip
    run = replace(run, measures=[measure])
    found = read_humans(filled(written(run, kind="right"), lambda _: "right"))
    told = labelled(run, found, PAIR)
    for model in told.models:
        assert (model.right.value, model.right.n) == (1.0, 8)
        assert isnan(model.agreed.value)
        assert isnan(model.kappa.value)
        assert "does not say whether an answer is right" in model.agreed.why
        assert (model.too_kind, model.too_strict) == (0, 0)
    share = replace(measure, metric="accuracy", unit="share")
    other = labelled(replace(run, primary="accuracy", measures=[share]), found, PAIR)
    assert all(model.agreed.n for model in other.models)


def test_a_file_given_twice_is_refused(written):
    path = filled(written(run_of(many(4))), prefers_tuned, name="anna.csv")
    for twice in ([path, path], [path, path.parent / "." / "anna.csv"]):
        with pytest.raises(InputError, match=r"anna\.csv is given twice"):
            read_humans(twice)


def test_files_of_one_name_are_told_apart(written, tmp_path, monkeypatch):
    path = filled(written(run_of(many(4))), prefers_tuned, name="anna.csv")
    places = []
    for folder in ("a/x", "b/x", "c"):
        place = tmp_path / folder / "anna.csv"
        place.parent.mkdir(parents=True)
        place.write_bytes(path.read_bytes())
        places.append(place)
    monkeypatch.chdir(tmp_path)
    here = [Path("anna.csv"), *(one.relative_to(tmp_path) for one in places)]
    raters = list(read_humans(here, pair=PAIR).raters)
    assert raters == [f"{tmp_path.name}/anna", "a/x/anna.csv", "b/x/anna.csv", "c/anna"]


@pytest.mark.parametrize("say", ["平", "平局", "平手"])
def test_a_chinese_verdict_below_english_headers_is_read_in_gb18030(written, say):
    back = filled(written(run_of(many(6))), lambda _: say, encoding="gb18030")
    assert read_humans(back, pair=PAIR).verdicts == {r.id: "tie" for r in many(6)}


def test_typos_in_utf_8_stay_typos(written):
    path = filled(written(run_of(many(2))), lambda _: "平吧")
    with pytest.raises(InputError, match='"平吧"'):
        read_humans(path)


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u2069", "\u202a"])
@pytest.mark.parametrize("name", ["labels.csv", "labels.xlsx"])
def test_no_cell_turns_the_text_around_it(written, name, mark):
    path = written(run_of([row(0, f"a{mark}b", "c")]), name=name)
    shown = "".join(cell for line in cells_of(path) for cell in line)
    assert mark not in shown
    assert "a\ufffdb" in shown


@pytest.mark.parametrize(
    "cell", ["a", " A ", "Ａ", "A.", "reply A", "Answer: a", "回答 A", "A > B"]
)
def test_spellings_of_a(cell):
    assert read_word(cell, "pair") == "A"


@pytest.mark.parametrize("cell", ["tie", "Tie.", "=", "A=B", "平局", "一样", "both", "same"])
def test_spellings_of_a_tie(cell):
    assert read_word(cell, "pair") == "tie"


@pytest.mark.parametrize("cell", ["", " ", "?", "？", "-", "n/a", "跳过"])
def test_spellings_of_nothing(cell):
    assert read_word(cell, "pair") is None
    assert read_word(cell, "right") is None


@pytest.mark.parametrize("cell", ["AB", "C", "1", "right", "a tie or b"])
def test_what_is_no_verdict(cell):
    assert read_word(cell, "pair") == "?"


@given(st.integers(0, 2**40), st.text(min_size=1).filter(str.strip).map(str.strip))
def test_keys_are_read_back(seed, name):
    key = Key(seed, pair_digest(seed, "a", "b"), "A", answers_digest(seed, "x", name), name)
    assert read_key(str(key)) == key


@given(st.integers(0, 99), st.lists(st.sampled_from(["A", "B", "tie"]), min_size=1, max_size=20))
def test_whoever_stands_where_is_found_again(seed, words):
    """A rater's words and the truth that they stand for are the same, whatever the seed."""
    rows = [row(k, f"tuned {k}", f"base {k}") for k in range(len(words))]
    drawn = draw(run_of(rows), PAIR, 50, kind="pair", seed=seed)
    _, lines = sheet_rows(drawn, Plan(pair=PAIR, kind="pair", seed=seed))
    for line, word in zip(lines, words, strict=True):
        shown = line["A"] if word == "A" else line["B"]
        key = read_key(line["key"])
        ours = (word == "A") != swapped(key.seed, key.id)
        if word != "tie":
            assert shown.startswith("tuned" if ours else "base")


def test_a_seed_of_chance_does_not_decide_all_sides():
    random.seed(0)
    shares = [sum(swapped(seed, f"{k:x}") for k in range(400)) / 400 for seed in range(20)]
    assert all(0.4 < share < 0.6 for share in shares)
