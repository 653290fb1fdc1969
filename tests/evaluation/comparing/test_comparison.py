# SPDX-License-Identifier: Apache-2.0
"""Recorded answers become a Run: same numbers as if they had been asked for."""

from __future__ import annotations

import json
from math import isnan

import pytest

from evalkit.core.errors import InputError, UsageError
from evalkit.evaluation.comparing.comparison import Wanted, compare_answers

STARTED = "2026-11-21T10:00:00+00:00"
LABELS = ["refund", "delivery"]


def compared(*sources, **wanted):
    given = [one if isinstance(one, tuple) else (None, one) for one in sources]
    return compare_answers(given, Wanted(**wanted), started=STARTED)


def rows(answers, expected=None, **more):
    """Rows as a table has them: ids q0, q1, ..."""
    return [
        {"id": f"q{n}", "answer": text}
        | ({} if expected is None else {"expected": expected[n]})
        | {key: values[n] for key, values in more.items()}
        for n, text in enumerate(answers)
    ]


EXPECTED = [LABELS[n % 2] for n in range(20)]
OLD = [EXPECTED[n] if n % 3 else LABELS[(n + 1) % 2] for n in range(20)]
NEW = [EXPECTED[n] if n % 7 else LABELS[(n + 1) % 2] for n in range(20)]


def accuracy(found, model):
    return next(
        m.interval
        for m in found.run.measures
        if (m.model, m.metric, m.slice) == (model, "accuracy", "all")
    )


def test_two_tables():
    found = compared(("old", rows(OLD, EXPECTED)), ("new", rows(NEW, EXPECTED)))
    assert (found.run.base, found.run.candidate) == ("old", "new")
    assert (found.run.task, found.run.primary) == ("classification", "accuracy")
    assert accuracy(found, "old").value == pytest.approx(13 / 20)
    assert accuracy(found, "new").value == pytest.approx(17 / 20)
    (flips,) = found.flips
    assert list(flips.fixed) == ["q3", "q6", "q9", "q12", "q15", "q18"]
    assert list(flips.broken) == ["q7", "q14"]
    assert (flips.both_right, flips.both_wrong, flips.unscored) == (11, 1, 0)
    assert found.run.notes == []
    assert found.run.started == STARTED
    assert found.run.rows[0].messages == (("id", "q0"),)  # nobody knows what was asked


def test_the_order_of_rows_changes_nothing():
    one = compared(("old", rows(OLD, EXPECTED)), ("new", rows(NEW, EXPECTED)))
    two = compared(("old", rows(OLD, EXPECTED)), ("new", rows(NEW, EXPECTED)[::-1]))
    assert one.run.measures == two.run.measures
    assert one.run.differences == two.run.differences


def test_what_is_missing_is_told_and_counts_as_unscored():
    again = {"id": "q5", "answer": "refund", "expected": EXPECTED[5]}
    short = [*rows(NEW, EXPECTED)[2:], again]
    found = compared(("old", rows(OLD, EXPECTED)), ("new", short))
    english = [note[0] for note in found.run.notes]
    chinese = [note[1] for note in found.run.notes]
    assert english[0].startswith("new has no answer to 2 of 20 rows: q0, q1;")
    assert "q0、q1" in chinese[0]
    assert english[1] == "new: 1 id stands more than once: q5; the first counts."
    assert found.run.unscored == {"old": 0, "new": 2}
    assert accuracy(found, "new").n == 18
    assert found.flips[0].unscored == 2
    gone = next(row for row in found.run.rows if row.id == "q0").answers["new"]
    assert isnan(gone.score)
    assert "no answer is on record in" in gone.error


def test_expected_answers_from_a_file_of_their_own(tmp_path):
    (tmp_path / "gold.csv").write_text(
        "id,label\n" + "".join(f"q{n},{text}\n" for n, text in enumerate(EXPECTED[:18]))
    )
    found = compared(("old", rows(OLD)), ("new", rows(NEW)), expected=str(tmp_path / "gold.csv"))
    assert accuracy(found, "old").n == 18
    assert found.alignment.foreign == {"old": ["q18", "q19"], "new": ["q18", "q19"]}
    assert "new answers 2 rows that are not among the expected ones" in found.run.notes[1][0]


