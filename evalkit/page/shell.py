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
from evalkit.page.squeeze import squeezed_script, squeezed_style

__all__ = ["page"]

_PARTS = ("report.js",)
_ROWS_PARTS = ("rows_text.js", "rows_data.js", "rows_detail.js", "rows.js")  # with data only


def page(
    title: Mapping[str, str],
    body: Markup,
    data: Mapping[str, Any] | None,
    language: Language,
    *,
    links: Markup | None = None,
    finds: bool = False,
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
        finds: Whether entries of the body can be searched: find.js comes with the page.
    """
    style = squeezed_style(_asset("report.css") + (_asset("data.css") if data is None else ""))
    script = _script(_PARTS if data is None else (*_PARTS, *_ROWS_PARTS))
    more = _asset("find.js") if finds else ""
    policy = "; ".join(
        (
            "default-src 'none'",
            " ".join(["script-src", *(f"'{_hash(one)}'" for one in (script, more) if one)]),
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
        more=Markup("\n<script>{}</script>").format(Markup(more)) if more else "",  # noqa: S704
        island=island(data) if data is not None else Markup(),
    )
    return showable(str(html))


_SHOWN = 'follow();performance.mark("shown");root.dataset.ready="";'


@cache
def _script(parts: tuple[str, ...]) -> str:
    """The parts as one function: they share names, and nothing else sees these."""
    body = "\n".join(squeezed_script(_asset(name)) for name in parts)
    return f'"use strict";(async()=>{{\n{body}\n{_SHOWN}\n}})();'


@cache
def _asset(name: str) -> str:
    return (files("evalkit.page") / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
