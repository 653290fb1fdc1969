# SPDX-License-Identifier: Apache-2.0
"""Keys and tokens in text: where they are, and the text without them.

Patterns: the prefixes that the issuers document, as detect-secrets 1.5 and gitleaks 8 know them
(looked at 2026-11). Everything that is quoted from data goes through `masked`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from evalkit.core import personal
from evalkit.core.printable import excerpt

__all__ = ["NEEDLES", "Secret", "found", "masked", "quoted", "removed"]

_KINDS = {
    "Anthropic": r"sk-ant-[A-Za-z0-9_-]{20,}",
    "OpenAI": r"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}"
    r"|sk-[A-Za-z0-9_-]*[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}",
    "sk": r"sk-(?:or-v1-|lf-)?[A-Za-z0-9]{32,}",
    "Hugging_Face": r"hf_[A-Za-z0-9]{30,}",
    "Google": r"AIza[0-9A-Za-z_-]{35}",
    "AWS": r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    "GitHub": r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}",
    "Slack": r"xox[abeprs]-[A-Za-z0-9-]{10,}"
    r"|hooks\.slack\.com/services/T[A-Za-z0-9_]+/B[A-Za-z0-9_]+/[A-Za-z0-9_]{16,}",
    "JWT": r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "private_key": r"-----BEGIN [A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?-----"
    r"[^-]{40,}(?:-----END [A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?-----)?",
}
_PATTERN = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"  # the private key brings its own dashes
    + "|".join(f"(?P<{name}>{pattern})" for name, pattern in _KINDS.items())
    + r")(?![A-Za-z0-9])"
)
# Superset of what the pattern needs; `\u` may hide any of them in JSON.
NEEDLES = (
    b"sk-", b"hf_", b"AIza", b"AKIA", b"ASIA", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_",
    b"github_pat_", b"xox", b"hooks.slack.com", b"eyJ", b"PRIVATE KEY", b"\\u",
)  # fmt: skip
_LETTERS = tuple(needle.decode() for needle in NEEDLES[:-1])


class Secret(NamedTuple):
    """One secret in a text.

    Attributes:
        kind: Whose, such as "OpenAI".
        start: Index of its first character.
        end: One past the last.
    """

    kind: str
    start: int
    end: int


def found(text: str) -> Iterator[Secret]:
    """The secrets in a text; placeholders such as sk-xxxx and documentation's examples are none."""
    if not any(letters in text for letters in _LETTERS):
        return
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup or ""
        value = match.group()
        varied = len(set(value)) >= 10 or kind == "private_key"
        if varied and not value.endswith("EXAMPLE"):
            yield Secret(kind.replace("_", " "), *match.span())


def removed(text: str, instead: str = "[REDACTED]") -> str:
    """The text with every secret replaced."""
    return _without(text, lambda _: instead)


def masked(text: str) -> str:
    """The text with of every secret only its first 4 characters and its length.

    Likewise, with 3 characters, of personal data: addresses, telephone and identity numbers.
    """
    return personal.masked(_without(text, lambda value: f"{value[:4]}…[{len(value)}]"))


def _without(text: str, replacement: Callable[[str], str]) -> str:
    pieces = []
    done = 0
    for secret in found(text):
        pieces += [text[done : secret.start], replacement(text[secret.start : secret.end])]
        done = secret.end
    return "".join([*pieces, text[done:]]) if done else text


def quoted(text: str, width: int = 60) -> str:
    """At most `width` printable characters of data, without secrets, fit for any output."""
    window = text[: width + 4096]  # a secret cut by the window's end is far behind the excerpt
    return excerpt(masked(window), width)
