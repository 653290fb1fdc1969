# SPDX-License-Identifier: Apache-2.0
"""One file that opens from disk: style and script inline, both languages, nothing fetched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from evalkit.core.strings import Language
from evalkit.page.island import island
from evalkit.page.markup import fill, showable

__all__ = ["page"]


def page(
    title: Mapping[str, str],
    body: Markup,
    data: Mapping[str, Any] | None,
    language: Language,
    *,
    links: Markup | None = None,
) -> str:
    """The whole HTML document; the same arguments give the same text.

    Its content security policy allows this style sheet and this script by their hashes and
    nothing else: no request, no inline handler, no inline style.

    Args:
        title: Plain text by language, "en" and "zh".
        body: What stands in `<main>`.
        data: For the script, as JSON values; None for a page without any.
        language: The one that the page opens in.
        links: Links to the sections, for the bar at the top.
    """
    style, script = _asset("report.css"), _asset("report.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    html = fill(
        "evalkit.page",
        "shell.html",
        title=title,
        body=body,
        language=language,
        links=links or Markup(),
        policy=policy,
        style=Markup(style),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        island=island(data) if data is not None else Markup(),
    )
    return showable(str(html))


@cache
def _asset(name: str) -> str:
    return (files("evalkit.page") / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
