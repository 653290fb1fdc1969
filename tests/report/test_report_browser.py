# SPDX-License-Identifier: Apache-2.0
"""The page in a real browser: opened from disk, with hostile rows, with and without script."""

from __future__ import annotations

import pytest

from evalkit.report.build import build_report

pytestmark = pytest.mark.browser

READY = "document.documentElement.dataset.ready === ''"


def shown_rows(page) -> list[str]:
    return page.eval_on_selector_all("#table tr.row", "rows => rows.map(r => r.id.slice(4))")


@pytest.mark.parametrize(
    "variant", ["classification", "worse", "undecided", "identical", "single", "failing", "qa"]
)
def test_every_kind_of_run_opens_from_disk_without_a_request_or_an_error(opened, samples, variant):
    run = getattr(samples, variant)()
    with opened(run) as page:
        assert page.locator("h1").inner_text().strip()
        assert len(shown_rows(page)) == min(25, len(run.rows))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_screen(opened, samples, tmp_path, theme, language, width):
    with opened(
        samples.classification(),
        f"#lang={language}",
        color_scheme=theme,
        viewport={"width": width, "height": 900},
    ) as page:
        picture = tmp_path / f"{language}-{theme}-{width}.png"
        page.screenshot(path=picture)
        assert picture.stat().st_size > 10_000
        assert page.evaluate("document.documentElement.scrollWidth") == width
        first = page.locator("h1").inner_text()
        assert ("可以上线" in first) == (language == "zh")
        assert ("SHIP" in first) == (language == "en")


@pytest.mark.slow
def test_the_language_switch_changes_everything_and_stays_in_the_hash(opened, samples, until):
    with opened(samples.classification()) as page:
        page.locator("label[for=lang-zh]").click()
        assert "可以上线" in page.locator("h1").inner_text()
        assert "SHIP" not in page.locator("main").inner_text()
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        assert page.title().startswith("可以上线")
        assert page.locator("#o option").first.inner_text() == "全部"
        assert "lang=zh" in page.url
        page.reload()
        until(page, READY)
        assert "可以上线" in page.locator("h1").inner_text()
        page.locator("label[for=lang-en]").click()
        assert "lang=" not in page.url


def test_the_theme_button_turns_light_into_dark_and_is_shared_by_the_hash(opened, samples, until):
    background = "getComputedStyle(document.documentElement).backgroundColor"
    with opened(samples.single(), color_scheme="light") as page:
        before = page.evaluate(background)
        page.locator("label[for=flip]").click()
        dark = page.evaluate(background)
        assert dark != before
        assert "theme=dark" in page.url
        page.emulate_media(color_scheme="dark")
        page.reload()
        until(page, READY)
        assert page.evaluate(background) == dark  # an absolute choice, not "the other one"


def test_without_script_all_but_the_table_is_there_and_language_still_switches(opened, samples):
    with opened(samples.classification(), script=False) as page:
        text = page.locator("main").inner_text()
        assert "SHIP: tuned is better than base" in text.replace("\n", " ")
        assert "needs JavaScript" in text
        assert not page.locator("#table").is_visible()
        page.locator("label[for=lang-zh]").click()
        assert "可以上线" in page.locator("h1").inner_text()


def test_payloads_do_nothing_and_show_as_written(opened, samples):
    run = samples.hostile()
    with opened(run, "#size=0") as page:
        for i in range(len(run.rows)):
            page.locator(f"#row-p{i} .open").click()
        page.wait_for_timeout(200)
        assert (
            page.evaluate(
                "document.querySelectorAll('img, iframe, base, form, link, video, math, svg script').length"
            )
            == 0
        )
        assert page.evaluate("document.querySelectorAll('script').length") == 1
        assert (
            page.evaluate("document.querySelectorAll('[style], [onerror], [onload]').length") == 0
        )
        shown = page.eval_on_selector_all(
            "#table tr.row td.q > div", "cells => cells.map(c => c.textContent)"
        )
        plain = [p for p in samples.PAYLOADS if all(c.isprintable() or c == "\n" for c in p)]
        assert len(plain) > 30
        for payload in plain:
            assert payload in shown
        joined = "\n".join(shown)
        for name in ("<U+202E>", "<U+001B>", "<U+200B>", "<U+2028>", "<U+0000>"):
            assert name in joined


