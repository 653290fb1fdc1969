# SPDX-License-Identifier: Apache-2.0
"""Pages about data and the list of runs in a real browser: search, no script, nothing runs."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import evalkit
from evalkit.evaluation.stored import save_run
from evalkit.lint.engine import check
from evalkit.lint.settings import Settings
from evalkit.report.estimate_page import estimate_page
from evalkit.report.index_page import index_page
from evalkit.report.index_runs import listed_runs
from evalkit.report.lint_page import lint_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def pages(tmp_path_factory, samples, payloads):
    """Gives the pages by name; each is made once."""
    folder = tmp_path_factory.mktemp("pages")

    def rows():
        for i in range(40):
            turns = [("user", f"Where is parcel {i}?"), ("assistant", f"At {i}.")]
            yield turns[:1] if i % 3 == 0 else turns
        yield [("user", " "), ("assistant", "一" * 400)]

    @cache
    def made(name):
        if name == "index":
            for number, one in enumerate(("classification", "worse", "hostile", "qa", "single")):
                run = replace(getattr(samples, one)(), started=f"2026-11-0{number + 1}T10:00:00Z")
                save_run(run, folder / "reports" / f"{one} & co" / "t")
            return index_page(*listed_runs(folder / "reports"), at=folder / "reports")
        turns = [[(p, p)] for p in payloads] + [[("user", p)] for p in payloads]
        lines = [
            json.dumps({"messages": [{"role": r, "content": c} for r, c in one]})
            for one in (turns if name == "hostile" else rows())
        ]
        path = folder / f"{name}.jsonl"
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        if name in ("lint", "hostile"):
            targets = () if name == "hostile" else ("all",)
            return lint_page(check((str(path),), Settings(targets=targets)), max_per_rule=0)
        asked = {"target": "all"} if name == "compared" else {"model": "gpt-4.1-mini"}
        return estimate_page(evalkit.estimate(path, today="2026-11-20", lint=False, **asked))

    return made


NAMES = ("lint", "hostile", "estimate", "compared", "index")


_SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("estimate", "compared")]


@pytest.mark.parametrize("name", ["lint", "hostile", "index", *_SLOW])
def test_nothing_runs_and_nothing_is_wider_than_a_small_screen(opened, pages, name):
    look = {"color_scheme": "dark", "viewport": {"width": 360, "height": 900}}
    with opened(pages(name), "#lang=zh", **look) as page:
        page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert page.evaluate("window.ran") is None
        assert page.locator("img, iframe, object, embed, form").count() == 0
        assert re.search("[\u4e00-\u9fff]", page.locator("h1").inner_text())


def test_payloads_show_as_they_were_written(opened, pages, payloads):
    with opened(pages("hostile")) as page:
        page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        shown = page.locator("#findings").inner_text()
        plain = [p for p in payloads if re.fullmatch(r"[ -!#-\[\]-~]{8,60}", p)]
        assert len(plain) > 40
        missing = [p for p in plain if re.sub(r"\s+", " ", p).strip() not in shown]
        assert missing == []


@pytest.mark.parametrize(
    ("name", "words", "some"),
    [("lint", "MISSING parcel 12", 1), ("compared", "qwen", 3), ("index", "qa tuned", 1)],
)
def test_search_finds_and_counts(opened, pages, until, name, words, some):
    with opened(pages(name)) as page:
        every = page.locator("[data-find]").count()
        page.keyboard.press("/")
        page.keyboard.type(words)
        until(page, f"document.getElementById('find-n').textContent !== '{every}'")
        shown = page.locator("[data-find]:visible").count()
        assert some <= shown < every
        assert page.locator("#find-n").inner_text() == str(shown)
        page.fill("#find", "no such text anywhere")
        until(page, "document.getElementById('find-n').textContent === '0'")
        assert page.locator("[data-find]:visible, [data-group]:visible").count() == 0
        page.fill("#find", "")
        until(page, f"document.getElementById('find-n').textContent === '{every}'")


def test_choices_narrow_it_down_and_groups_with_nothing_go(opened, pages):
    with opened(pages("lint")) as page:
        every = page.locator("[data-group]").count()
        page.select_option("select[data-key=rule]", "missing-assistant-message")
        assert page.locator("[data-group]:visible").count() == 1 < every
        assert page.locator("#find-n").inner_text() == "14"
        page.select_option("select[data-key=severity]", "info")
        assert page.locator("#find-n").inner_text() == "0"


@pytest.mark.parametrize("name", ["lint", "index"])
def test_without_script_all_of_it_shows(opened, pages, name):
    with opened(pages(name), script=False) as page:
        page.locator("label[for=lang-zh]").click()
        assert re.search("[\u4e00-\u9fff]", page.locator("h1").inner_text())
        assert page.locator(".tools:visible").count() == 0
        assert page.locator("[data-find][hidden]").count() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_a_run_is_one_click_away(browser, samples, tmp_path):
    folder = tmp_path / "qa <b> #1?" / "t"
    save_run(samples.qa(), folder)
    (folder / "index.html").write_text("<title>there</title>", "utf-8")
    list_ = tmp_path / "index.html"
    list_.write_text(index_page(*listed_runs(tmp_path), at=tmp_path), "utf-8")
    page = browser.new_page()
    page.goto(list_.as_uri())
    page.locator("tbody a").click()
    assert page.title() == "there"
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(opened, pages, theme, name):
    source = os.environ.get("EVALKIT_AXE_JS")
    if not source:
        pytest.skip("EVALKIT_AXE_JS does not name an axe.min.js (npm package axe-core)")
    with opened(pages(name), color_scheme=theme, bypass_csp=True) as page:
        page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        page.evaluate(Path(source).read_text(encoding="utf-8"))
        found = page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})"
        )
        told = [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in found["violations"]]
        assert told == []
