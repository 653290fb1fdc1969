# SPDX-License-Identifier: Apache-2.0
"""The table of all rows in a real browser: what filters find, details show and files hold."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from itertools import pairwise
from math import isnan, nan

import pytest

from evalkit.evaluation.judging.verdicts import IDENTICAL, Point, Verdict
from evalkit.evaluation.result import RepeatedAnswer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WANTED = (("refund", '{"order": 7, "amount": {"value": 12.5, "unit": "EUR"}}'), ("notify", "{}"))
GIVEN = (("refund", '{"amount": {"unit": "eur", "value": 12}, "fast": true}'), ("look_up", '{"q'))


def shown(page) -> list[str]:
    return page.eval_on_selector_all("#table tr.row", "rows => rows.map(r => r.id.slice(4))")


def called(calls) -> str:
    return "\n".join(f"{name}({given})" for name, given in calls)


@pytest.fixture
def tools(samples):
    """Every row expects two calls; tuned makes them, base does not."""
    run = samples.qa(12)
    rows = [
        replace(
            row,
            expected=called(WANTED),
            calls=WANTED,
            answers={
                "base": replace(row.answers["base"], text="", finish="tool_calls", calls=GIVEN),
                "tuned": replace(row.answers["tuned"], text="", finish="tool_calls", calls=WANTED),
            },
        )
        for row in run.rows
    ]
    return replace(run, rows=tuple(rows))


@pytest.fixture
def judged(samples):
    """A judge gave verdicts on pairs and points on answers; the first row was asked three times."""
    run = samples.qa(6)
    rows = []
    for i, row in enumerate(run.rows):
        first = Verdict(
            id=row.id, first="win", second="win", outcome=1.0, why=f"clearer {i} 更清楚"
        )
        other = Verdict(id=row.id, first="win", second="loss", outcome=0.5, why=IDENTICAL, repeat=1)
        unread = Verdict(id=row.id, first="unreadable", second="unasked", why="no verdict in it")
        points = (
            ("tuned", Point(id=row.id, score=7.0, said="read", why="polite")),
            ("base", Point(id=row.id, score=nan, said="unreadable", why="said nothing")),
        )
        verdicts = tuple(("tuned vs base", v) for v in (first, other, unread))
        rows.append(replace(row, verdicts=verdicts, points=points))
    repeats = tuple(
        RepeatedAnswer(text=f"try {k}", finish="stop", score=float(k != 1)) for k in range(3)
    )
    tuned = replace(rows[0].answers["tuned"], repeats=repeats)
    rows[0] = replace(rows[0], answers={**rows[0].answers, "tuned": tuned})
    return replace(run, rows=tuple(rows))


@pytest.fixture
def six(samples):
    """Six models in columns."""
    run = samples.classification(60)
    more = {"fourth": "base", "fifth": "tfidf", "sixth": "tuned"}
    cards = [replace(run.models[0], name=name) for name in more]
    rows = [
        replace(r, answers=r.answers | {name: r.answers[as_] for name, as_ in more.items()})
        for r in run.rows
    ]
    return replace(run, models=(*run.models, *cards), rows=tuple(rows))


def test_tool_calls_are_compared_by_name_and_argument(opened, tools):
    with opened(tools) as page:
        assert page.locator("tr.row td").nth(4).inner_text().startswith("refund(")
        page.locator("#table .open").first.click()
        columns = page.locator("tr.detail .said").first.locator("> div")
        base, tuned = columns.nth(1), columns.nth(2)
        lines = base.inner_text().replace("\n\n", "\n").split("\n")
        assert lines[:2] == ["base", "refund"]
        text = " ".join(lines)
        for words in (
            "order missing expected 7", "amount.value 12 expected 12.5", "amount.unit eur",
            "fast true not expected", "notify not called", 'look_up not expected {"q',
        ):  # fmt: skip
            assert words in text
        assert base.locator("dt.off").all_inner_texts() == ["order", "amount.value", "fast"]
        assert tuned.locator(".off").count() == 0
        assert "amount.value\n12.5" in tuned.inner_text().replace("\n\n", "\n")


def test_what_a_judge_said_stands_with_its_reasons_and_the_orders(opened, judged):
    with opened(judged, f"#row-{judged.rows[0].id}") as page:
        said = page.locator("tr.detail .said").nth(1).locator("> div")
        texts = [t.replace("\n\n", "\n").split("\n") for t in said.all_inner_texts()]
        assert texts[0][:3] == ["tuned vs base", "better", "clearer 0 更清楚"]
        assert texts[0][3] == "shown first: better · shown second: better"
        assert texts[1][:2] == ["tuned vs base (2)", "a tie"]
        assert texts[1][3] == "shown first: better · shown second: worse"
        assert texts[2] == [
            "tuned vs base", "no verdict", "no verdict in it", "shown first: no verdict read",
        ]  # fmt: skip
        assert texts[3][:3] == ["tuned", "7", "polite"]
        assert texts[4][:2] == ["base", "no verdict"]
        page.locator("label[for=lang-zh]").click()
        assert "回答相同：算平局" in page.locator("tr.detail").inner_text()


def test_repeats_show_every_answer_and_its_score(opened, judged):
    with opened(judged, f"#row-{judged.rows[0].id}") as page:
        assert page.locator("tr.detail ol li").all_inner_texts() == ["try 0 · 1", "try 1 · 0", "try 2 · 1"]  # fmt: skip
        assert "2 of 3 right" in page.locator("tr.row").first.inner_text()


def test_six_models_are_columns_and_scroll_inside_the_table_only(opened, six):
    with opened(six, viewport={"width": 1280, "height": 900}) as page:
        heads = page.locator("#table thead th").all_inner_texts()
        assert heads == ["#", "Question", "Expected", "base", "tuned", "tfidf", "fourth", "fifth", "sixth", "Outcome"]  # fmt: skip
        assert page.locator("#table tbody tr").first.locator("td").count() == 10
        assert page.evaluate("document.documentElement.scrollWidth") == 1280
        widths = page.eval_on_selector_all("#table thead th", "all => all.map(e => e.offsetWidth)")
        assert min(widths[1:-1]) >= 120


def test_filters_by_model_and_given_label(opened, six):
    def ids(keep):
        return [r.id for r in six.rows if keep(r)]

    with opened(six, "#size=0") as page:
        page.locator("#m").select_option("1.wrong")
        assert shown(page) == ids(lambda r: r.answers["tuned"].score == 0)
        page.locator("#a").select_option(label="refund")
        assert shown(page) == ids(
            lambda r: r.answers["tuned"].score == 0 and r.answers["tuned"].read == "refund"
        )
        page.locator("#reset").click()
        page.locator("#m").select_option("2.least")
        assert shown(page) == []  # the fifth answers as tfidf does
        assert page.locator("#csv").is_disabled()
        groups = page.eval_on_selector_all("#m optgroup", "all => all.map(g => g.label)")
        assert groups == [m.name for m in six.models]


@pytest.mark.parametrize(
    "order", ["low.0", "high.1", "answer.0", "long", "worse", "better", "apart"]
)
def test_sorting_by_score_length_and_difference(opened, samples, order):
    run = samples.qa(30)

    def key(row):
        base, tuned = (row.answers[n] for n in ("base", "tuned"))
        change = tuned.score - base.score
        return {
            "low.0": base.score, "high.1": -tuned.score, "answer.0": -len(base.text),
            "long": -len(row.messages[-1][1]), "worse": change, "better": -change, "apart": -abs(change),
        }[order]  # fmt: skip

    with opened(run, f"#sort={order}&size=0") as page:
        rows = {r.id: r for r in run.rows}
        keys = [round(key(rows[i]), 3) for i in shown(page)]
        assert len(keys) == 30
        assert all(a <= b + 1e-3 for a, b in pairwise(keys))
        assert keys[0] < keys[-1]


def test_unscored_rows_come_last_in_both_directions(opened, samples):
    run = samples.failing()
    unscored = {r.id for r in run.rows if isnan(r.answers["tuned"].score)}
    for order in ("low.1", "high.1"):
        with opened(run, f"#sort={order}&size=0") as page:
            assert set(shown(page)[-len(unscored) :]) == unscored


def test_a_row_is_copied_as_json(opened, tools, judged):
    for run in (tools, judged):
        row = run.rows[0]
        with opened(run, permissions=["clipboard-read", "clipboard-write"]) as page:
            page.keyboard.press("n")
            page.keyboard.press("c")
            page.locator(".acts button", has_text="Copied").wait_for()
            found = json.loads(page.evaluate("navigator.clipboard.readText()"))
        assert found["id"] == row.id
        assert found["messages"] == [list(m) for m in row.messages]
        assert found["slices"] == dict(row.slices)
        assert found["answers"]["tuned"]["text"] == row.answers["tuned"].text
        assert found.get("calls") == ([list(c) for c in row.calls] or None)
        if row.verdicts:
            assert found["verdicts"][0][:2] == ["tuned vs base", 1]


def test_the_rows_found_are_a_spreadsheet_without_formulas(opened, samples, tmp_path):
    run = samples.qa(12)
    evil = (
        "=1+1",
        "+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        " \n=1",
        "\uff1d1",
        '"a","b"\r\n=1',
        "fine",
        "a=b",
        "-",
        "3",
    )
    rows = [
        replace(row, expected=text, messages=(("user", text),), source=text, id=f"{text}#{i}")
        for i, (row, text) in enumerate(zip(run.rows, evil, strict=True))
    ]  # fmt: skip
    with opened(replace(run, rows=tuple(rows)), accept_downloads=True) as page:
        with page.expect_download() as download:
            page.locator("#csv").click()
        assert download.value.suggested_filename == "rows.csv"
        download.value.save_as(tmp_path / "rows.csv")
        page.locator("#q").fill("fine")
        page.wait_for_timeout(250)
        with page.expect_download() as second:
            page.locator("#csv").click()
        second.value.save_as(tmp_path / "one.csv")
    raw = (tmp_path / "rows.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    head, *lines = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    assert head == [
        "row", "id", "source", "line", "lang", "question", "expected", "outcome",
        "base", "base score", "base error", "tuned", "tuned score", "tuned error",
    ]  # fmt: skip
    assert len(lines) == 12
    for line, text in zip(lines, evil, strict=True):
        for cell in (line[2], line[5], line[6]):
            assert cell in (text, f"'{text}")
            assert cell.lstrip()[:1] not in ("=", "+", "-", "@", "\uff1d")
    assert [line[5] for line in lines[8:10]] == ["fine", "a=b"]
    assert float(lines[0][9]) == pytest.approx(run.rows[0].answers["base"].score, abs=1e-3)
    assert lines[5][11] == run.rows[5].answers["tuned"].text  # Chinese stays itself
    assert len((tmp_path / "one.csv").read_text(encoding="utf-8-sig").splitlines()) == 2


def test_the_question_mark_shows_the_keys(opened, samples):
    with opened(samples.qa(12)) as page:
        page.keyboard.press("?")
        assert page.locator("#help").is_visible()
        assert "copy it as JSON" in page.locator("#help").inner_text()
        page.keyboard.press("n")  # no key acts behind it
        assert page.locator("tr.at").count() == 0
        page.keyboard.press("Escape")
        assert not page.locator("#help").is_visible()
        page.locator("#keys").click()
        page.locator("#close").click()
        assert not page.locator("#help").is_visible()


def test_a_hash_with_nonsense_is_harmless(opened, samples):
    run = samples.classification()
    nonsense = "#row-%E0%A4%A&o=<b>&s0=99&m=9.toString&sort=__proto__&p=-3&size=x&lang=fr&theme=%00"
    with opened(run, nonsense) as page:
        assert shown(page) == [r.id for r in run.rows[:25]]
    with opened(run, "#q=" + "%27%22%3Cscript%3E") as page:
        assert page.locator("#q").input_value() == "'\"<script>"
        assert shown(page) == []


def test_every_page_size_shows_what_it_says(opened, samples):
    run = samples.classification(260)
    with opened(run) as page:
        for size, n in (("25", 25), ("50", 50), ("200", 200), ("0", 260)):
            page.locator("#size").select_option(size)
            assert len(shown(page)) == n
        assert not page.locator(".pager").is_visible()
        assert "size=0" in page.url


@pytest.mark.slow
def test_a_page_that_holds_a_sample_says_so_and_keeps_every_difference(opened, samples):
    run = samples.large(20_400, size=60)
    with opened(run, "#size=0&o=broken") as page:
        broken = [r.id for r in run.rows if r.answers["base"].score > r.answers["tuned"].score]
        assert shown(page) == broken
        assert "This page holds 20,000 of 20,400 rows" in page.locator("#rows .intro").inner_text()
        page.set_default_timeout(240_000)  # a slow machine draws 20,000 lines
        page.locator("#reset").click()
        assert page.locator("#found").inner_text() == "20,000 rows"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("what", ["tools", "judged", "six"])
def test_axe_finds_nothing_in_details_and_help(opened, axe, request, theme, what):
    with opened(request.getfixturevalue(what), color_scheme=theme, bypass_csp=True) as page:
        page.locator("#table .open").first.click()
        assert axe(page) == []
        page.keyboard.press("?")
        assert axe(page) == []