def test_search_filters_sort_and_paging(opened, samples, until):
    run = samples.classification()
    from evalkit.report.outcomes import outcomes

    broken = [r.id for r, what in zip(run.rows, outcomes(run), strict=True) if what == "broken"]
    with opened(run) as page:
        assert shown_rows(page) == [r.id for r in run.rows[:25]]
        page.locator("#next").click()
        assert shown_rows(page) == [r.id for r in run.rows[25:50]]
        assert "p=2" in page.url
        page.locator("#o").select_option("broken")
        assert shown_rows(page) == broken
        assert page.locator("#found").inner_text() == f"{len(broken)} of 156 rows"
        page.locator("#s0").select_option(label="zh")
        zh = [r.id for r in run.rows if r.id in broken and r.slices["lang"] == "zh"]
        assert shown_rows(page) == zh
        page.locator("#reset").click()
        page.locator("#l").select_option(label="praise")
        assert set(shown_rows(page)) <= {r.id for r in run.rows if r.expected == "praise"}
        page.locator("#reset").click()
        page.locator("#q").fill("退款")
        until(page, "document.querySelectorAll('#table tr.row').length < 25")
        assert shown_rows(page) == [r.id for r in run.rows if "退款" in r.messages[-1][1]][:25]
        page.locator("#q").fill("")
        until(page, "document.querySelectorAll('#table tr.row').length == 25")
        page.locator("#size").select_option("0")
        assert len(shown_rows(page)) == 156
        page.locator("#sort").select_option("worse")
        assert set(shown_rows(page)[: len(broken)]) == set(broken)


@pytest.mark.slow
def test_the_state_and_a_row_come_back_from_the_hash(opened, samples):
    run = samples.classification()
    wanted = run.rows[60].id
    with opened(run, "#rows&o=fixed&sort=long") as page:
        assert page.locator("#o").input_value() == "fixed"
        assert page.locator("#sort").input_value() == "long"
        page.evaluate(f"location.hash = 'row-{wanted}'")
        page.wait_for_selector(f"#row-{wanted} + tr.detail")
        assert page.evaluate("document.activeElement.closest('tr').id") == f"row-{wanted}"
    with opened(run, f"#row-{wanted}&lang=zh") as page:
        assert page.locator("tr.detail").count() == 1
        assert "可以上线" in page.locator("h1").inner_text()
        assert page.locator(f"#row-{wanted}").is_visible()


@pytest.mark.slow
def test_links_of_the_static_part_lead_to_the_rows(opened, samples, until):
    with opened(samples.classification()) as page:
        link = page.locator("#verdict tbody a").first
        wanted = link.get_attribute("href")
        link.click()
        page.wait_for_selector(f"tr{wanted.replace('#', '#')} + tr.detail")
        page.locator("#examples .tally .fixed a").click()
        until(page, "document.getElementById('o').value === 'fixed'")


@pytest.mark.slow
def test_keys_go_from_row_to_row_across_pages(opened, samples):
    run = samples.classification()
    at = "document.activeElement.closest('tr')?.id.slice(4)"
    with opened(run) as page:
        page.keyboard.press("n")
        assert page.evaluate(at) == run.rows[0].id
        for _ in range(25):
            page.keyboard.press("n")
        assert page.evaluate(at) == run.rows[25].id
        page.keyboard.press("p")
        assert page.evaluate(at) == run.rows[24].id
        page.keyboard.press("Enter")
        assert page.locator(f"#row-{run.rows[24].id} + tr.detail").count() == 1
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "q"
        page.keyboard.type("np")
        assert page.locator("#q").input_value() == "np"


def test_details_hold_the_conversation_and_probabilities(opened, samples):
    run = samples.classification()
    with opened(run, f"#row-{run.rows[4].id}") as page:
        text = page.locator("tr.detail").inner_text()
        assert run.rows[4].messages[0][1] in text
        assert "data/intent.test.jsonl:5" in text
        assert page.locator("tr.detail meter").count() == 18


def test_words_that_differ_are_marked_in_chinese_too(opened, samples):
    run = samples.qa()
    with opened(run) as page:
        marks = page.eval_on_selector_all("#table mark", "all => all.map(m => m.textContent)")
        assert any("嗯" in mark for mark in marks)
        assert any("well" in mark for mark in marks)
        page.locator("#mark").select_option("off")
        assert page.locator("#table mark").count() == 0


@pytest.mark.slow
def test_packed_rows_are_unpacked(opened, samples):
    run = samples.large(4000)
    assert 'data-encoding="gzip ' in build_report(run)
    with opened(run) as page:
        assert len(shown_rows(page)) == 25
        assert "4,000 rows" in page.locator("#found").inner_text()


def test_print_leaves_the_controls_out(opened, samples):
    with opened(samples.classification()) as page:
        page.emulate_media(media="print")
        assert not page.locator(".tools").is_visible()
        assert not page.locator("header.top").is_visible()
        assert page.locator("h1").is_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("variant", ["classification", "failing", "qa", "single", "hostile"])
def test_axe_finds_nothing(opened, samples, axe, theme, variant, language):
    run = getattr(samples, variant)()
    with opened(run, f"#lang={language}", color_scheme=theme, bypass_csp=True) as page:
        page.locator("#table .open").first.click()
        page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        assert axe(page) == []
