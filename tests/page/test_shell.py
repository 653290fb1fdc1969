# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import re
from importlib.resources import files

import pytest
from markupsafe import Markup

from evalkit.page.markup import data, showable
from evalkit.page.shell import page

TITLE = {"en": '<b> & "x"', "zh": "标题"}


def test_style_and_script_are_allowed_by_their_hashes_and_nothing_else_is():
    html = page(TITLE, Markup("<p>x</p>"), {"a": 1}, "en")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    for tag in ("style", "script"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert body
        digest = base64.b64encode(hashlib.sha256(body.group(1).encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in policy.group(1)
    assert policy.group(1).startswith("default-src &#39;none&#39;")
    assert "unsafe" not in policy.group(1)
    assert html.index("Content-Security-Policy") < html.index("<style>")


@pytest.mark.parametrize("data", [None, {}], ids=["about data", "of a run"])
def test_the_shell_is_small(data):
    """Everything but the body and the rows: 40 KB (issue 8)."""
    html = page({"en": "", "zh": ""}, Markup(), data, "en", finds=data is None)
    assert len(html.encode()) <= 40_000


def test_the_shell_fetches_nothing_and_makes_no_markup_of_texts():
    folder = list(files("evalkit.page").iterdir())
    css, js = (
        "".join(f.read_text(encoding="utf-8") for f in folder if f.name.endswith(kind))
        for kind in (".css", ".js")
    )
    assert len(js) > 10_000
    assert "url(" not in css
    assert "@import" not in css
    assert "http" not in css + js
    for word in (
        "innerHTML", "outerHTML", "insertAdjacentHTML", "createContextualFragment", "DOMParser", "srcdoc",
        "setHTML", "document.write", "eval(", "Function(", "import(", "fetch(", "XMLHttpRequest", "WebSocket",
        "sendBeacon", "EventSource", "new Worker", "localStorage", "sessionStorage", "cookie",
    ):  # fmt: skip
        assert word not in js
    html = page(TITLE, Markup(), {}, "zh")
    bare = re.sub(r"<(script|style)>.*?</\1>", "", html, flags=re.DOTALL)
    assert not re.search(r"\sstyle=|\son\w+=", bare)


def test_a_page_without_rows_has_no_script_for_them():
    assert "base 85" not in page(TITLE, Markup(), {}, "en")  # comments stay at home
    assert "DecompressionStream" in page(TITLE, Markup(), {}, "en")
    assert "DecompressionStream" not in page(TITLE, Markup(), None, "en")


def test_the_title_is_escaped_and_in_the_pages_language():
    html = page(TITLE, Markup(), None, "en")
    assert "<title>&lt;b&gt; &amp; &#34;x&#34;</title>" in html
    assert '<html lang="en"' in html
    html = page(TITLE, Markup(), None, "zh")
    assert "<title>标题</title>" in html
    assert '<html lang="zh-CN"' in html
    assert 'id="lang-zh" value="zh" checked' in html
    assert 'id="data"' not in html


def test_the_text_can_always_be_written_as_utf8():
    body = Markup("<p>{}</p>").format("a\ud83d\x00\x1b[31m\ufffe")
    html = page(TITLE, body, {"x": "\ud83d"}, "en")
    html.encode("utf-8")
    assert "a\ufffd\ufffd\ufffd[31m\ufffd" in html


def test_showable_keeps_tabs_line_feeds_and_every_script():
    text = "a\tb\nü 退款 😀 مرحبا"
    assert showable(text) == text


def test_data_is_isolated_escaped_and_cut():
    assert data("<b>\u202ex") == '<bdi class="d">&lt;b&gt;&lt;U+202E&gt;x</bdi>'
    assert data("x" * 99, 5) == '<bdi class="d">xxxx…</bdi>'
