# SPDX-License-Identifier: Apache-2.0
"""The page of an estimate: what it costs and why, models side by side, where the tokens go."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

import evalkit
from evalkit.estimation.cost import spoken
from evalkit.estimation.text_facts import facts
from evalkit.estimation.text_table import total
from evalkit.report.estimate_page import estimate_page

TODAY = date(2026, 11, 20)


class Reading(HTMLParser):
    """The ids, links and tags of a page, and its text."""

    def __init__(self):
        super().__init__()
        self.ids, self.links, self.tags, self.texts, self.finds = [], [], [], [], 0

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        assert not any(name.startswith("on") or name == "style" for name in found)
        self.finds += "data-find" in found
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append(found["href"])

    def handle_data(self, data):
        self.texts.append(data)


def read(html):
    reading = Reading()
    reading.feed(html)
    reading.text = re.sub(r"\s+", " ", " ".join(reading.texts))
    return reading


@pytest.fixture
def estimated(tmp_path, monkeypatch):
    """The estimate of 30 rows of growing length, one of them far longer."""
    monkeypatch.chdir(tmp_path)

    def made(name="train.jsonl", role="user", **asked):
        rows = [
            {
                "messages": [
                    {"role": role, "content": "word " * (i + 1 if i else 3000)},
                    {"role": "assistant", "content": f"answer {i}"},
                ]
            }
            for i in range(30)
        ]
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return evalkit.estimate(name, today=TODAY, **asked)

    return made


def test_one_model_has_every_line_of_the_terminal(estimated):
    result = estimated(model="gpt-4.1-mini")
    reading = read(estimate_page(result))
    for fact in facts(result.outlooks[0], result):
        for phrase in (fact.label, fact.value, fact.basis):
            for language in ("en", "zh"):
                said = re.sub(r"\s+", " ", phrase.plain(language))
                assert said in reading.text, said


def test_the_sum_comes_first_and_the_end_of_the_model_is_told(estimated):
    reading = read(estimate_page(estimated(model="gpt-4.1-mini")))
    headline = reading.text[reading.text.index("30 examples") :][:400]
    assert "$" in headline
    assert "gpt-4.1-mini-2025-04-14 (openai)" in headline
    assert "2027-01-14" in reading.text
    assert "no job from 2027-01-06" in reading.text
    assert "still train and read this layout: azure," in reading.text


def test_lengths_and_where_the_tokens_go_are_charts_with_their_numbers(estimated):
    html = estimate_page(estimated(model="gpt-4.1-mini"))
    reading = read(html)
    assert html.count('class="hist"') >= 2
    for said in ("Where the tokens go", "roles and marks", "Far longer than the rest", ":1"):
        assert said in reading.text


def test_rows_that_are_cut_are_named(estimated):
    reading = read(estimate_page(estimated(model="together/Qwen3.5-9B", sequence_length=1024)))
    assert "Over the limit" in reading.text
    assert "train.jsonl:1" in reading.text


def test_all_targets_side_by_side(estimated):
    result = estimated(target="all", lint=False)
    html = estimate_page(result)
    reading = read(html)
    assert reading.finds == len(result) > 10
    assert "Cost by target" in reading.text
    for outlook in result:
        assert outlook.model.name.rpartition("/")[2] in reading.text
    assert html.count('<svg class="level"') > 3


def test_the_headline_is_the_sum_that_the_order_goes_by(estimated):
    result = estimated(target=["azure", "fireworks"], lint=False, hosting_days=30)
    page = read(estimate_page(result)).text
    (first, *_) = result
    assert first.model.target == "azure"  # whose hosting is known
    amount, _ = total(first)
    assert f"from {spoken(amount)} in all" in page
    assert float(amount) > 1_000 > float(first.cost.amount)


def test_a_long_table_is_capped_and_says_so(estimated, monkeypatch):
    monkeypatch.setattr("evalkit.report.estimate_targets._MODELS", 4)
    monkeypatch.setattr("evalkit.report.estimate_page._MODELS", 2)
    result = estimated(target="all", lint=False)
    reading = read(estimate_page(result))
    assert reading.finds == 4
    assert f"and {len(result) - 4} more models" in reading.text
    assert f"{len(result) - 2} more models stand in the table only" in reading.text


@pytest.mark.parametrize("asked", [{"model": "gpt-4.1-mini"}, {"target": "all", "lint": False}])
def test_ids_are_different_links_lead_somewhere_and_bytes_are_the_same(estimated, asked):
    html = estimate_page(estimated(**asked))
    reading = read(html)
    assert len(reading.ids) == len(set(reading.ids))
    assert {link[1:] for link in reading.links} <= set(reading.ids)
    assert reading.tags.count("h1") == 1
    assert estimate_page(estimated(**asked)) == html
    assert estimate_page(replace(estimated(**asked), language="zh"), language="en") == html


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_no_text_of_the_data_is_markup(estimated):
    name = "<img src=x onerror=alert(1)>\u202e{{7*7}}.jsonl"
    role = "</script><img src=x onerror=alert(2)>\x1b"
    for asked in ({"model": "gpt-4.1-mini"}, {"target": "all", "lint": False}):
        html = estimate_page(estimated(name, role, **asked))
        reading = read(html)
        assert "img" not in reading.tags
        assert reading.tags.count("script") == 1 + ("target" in asked)
        assert "\u202e" not in html
        assert "\x1b" not in html


def test_the_chart_of_costs_marks_what_is_not_sure(estimated):
    """As the table does: `~` and `≥` stand before the sum; a sum that is sure goes before one."""
    result = estimated(target="all", lint=False)
    html = estimate_page(result)
    chart = html[html.index('id="costs"') : html.index('id="models"')]
    assert "~$" in chart
    sure = [o for o in result if o.model.target == "together" and not o.doubts]
    assert sure
    assert "≥" not in chart
