# SPDX-License-Identifier: Apache-2.0
"""How `make docs` builds the pages; they are plain Markdown that reads well in the checkout too."""

from __future__ import annotations

import re
from pathlib import Path

from pygments.lexers.data import JsonLexer
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "evalkit"
author = "The evalkit developers"
copyright = author  # noqa: A001 -- Sphinx's name; no year, so that the pages are reproducible

_VERSION = re.compile(r'^version = "([^"]+)"$', re.MULTILINE)
_PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
_found = _VERSION.search(_PYPROJECT.read_text(encoding="utf-8"))
version = release = _found[1] if _found else ""

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True

myst_heading_anchors = 4  # as a forge makes them of the same files

# Pages show broken JSON on purpose: it need not lex.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = f"evalkit {release}"
html_show_sourcelink = False
html_show_sphinx = False
html_copy_source = False


_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(((?:\.\./)+[^)#\s]+)[^)]*\)")
_HERE = Path(__file__).resolve().parent


def _leave_out_links_out(_: Sphinx, page: str, source: list[str]) -> None:
    """Links from a page to folders and pages of the checkout, outside docs/, as their texts.

    Files such as suites stay links: Sphinx copies them beside the page.
    """

    def text(link: re.Match[str]) -> str:
        there = ((_HERE / page).parent / link[2]).resolve()
        outside = not there.is_relative_to(_HERE)
        return link[1] if outside and (there.is_dir() or there.suffix == ".md") else link[0]

    source[0] = _LINK.sub(text, source[0])


class _Plain(TextLexer):  # type: ignore[misc]
    """Blocks that no lexer knows, as the text that they are."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Names of blocks that the pages use and Pygments lacks."""
    app.add_lexer("jsonl", JsonLexer)
    app.add_lexer("csv", _Plain)
    app.connect("source-read", _leave_out_links_out)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
