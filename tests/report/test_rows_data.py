# SPDX-License-Identifier: Apache-2.0
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
    kept = kept_rows(run, 80)
    named = outcomes(run)
    assert len(kept) == 80
    assert list(kept) == sorted(set(kept))
    assert {i for i, what in enumerate(named) if what in ("fixed", "broken")} <= set(kept)
    few = kept_rows(run, 10)
    assert [i for i, what in enumerate(named) if what in ("fixed", "broken", "unscored")] == few
    assert rows_data(run, 80)["rows"]["n"] == [i + 1 for i in kept]


def test_slices_keep_their_order(samples):
    assert list(slice_fields(samples.classification())["lang"]) == ["en", "zh"]


def test_hostile_rows_become_harmless_json(samples):
    text = as_json(rows_data(samples.hostile()))
    text.encode("utf-8")
    assert "<" not in text
