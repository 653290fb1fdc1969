# SPDX-License-Identifier: Apache-2.0
"""Text from data, made safe for GitHub-flavoured Markdown."""

from __future__ import annotations

import re

from evalkit.core.printable import printable

__all__ = ["quoted"]

_MARKUP = re.compile(r"[\\`*_\[\]|~#$]")
# Mentions and references of GitHub and GitLab, shortcodes of emoji, what is made a link.
_REFERENCE = re.compile(r"([@!%])(?=\w)|(&amp;)(?=\d)|(\\[#~$])(?=\w)|:(?=//|[\w+-]+:)")
_WWW = re.compile(r"\bwww(?=\.)", re.IGNORECASE)


def quoted(text: str) -> str:
    """Text from data as text of a table cell: no markup, no link, no mention, no reference.

    A zero-width space (as an entity, the way Renovate does it) parts `@` from a name and `:` from
    `//`, so that nothing is linked or notified.
    """
    shown = printable(text).replace("&", "&amp;").replace("<", "&lt;")
    shown = _MARKUP.sub(lambda match: f"\\{match.group()}", shown)
    shown = _REFERENCE.sub(lambda match: f"{match.group()}&#8203;", shown)
    return _WWW.sub(lambda match: f"{match.group()}&#8203;", shown)
