# SPDX-License-Identifier: Apache-2.0
"""The page as text: deterministic, complete in both languages, and nothing but our own elements."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from math import nan

import pytest

from evalkit.core.measure import Interval
from evalkit.report.build import build_report
from evalkit.report.section import sections

VARIANTS = (
    "classification",
    "worse",
    "undecided",
    "identical",
    "single",
    "failing",
    "qa",
    "hostile",
)
OURS = set(
    re.findall(
        r"\w+",
        """html head meta title style body a span header nav div fieldset legend input label svg circle
        path main section p h1 h2 h3 bdi b i em ul li details summary line text rect table thead tr th
        tbody td tfoot small code figure figcaption noscript select option optgroup dialog button kbd dl dt dd script mark g""",
    )
)


class Reader(HTMLParser):
    """The elements and attributes of a page, and its text outside script and style."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        if self.tags[-1:] not in (["style"], ["script"]):
            self.words.append(data)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_two_builds_are_equal_to_the_byte(samples, variant, language):
    first = build_report(getattr(samples, variant)(), language=language)
    assert build_report(getattr(samples, variant)(), language=language) == first
    first.encode("utf-8")


@pytest.mark.parametrize("variant", VARIANTS)
def test_only_our_own_elements_without_handlers_styles_or_foreign_addresses(samples, variant):
    page = Reader(build_report(getattr(samples, variant)()))
    assert set(page.tags) <= OURS
    assert page.tags.count("script") == 2
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in ("style", "src", "srcdoc", "action", "formaction", "xlink:href")
        if name == "href":
            assert (value or "").startswith("#")


@pytest.mark.parametrize("variant", VARIANTS)
def test_ids_are_unique_and_every_reference_has_its_target(samples, variant):
    html = build_report(getattr(samples, variant)())
    page = Reader(html)
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for _, name, value in page.attributes:
        if name in ("aria-labelledby", "for"):
            assert value in ids
        if name == "href" and not (value or "").startswith(("#row-", "#rows&")):
            assert (value or "")[1:] in ids


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_language_is_whole(samples, variant):
    html = build_report(getattr(samples, variant)())
    said = re.findall(r'<span class="en" lang="en">.*?</span><span class="zh" lang="zh-CN">', html)
    assert len(said) > 60
    assert html.count('class="en" lang="en"') == html.count('class="zh" lang="zh-CN"')
    for zh in re.findall(r'<span class="zh" lang="zh-CN">([^<]*)</span>', html):
        if re.search(r"[A-Za-z]{12,} [A-Za-z]+ ", zh):
            pytest.fail(f"English in the Chinese text: {zh}")
    pairs = re.findall(r'data-en="([^"]*)" data-zh="([^"]*)"', html)
    assert pairs
    assert all(en and zh for en, zh in pairs if en or zh)


@pytest.mark.parametrize("variant", ["classification", "failing", "qa"])
def test_no_test_has_its_name_on_the_first_screen(samples, variant):
    html = build_report(getattr(samples, variant)())
    first = html[html.index('<section id="verdict">') : html.index('<section id="gates"')]
    first = re.sub(r"<details>.*?</details>", "", first, flags=re.DOTALL)
    for word in ("mcnemar", "tango", "wilson", "sign-flip", "p =", "p &lt;", "confidence"):
        assert word not in first.lower()


def test_the_first_screen_has_every_number_of_the_verdict(samples):
    run = samples.classification()
    words = " ".join(" ".join(Reader(build_report(run)).words).split())
    for text in (
        "+23.7 points",
        "78.8% against 55.1%",
        "between +14.7 and +32.6",
        "lucky draw if both were equal: less than 1 in 10,000",
        "of 156 held-out rows",
        "runs on this machine",
        "0 rows seen in training",
        "This set can see a difference of 11.2 points or more",
        "39 rows; no proven gain there",
        "The 11 broken: read them first",
    ):
        assert text in words, text
    assert re.search(r"48 fixed, 11 broken", words)


def test_a_slice_that_did_not_improve_is_not_called_improved(samples):
    html = build_report(samples.classification())
    table = html[html.index('<section id="slices"') : html.index('<section id="confusion"')]
    row = next(r for r in table.split("<tr") if "lang = zh" in r)
    assert "no proven gain" in row
    assert "improved" not in row.replace("no proven gain", "")


def test_small_slices_are_not_judged(samples):
    run = samples.classification(40)
    html = build_report(run)
    row = next(r for r in html[html.index('id="slices"') :].split("<tr") if "lang = zh" in r)
    assert "too few to judge" in row


def test_what_is_not_known_says_so(samples):
    run = samples.failing()
    words = " ".join(Reader(build_report(run)).words)
    assert "not measured: no row has the label" in words
    assert "PARTIAL" in words
    assert "3 rows seen in training" in words
    nothing = replace(
        run, differences=(), measures=(), gates=(), confusions=(), visible=nan, leaked=None
    )
    assert "overlap with training not checked" in " ".join(Reader(build_report(nothing)).words)
    empty = replace(nothing, rows=(), models=(), base=None, candidate=None, decision="measured")
    build_report(empty)
    gap = replace(
        run.differences[0], interval=Interval(value=nan, why="no pairs"), verdict="undecided"
    )
    open_ = replace(run, differences=(gap,), gates=(), decision="not_proven")
    words = " ".join(Reader(build_report(open_)).words)
    assert "could not be compared" in words
    assert "not measured:" in words


def test_ids_of_rows_may_be_anything(samples):
    run = samples.worse()
    rows = [replace(r, id=f'"><img src=x>\ud83d & {i}') for i, r in enumerate(run.rows)]
    html = build_report(replace(run, rows=rows))
    assert "img" not in Reader(html).tags
    assert "#row-%22%3E%3Cimg%20src%3Dx%3E%3F%20%26%20" in html


def test_only_sections_that_apply_are_there(samples):
    names = [s.name for s in sections(samples.classification())]
    assert names == [
        "verdict", "gates", "measures", "slices", "confusion", "examples", "rows", "lengths", "costs",
        "lint", "provenance",
    ]  # fmt: skip
    assert "confusion" not in [s.name for s in sections(samples.qa())]
    single = [s.name for s in sections(samples.single())]
    assert "gates" not in single
    assert "examples" not in single


def test_a_section_of_a_plug_in_that_does_not_load_is_one_warning(samples, monkeypatch):
    from evalkit.report import section

    known = section.names
    monkeypatch.setattr(section, "names", lambda kind: [*known(kind), "broken-plug-in"])
    with pytest.warns(UserWarning, match="broken-plug-in"):
        found = sections(samples.single())
    assert "verdict" in [s.name for s in found]