def test_expected_answers_of_a_held_out_set(tmp_path):
    lines = [
        {"id": f"q{n}", "lang": "zh" if n < 10 else "en", "messages": [
            {"role": "user", "content": f"text {n}"}, {"role": "assistant", "content": text}]}
        for n, text in enumerate(EXPECTED)
    ]  # fmt: skip
    path = tmp_path / "heldout.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    given = ("old", rows(OLD)), ("new", rows(NEW))
    by_data = compared(*given, data=path, slices=["lang"])
    assert accuracy(by_data, "old").value == pytest.approx(13 / 20)
    assert {d.slice for d in by_data.run.differences} >= {"all", "lang=zh", "lang=en"}
    assert by_data.run.rows[0].messages == (("user", "text 0"),)
    # The same file under --expected is read as what it is.
    assert compared(*given, expected=path).run.measures == compared(*given, data=path).run.measures


def test_the_answers_of_a_model_may_be_what_is_expected():
    found = compared(("old", rows(OLD)), ("new", rows(NEW)), expected=rows(OLD))
    assert accuracy(found, "old").value == 1.0
    assert accuracy(found, "new").value == pytest.approx(12 / 20)


def test_where_expected_answers_are_given_apart_those_of_the_files_do_not_count():
    apart = rows(EXPECTED)
    apart[0] = {"id": "q0", "answer": None, "error": "it failed"}
    found = compared(("old", rows(OLD, EXPECTED)), ("new", rows(NEW, EXPECTED)), expected=apart)
    assert found.run.unscored == {"old": 1, "new": 1}
    assert accuracy(found, "old").n == 19


def test_an_expected_answer_that_only_some_rows_have():
    holey = [*EXPECTED[:18], "", ""]
    found = compared(("old", rows(OLD, holey)), ("new", rows(NEW, holey)))
    assert found.run.notes[0][0] == "2 rows have no expected answer and are not scored: q18, q19."
    assert found.run.unscored == {"old": 2, "new": 2}
    assert len(found.run.rows) == 18


def test_files_that_expect_different_things():
    other = [*EXPECTED[:19], "refund" if EXPECTED[19] != "refund" else "delivery"]
    found = compared(("old", rows(OLD, EXPECTED)), ("new", rows(NEW, other)))
    assert found.run.notes[0][0].startswith(
        "The files expect different answers in 1 of 20 rows: q19"
    )
    turned = [LABELS[(n + 1) % 2] for n in range(20)]
    with pytest.raises(UsageError, match="these are not the same questions"):
        compared(("old", rows(OLD, EXPECTED)), ("new", rows(NEW, turned)))
    forced = compared(("old", rows(OLD, EXPECTED)), ("new", rows(NEW, turned)), by="id")
    assert accuracy(forced, "new").value == pytest.approx(17 / 20)


def test_by_order_is_said_first():
    def bare(answers):
        return [{"prediction": a, "expected": e} for a, e in zip(answers, EXPECTED, strict=True)]

    found = compared(("old", bare(OLD)), ("new", bare(NEW)))
    assert found.run.notes[0][0].startswith("ROWS ARE PAIRED BY THEIR ORDER ALONE")
    assert found.run.notes[0][1].startswith("各行仅按先后顺序配对")
    assert accuracy(found, "new").value == pytest.approx(17 / 20)


