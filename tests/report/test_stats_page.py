# SPDX-License-Identifier: Apache-2.0
"""The page about data sets: what is on it, in both languages, and that nothing in it is markup."""

from __future__ import annotations

import json
import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evalkit.data.read import open_data
from evalkit.estimation.profile import Profiler
from evalkit.estimation.profile_overlap import overlaps
from evalkit.page.phrase import say
from evalkit.report.data_page import Part, data_page
from evalkit.report.stats_page import stats_page

NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}</title>\u202e\x1b"


@pytest.fixture
def page_of(tmp_path):
    """The page of sets, each a list of rows."""

    def made(*sets, language="en", encoding="o200k_base"):
        profilers, profiles = {}, []
        for number, rows in enumerate(sets, 1):
            path = tmp_path / f"set-{number}.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            data = open_data(path, name=path.name)
            one = profilers[path.name] = Profiler(encoding=encoding)
            one.take(data)
            profiles.append(one.result(data))
        common = overlaps(
            {name: one.rows for name, one in profilers.items()},
            {name: one.questions for name, one in profilers.items()},
        )
        return stats_page(profiles, common, language=language)

    return made


def chat(question, answer, system=None, **more):
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    return {"messages": messages, **more}


def labelled():
    texts = ["Where is my parcel?", "怎么退款？", "I want my money back, and soon, please"]
    return [
        chat(f"{texts[i % 3]} {i}", ["parcel", "refund", "refund"][i % 3], "Sort it.", topic="t")
        for i in range(30)
    ]


def pairs():
    return [{"prompt": f"q{i}", "chosen": "a" * (i + 5), "rejected": "b" * 6} for i in range(12)]


def calls():
    call = {"id": "1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    tool = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}
    image = {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}
    return [
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": f"who {i}?"}, image]},
                {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "1", "content": "it"},
                {"role": "assistant", "content": f"<think>{i}</think>me", "weight": i % 2},
            ],
            "tools": [tool],
        }
        for i in range(6)
    ]


def nasty():
    return [chat(NASTY, NASTY, NASTY, **{NASTY: NASTY}) for _ in range(6)]


class Reading(HTMLParser):
    """The ids, links and tags of a page, and its text."""

    def __init__(self):
        super().__init__()
        self.ids, self.links, self.tags, self.texts = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        assert not any(name.startswith("on") or name == "style" for name in found)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append(found["href"])

    def handle_data(self, data):
        self.texts.append(data)


def read(html):
    reading = Reading()
    reading.feed(html)
    return reading


def test_a_set_of_labels(page_of):
    html = page_of(labelled())
    text = re.sub(r"\s+", " ", " ".join(read(html).texts))
    for said in ("set-1.jsonl", "refund", "66.7%", "Sort it.", "o200k_base", "Chinese", "中文"):
        assert said in text
    assert "usable rows" in text
    assert "行可用" in text
    assert "The answers are 2 labels; the most frequent one in 20 rows, the rarest in 10." in text


def test_it_opens_in_the_language_asked_for(page_of):
    assert '<html lang="en"' in page_of(labelled())
    html = page_of(labelled(), language="zh")
    assert '<html lang="zh-CN"' in html
    assert "<title>set-1.jsonl · 数据概况</title>" in html


@pytest.mark.parametrize("sets", [[labelled()], [pairs()], [calls()], [labelled(), pairs()]])
def test_ids_are_different_and_links_lead_somewhere(page_of, sets):
    reading = read(page_of(*sets))
    assert len(reading.ids) == len(set(reading.ids))
    assert {link[1:] for link in reading.links} <= set(reading.ids)
    assert reading.tags.count("h1") == 1


def test_the_same_rows_give_the_same_bytes(page_of):
    assert page_of(labelled(), pairs()) == page_of(labelled(), pairs())


def test_text_from_data_is_never_markup(page_of):
    html = page_of(nasty(), nasty())
    reading = read(html)
    assert reading.tags.count("script") == 1
    assert "img" not in reading.tags
    assert "49" not in re.findall(r"{{.*?}}|\b49\b", html)
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_parts_apply_only_where_there_is_something(page_of):
    plain, paired, called = (page_of(rows) for rows in (labelled(), pairs(), calls()))
    assert 'id="pairs"' not in plain
    assert 'id="tools"' not in plain
    assert 'id="pairs"' in paired
    assert "image_url" in called
    assert 'id="tools"' in called
    assert "Characters of reasoning" in called


