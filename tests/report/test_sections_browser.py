# SPDX-License-Identifier: Apache-2.0
"""The sections in a real browser: every width, both themes, without a script, and axe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("variant", ["six", "calls", "judged", "rounded"])
@pytest.mark.parametrize("width", [360, 1600])
def test_no_section_is_wider_than_the_screen(opened, sectioned, variant, width):
    with opened(
        getattr(sectioned, variant)(), viewport={"width": width, "height": 900}, color_scheme="dark"
    ) as page:
        page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_charts_are_drawn_and_named_in_the_language_without_a_script(opened, sectioned):
    with opened(sectioned.curved(), language="zh", script=False) as page:
        charts = page.locator("#curves svg.curve")
        assert charts.count() == 10
        box = charts.nth(1).bounding_box()
        assert box["width"] > 200
        assert box["height"] > 200
        texts = page.locator("#curves svg.curve text").all_inner_texts()
        assert page.locator("#curves svg.curve text.zh").first.is_visible()
        assert not page.locator("#curves svg.curve text.en").first.is_visible()
        assert texts
    with opened(sectioned.curved(), "#lang=zh") as page:
        assert "误报率" in page.locator("#curves svg.curve").nth(1).get_attribute("aria-label")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("variant", ["curved", "calls", "judged", "rounded"])
def test_axe_finds_nothing(opened, sectioned, theme, variant):
    source = os.environ.get("EVALKIT_AXE_JS")
    if not source:
        pytest.skip("EVALKIT_AXE_JS does not name an axe.min.js (npm package axe-core)")
    run = getattr(sectioned, variant)()
    with opened(run, color_scheme=theme, bypass_csp=True) as page:
        page.evaluate("for (const e of document.querySelectorAll('main details')) e.open = true")
        page.evaluate(Path(source).read_text(encoding="utf-8"))
        found = page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        assert [
            (v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in found["violations"]
        ] == []