def test_apart_each_is_measured_on_its_own_rows():
    def bare(answers, expected):
        return [{"prediction": a, "expected": e} for a, e in zip(answers, expected, strict=True)]

    found = compared(
        ("old", bare(OLD, EXPECTED)),
        ("new", bare(NEW[:14], EXPECTED[:14])),
        by="none",
        gates=["new accuracy >= 80%"],
    )
    assert accuracy(found, "old").n == 20
    assert accuracy(found, "new").n == 14
    assert found.run.differences == []
    assert found.run.base is None
    assert found.run.unscored == {"old": 0, "new": 0}
    assert [gate.verdict for gate in found.run.gates] == ["pass"]
    assert len(found.run.rows) == 34
    with pytest.raises(UsageError, match="needs rows that both models answered"):
        compared(
            ("old", bare(OLD, EXPECTED)), ("new", bare(NEW, EXPECTED)), by="none",
            gates=["new better than old"],
        )  # fmt: skip


def test_any_number_of_models_and_the_pairs_of_them():
    three = [(name, rows(texts, EXPECTED)) for name, texts in
             (("a", OLD), ("b", NEW), ("c", EXPECTED))]  # fmt: skip

    def pairs(**wanted):
        run = compared(*three, **wanted).run
        return [
            (d.candidate, d.base)
            for d in run.differences
            if (d.metric, d.slice) == ("accuracy", "all")
        ]

    assert pairs() == [("b", "a"), ("c", "a")]
    assert pairs(base="c") == [("a", "c"), ("b", "c")]
    assert pairs(pairs=["c vs b"]) == [("c", "b")]
    named = [("x", rows(OLD, EXPECTED)), ("base", rows(NEW, EXPECTED))]
    assert compared(*named).run.base == "base"
    assert compared(*named, first_is_base=True).run.base == "x"


def test_gates_and_the_margin():
    given = ("old", rows(OLD, EXPECTED)), ("new", rows(NEW, EXPECTED))
    run = compared(*given, gates=["new accuracy >= 99%"], margin="60 points").run
    assert [(g.gate, g.verdict) for g in run.gates] == [
        ("new accuracy >= 99%", "fail"),
        ("new not worse than old by 60 points", "pass"),
    ]
    assert run.decision == "dont_ship"


def test_probabilities_in_columns_by_name():
    shares = [0.9 if text == "refund" else 0.2 for text in OLD]
    old = rows(OLD, EXPECTED, probability_refund=shares)
    new = rows(NEW, EXPECTED, 概率_refund=[0.8 if t == "refund" else 0.1 for t in NEW])
    found = compared(("old", old), ("new", new))
    metrics = {m.metric for m in found.run.measures}
    assert "auroc" in metrics
    assert found.run.rows[0].answers["old"].probabilities == {"delivery": 0.8, "refund": 0.2}


def test_columns_that_only_look_like_probabilities_are_none():
    old = rows(OLD, EXPECTED, probability_of_rain=[0.5] * 20)
    found = compared(("old", old), ("new", rows(NEW, EXPECTED)))
    assert found.run.rows[0].answers["old"].probabilities is None
    assert accuracy(found, "old").value == pytest.approx(13 / 20)


def test_repeats():
    several = [
        {"id": f"q{n}", "repeat": k, "answer": EXPECTED[n] if k else OLD[n], "expected": EXPECTED[n]}
        for n in range(20) for k in range(2)
    ]  # fmt: skip
    found = compared(("old", rows(OLD, EXPECTED)), ("new", several))
    assert accuracy(found, "new").value == pytest.approx((13 / 20 + 1) / 2)
    assert found.flips == []  # means over repeats are neither right nor wrong


def test_slices_of_columns_and_of_lengths():
    given = (
        (
            "old",
            rows(
                OLD, EXPECTED, lang=["zh", "en"] * 10, question=[f"{'x' * n}?" for n in range(20)]
            ),
        ),
        ("new", rows(NEW, EXPECTED)),
    )
    found = compared(*given, slices=["lang", "length", "language"])
    slices = {d.slice for d in found.run.differences}
    assert slices == {"all", "lang=zh", "lang=en", "length=short", "length=medium", "length=long",
                      "language=latin", "language=other"}  # fmt: skip
    with pytest.raises(
        UsageError, match="no row has a field `lnag` to slice by; did you mean `lang`"
    ):
        compared(*given, slices=["lnag"])


