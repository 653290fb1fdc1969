# SPDX-License-Identifier: Apache-2.0
"""The page of a lint: counts, findings with what stands in the data, who takes the files."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from evalkit.lint.engine import check
from evalkit.lint.result import Result
from evalkit.lint.settings import Settings
from evalkit.report.lint_page import lint_page

KEY = "sk-proj-abcdefghijklmnopqrst1234567890ABCDEFGHIJ"
NASTY = "</script><img src=x onerror=alert(1)>{{7*7}}\u202e\x1b"


class Reading(HTMLParser):
    """The ids, links and tags of a page, and its text."""

    def __init__(self):
        super().__init__()
        self.ids, self.links, self.tags, self.texts, self.finds = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        assert not any(name.startswith("on") or name == "style" for name in found)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append(found["href"])
        if "data-find" in found:
            self.finds.append(found)

    def handle_data(self, data):
        self.texts.append(data)


def read(html):
    reading = Reading()
    reading.feed(html)
    reading.text = re.sub(r"\s+", " ", " ".join(reading.texts))
    return reading


def chat(*turns):
    return json.dumps({"messages": [{"role": role, "content": text} for role, text in turns]})


def faulty(n=60):
    rows = []
    for i in range(n):
        turns = [("user", f"Where is parcel {i}?"), ("assistant", f"At {i}.")]
        if i % 2:
            turns = turns[:1]
        if i % 20 == 0:
            turns[0] = ("user", f"My key is {KEY}")
        rows.append(chat(*turns))
    rows[7] = '{"messages": [broken'
    return rows


@pytest.fixture
def linted(tmp_path, monkeypatch):
    """Lints files of lines: `linted({"x.jsonl": [...]}, targets=("openai",))`."""
    monkeypatch.chdir(tmp_path)

    def made(files, **settings):
        for name, rows in files.items():
            (tmp_path / name).write_text("".join(f"{row}\n" for row in rows), "utf-8")
        return check(tuple(files), Settings(**settings))

    return made


def test_it_counts_what_the_lint_counts(linted):
    result = linted({"a.jsonl": faulty(), "b.jsonl": faulty(9)})
    summary = result.summary()
    reading = read(lint_page(result))
    assert f"{summary['errors']} errors" in reading.text
    assert "in" not in reading.text[:0]
    assert "2 files, 69 examples" in reading.text
    for name, number in summary["by_rule"].items():
        assert re.search(rf"{name} \w+ · {number} ", reading.text), name


def test_findings_stand_with_their_data_and_places(linted):
    reading = read(lint_page(linted({"a.jsonl": faulty()})))
    assert "a.jsonl :2" in reading.text
    assert "no message has the role `assistant` (only user)" in reading.text
    assert '"Where is parcel 1?"' in reading.text
    assert "/messages/0/content" in reading.text


def test_it_opens_in_the_language_asked_for_and_holds_both(linted):
    result = linted({"a.jsonl": faulty()}, language="zh")
    html = lint_page(result, language="zh")
    assert '<html lang="zh-CN"' in html
    assert "没有 role 为 assistant 的消息（只有：user）" in html
    assert "By rule" in html
    assert "按规则" in html


def test_secrets_are_masked(linted):
    html = lint_page(linted({"a.jsonl": faulty()}))
    assert "sk-p…" in html
    assert "abcdefghijklmnopqrst" not in html


@pytest.mark.parametrize("kept", [None, 30])
def test_what_is_not_listed_is_counted_and_said(linted, kept):
    result = linted({"a.jsonl": faulty(200)}, keep=kept)
    reading = read(lint_page(result, max_per_rule=5))
    number = result.summary()["by_rule"]["missing-assistant-message"]
    shown = [one for one in reading.finds if one["data-rule"] == "missing-assistant-message"]
    assert len(shown) == 5
    assert f"and {number - 5} more in a.jsonl" in reading.text
    assert "are counted above and not listed here" in reading.text


def test_a_page_has_no_more_than_it_can_hold_and_the_gravest_come_first(linted, monkeypatch):
    monkeypatch.setattr("evalkit.report.lint_findings._MOST", 8)
    rows = [*faulty(), *[chat(("user", "a"), ("assistant", "b"))] * 20]
    reading = read(lint_page(linted({"a.jsonl": rows}), max_per_rule=0))
    assert len(reading.finds) == 8
    assert {one["data-severity"] for one in reading.finds} == {"error"}
    assert "exact-duplicate" in reading.text


def test_places_are_a_chart_over_the_lines(linted):
    html = lint_page(linted({"a.jsonl": faulty()}))
    assert 'class="hist"' in html
    assert "Where the" in read(html).text


def test_who_takes_it(linted):
    result = linted({"a.jsonl": faulty()}, targets=("all",))
    assert result.verdicts
    reading = read(lint_page(result))
    assert f"0 of {len(result.verdicts)} targets would take it" in reading.text
    assert "What stops it" in reading.text
    assert "Together AI" in reading.text


def test_a_target_that_takes_one_file_of_two_does_not_take_it_all(linted):
    rows = [chat(("user", f"Question {i}?"), ("assistant", f"Answer {i}.")) for i in range(30)]
    alone = linted({"good.jsonl": rows}, targets=("all",))
    assert any(one.takes and one.layout for one in alone.verdicts)
    both = linted({"good.jsonl": rows, "bad.jsonl": faulty()}, targets=("all",))
    reading = read(lint_page(both))
    assert re.search(r"0 of \d+ targets would take all of it", reading.text)


def test_a_clean_set_says_so(linted):
    rows = [chat(("user", f"Question {i}?"), ("assistant", f"Answer {i}.")) for i in range(30)]
    reading = read(lint_page(linted({"a.jsonl": rows})))
    assert "Nothing found" in reading.text
    assert 'id="find"' not in lint_page(linted({"a.jsonl": rows}))


def test_what_could_not_be_read_is_told():
    html = lint_page(Result(unreadable=(f"{NASTY}: no such file",), partial="the first 5 rows"))
    reading = read(html)
    assert "Could not be read" in reading.text
    assert "Not all of it was looked at: the first 5 rows" in reading.text
    assert "img" not in reading.tags


def test_ids_are_different_links_lead_somewhere_and_bytes_are_the_same(linted):
    files = {"a.jsonl": faulty(), "b.jsonl": faulty(9)}
    html = lint_page(linted(files, targets=("all",)))
    reading = read(html)
    assert len(reading.ids) == len(set(reading.ids))
    assert {link[1:] for link in reading.links} <= set(reading.ids)
    assert reading.tags.count("h1") == 1
    assert lint_page(linted(files, targets=("all",))) == html


def test_no_text_of_the_data_is_markup(linted, payloads):
    rows = [chat((payload, payload)) for payload in payloads]
    rows += [chat(("user", payload)) for payload in payloads] + [*payloads]
    result = linted({"a.jsonl": [row.replace("\n", " ") for row in map(_encodable, rows)]})
    evil = [replace(one, message=NASTY, pointer=NASTY, cell=NASTY) for one in result.findings[:40]]
    html = lint_page(replace(result, findings=(*evil, *result.findings[40:])), max_per_rule=0)
    reading = read(html)
    assert reading.tags.count("script") == 2
    assert not {"img", "svg/onload", "iframe", "object", "base", "link"} & set(reading.tags)
    assert "\u202e" not in html
    assert "\x1b" not in html
    assert len(reading.finds) > 400


def _encodable(text):
    return text.encode("utf-8", "replace").decode()