def test_without_tokens_lengths_are_in_characters(page_of):
    html = page_of(labelled(), encoding=None)
    assert "Characters of an example" in html
    assert "o200k_base" not in html


def test_files_are_compared_first(page_of):
    html = page_of(labelled(), [*labelled()[:2], chat("x", "y")])
    text = re.sub(r"\s+", " ", " ".join(read(html).texts))
    assert "2 data sets side by side" in text
    assert "2 rows of set-2.jsonl ask what a row of set-1.jsonl asks" in text
    assert html.index('id="overview"') < html.index('id="file-1"') < html.index('id="file-2"')


def test_the_frame_takes_parts_of_any_kind():
    from markupsafe import Markup

    html = data_page(
        say("Lint of {f}", "{f} 的检查", f="<x>"),
        [
            Part("first", say("One", "一"), Markup("<p>body</p>"), headed=False),
            Part(
                "second",
                say("Two", "二"),
                Markup("<p>more</p>"),
                parts=(Part("third", say("Three", "三"), Markup("<p>end</p>")),),
            ),
        ],
        language="zh",
    )
    assert "<title>&lt;x&gt; 的检查</title>" in html
    assert re.search(r'<section id="first"><p>body</p></section>', html)
    assert '<h2 id="second-title">' in html
    assert '<div id="third"><h3>' in html
    assert 'href="#third"' not in html


# In a real browser


@pytest.fixture(scope="module")
def browser():
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        message = "no Chromium found: apt-get install chromium"
        if os.environ.get("EVALKIT_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a page; at the end no request, console message, error or dialog may have been seen."""
    contexts = []
    seen = []

    def open_(html, fragment="", *, script=True, **options):
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(java_script_enabled=script, **options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda r: r.url.split("#")[0] == path.as_uri() or seen.append(f"request {r.url}"),
        )
        page.on("console", lambda m: seen.append(f"console {m.text}"))
        page.on("pageerror", lambda e: seen.append(f"error {e}"))
        page.on("dialog", lambda d: (seen.append(f"dialog {d.message}"), d.dismiss()))
        page.goto(f"{path.as_uri()}{fragment}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert seen == []


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_nothing_is_wider_than_the_screen(opened, page_of, theme, width):
    for sets in ([labelled()], [pairs()], [calls()], [nasty()], [labelled(), pairs()]):
        for language in ("en", "zh"):
            page = opened(
                page_of(*sets),
                f"#lang={language}",
                color_scheme=theme,
                viewport={"width": width, "height": 900},
            )
            assert page.evaluate("document.documentElement.dataset.ready") == ""
            page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
            assert page.evaluate("document.documentElement.scrollWidth") == width
            title = page.locator("h1").inner_text()
            assert bool(re.search("[\u4e00-\u9fff]", title)) == (language == "zh")


@pytest.mark.browser
def test_the_switches_work_and_plain_links_keep_them(opened, page_of):
    page = opened(page_of(labelled()), color_scheme="light")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    before = page.evaluate(background)
    page.locator("label[for=lang-zh]").click()
    page.locator("label[for=flip]").click()
    assert page.evaluate(background) != before
    assert "usable" not in page.locator("main").inner_text()
    charts = page.eval_on_selector_all(".hist", "all => all.map(c => c.getAttribute('aria-label'))")
    assert all(re.search("[\u4e00-\u9fff]", label) for label in charts)
    page.locator("nav a[href='#answers']").click()
    page.wait_for_timeout(50)
    assert "#answers" in page.url
    assert "lang=zh" in page.url
    assert "theme=dark" in page.url


@pytest.mark.browser
def test_without_script_everything_is_there(opened, page_of):
    page = opened(page_of(labelled(), pairs()), script=False)
    assert "2 data sets side by side" in page.locator("h1").inner_text()
    page.locator("label[for=lang-zh]").click()
    assert "对比" in page.locator("h1").inner_text()
    assert page.locator(".hist rect").count() > 10


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sets", ["labelled", "pairs", "calls", "nasty", "two"])
def test_axe_finds_nothing(opened, page_of, theme, sets):
    source = os.environ.get("EVALKIT_AXE_JS")
    if not source:
        pytest.skip("EVALKIT_AXE_JS does not name an axe.min.js (npm package axe-core)")
    rows = [labelled(), pairs()] if sets == "two" else [globals()[sets]()]
    page = opened(page_of(*rows), color_scheme=theme, bypass_csp=True)
    page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
    page.evaluate(Path(source).read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    told = [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in found["violations"]]
    assert told == []
    assert len(found["passes"]) > 20