def test_facts_need_no_expected_answer():
    found = compared(("old", rows(OLD)), ("new", rows(NEW)), primary="length_chars")
    assert found.run.primary == "length_chars"
    assert "token_f1" not in {m.metric for m in found.run.measures}


def test_labels_in_sentences_are_found_for_all_models():
    def told(answers):
        return [f"The answer is {text}." for text in answers]

    found = compared(("old", rows(told(OLD), EXPECTED)), ("new", rows(NEW, EXPECTED)))
    assert accuracy(found, "old").value == pytest.approx(13 / 20)
    assert accuracy(found, "new").value == pytest.approx(17 / 20)
    assert "old (20 / 20)" in found.run.notes[0][0]
    whole = compared(
        ("old", rows(told(OLD), EXPECTED)), ("new", rows(NEW, EXPECTED)),
        scorers={"label": {"find": "whole"}},
    )  # fmt: skip
    assert accuracy(whole, "old").value == 0.0
    # Most of them are labels: nothing is looked for.
    few = [*told(OLD[:5]), *OLD[5:]]
    plain = compared(("old", rows(few, EXPECTED)), ("new", rows(NEW, EXPECTED)))
    assert accuracy(plain, "old").value < 13 / 20


def test_a_scorer_that_asks_is_refused():
    grader = {"type": "score_model", "name": "g", "model": "gpt-5.5", "range": [0, 1],
              "input": [{"role": "user", "content": "Rate {{sample.output_text}}"}]}  # fmt: skip
    with pytest.raises(UsageError, match="asks a model, and a comparison asks none"):
        compared(
            ("old", rows(OLD, EXPECTED)), ("new", rows(NEW, EXPECTED)),
            scorers={"tidy": {"grader": grader}},
        )  # fmt: skip


def test_wrong_input_is_one_line(tmp_path):
    good = rows(OLD, EXPECTED)
    with pytest.raises(UsageError, match="nothing says what should have been answered"):
        compared(("old", rows(OLD)), ("new", rows(NEW)))
    with pytest.raises(UsageError, match="only one set of answers"):
        compared(("old", good))
    with pytest.raises(UsageError, match="no metric named `acuracy`; did you mean `accuracy`"):
        compared(("old", good), ("new", good), metrics=["acuracy"])
    with pytest.raises(UsageError, match="no model is called `neww` here; did you mean `new`"):
        compared(("old", good), ("new", good), base="neww")
    with pytest.raises(UsageError, match="both say what should have been answered"):
        compared(("old", good), ("new", good), data=tmp_path / "x", expected=tmp_path / "x")
    with pytest.raises(UsageError, match="is no pair"):
        compared(("old", good), ("new", good), pairs=["old, new"])
    with pytest.raises(InputError, match="no rows of answers"):
        compared(("old", good), ("new", []))
    with pytest.raises(UsageError, match="cannot be read from int"):
        compared(("old", good), ("new", 3))
    for name, raw in {"empty.csv": b"", "head.csv": b"id,answer\n", "b.csv": bytes(256)}.items():
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(InputError) as caught:
            compared(("old", good), tmp_path / name)
        assert "\n" not in caught.value.message


def test_identical_models():
    run = compared(("old", rows(OLD, EXPECTED)), ("new", rows(OLD, EXPECTED))).run
    (found,) = [d for d in run.differences if (d.metric, d.slice) == ("accuracy", "all")]
    assert (found.interval.value, found.interval.p, found.verdict) == (0.0, 1.0, "undecided")
    assert found.interval.low < 0 < found.interval.high
    assert run.decision == "not_proven"


def test_one_row_and_empty_answers_are_calm():
    one = [{"id": "a", "answer": "", "expected": "a long enough answer"}]
    found = compared(("old", one), ("new", [{**one[0], "answer": "a long enough answer"}]))
    assert found.run.task == "qa"
    assert found.run.decision == "not_proven"
