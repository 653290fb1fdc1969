# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from evalkit.evaluation.judging.verdicts import Point, Verdict
from evalkit.page.island import as_json
from evalkit.report.outcomes import outcomes
from evalkit.report.rows_data import kept_rows, rows_data, slice_fields


def test_columns_are_as_long_as_the_rows(samples):
    run = samples.classification()
    data = rows_data(run)
    n = len(run.rows)
    for name in ("id", "source", "line", "messages", "expected", "outcome", "n"):
        assert len(data["rows"][name]) == n
    assert [len(c) for c in data["rows"]["slices"]] == [n, n]
    for column in data["rows"]["answers"]:
        assert len(column["text"]) == len(column["score"]) == n
    assert data["models"][0] == {"name": "base", "part": "base"}
    assert data["rows"]["n"][:2] == [1, 2]


def test_what_is_the_rule_is_not_repeated(samples):
    column = rows_data(samples.classification())["rows"]["answers"][1]
    assert column["finish"] == column["error"] == column["read"] == {}
    column = rows_data(samples.failing())["rows"]["answers"][1]
    assert column["error"]["0"].startswith("429")
    assert column["score"][0] is None


def test_every_row_is_kept_up_to_the_limit_and_every_difference_above_it(samples):
    run = samples.classification()
    assert list(kept_rows(run)) == list(range(156))
    kept = kept_rows(run, 120)
    named = outcomes(run)
    assert len(kept) == 120
    assert list(kept) == sorted(set(kept))
    assert {i for i, what in enumerate(named) if what in ("fixed", "broken")} <= set(kept)
    pair = replace(
        run,
        rows=tuple(
            replace(r, answers={n: r.answers[n] for n in ("base", "tuned")}) for r in run.rows
        ),
    )
    few = kept_rows(pair, 10)
    assert [i for i, what in enumerate(named) if what in ("fixed", "broken", "unscored")] == few
    assert rows_data(run, 120)["rows"]["n"] == [i + 1 for i in kept]


def test_slices_keep_their_order(samples):
    assert list(slice_fields(samples.classification())["lang"]) == ["en", "zh"]


def test_hostile_rows_become_harmless_json(samples):
    text = as_json(rows_data(samples.hostile()))
    text.encode("utf-8")
    assert "<" not in text


def test_a_row_on_which_any_two_models_differ_is_kept(samples):
    run = samples.classification()
    kept = set(kept_rows(run, 10))
    differ = {i for i, r in enumerate(run.rows) if len({a.score for a in r.answers.values()}) > 1}
    assert kept == differ  # not only those where base and candidate do


def test_calls_verdicts_and_points_are_kept_by_row(samples):
    run = samples.qa(3)
    first = run.rows[0]
    calls = (("f", '{"x": 1}'),)
    said = Verdict(id=first.id, first="win", second="tie", outcome=0.75, why="<b>", repeat=1)
    point = Point(id=first.id, said="unreadable", why="y")
    answers = {**first.answers, "base": replace(first.answers["base"], text="", calls=calls)}
    row = replace(
        first, calls=calls, answers=answers, verdicts=(("a vs b", said),), points=(("a", point),)
    )
    data = rows_data(replace(run, rows=(row, *run.rows[1:])))
    assert data["rows"]["calls"] == {"0": calls}
    assert data["rows"]["answers"][0]["calls"] == {"0": calls}
    assert data["rows"]["verdicts"] == {"0": [["a vs b", 0.75, "win", "tie", "<b>", 1]]}
    assert data["rows"]["points"] == {"0": [["a", None, "y", 0]]}
    plain = rows_data(run)
    assert not {"calls", "verdicts", "points"} & plain["rows"].keys()
    assert "whys" not in plain


@pytest.mark.slow
def test_a_packed_page_has_the_same_bytes_in_any_process(samples):
    code = (
        "import hashlib, runpy; from evalkit.report.build import build_report\n"
        f"run = runpy.run_path({samples.__file__!r})['large'](4000)\n"
        "page = build_report(run).encode()\n"
        "assert b'data-encoding=\"gzip ' in page\n"
        "print(hashlib.sha256(page).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1
