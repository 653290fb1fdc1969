# SPDX-License-Identifier: Apache-2.0
"""Which failures stop a run and which are only one request's; no SDK type passes here.

RemoteError              stops the run: the key is refused, no quota, no such model
├── UnreachableError     stops it once asking again has not helped
└── RequestError         becomes a Reply with `finish="error"`; the other requests go on
    └── TimedOutError    the answer may have been paid for: asked again at most once
"""

from __future__ import annotations

import re

from evalkit.core.errors import RemoteError
from evalkit.core.printable import excerpt

__all__ = ["RequestError", "TimedOutError", "UnreachableError", "without_secrets"]

_KEY = re.compile(r"\b(?:sk|org|proj|pk|key)[-_][\w*.-]{4,}")


class RequestError(RemoteError):
    """One request failed."""


class TimedOutError(RequestError):
    """No answer in time: whether it was worked on, and billed, is not known."""


class UnreachableError(RemoteError):
    """Nothing listens there, or the connection broke before an answer."""


def without_secrets(text: str, key: str = "") -> str:
    """One printable line of a provider's message: without the key, parts of keys, organisations."""
    if len(key) >= 8:  # a placeholder such as "none" is a word
        text = text.replace(key, "(key)")
    return excerpt(_KEY.sub("(hidden)", " ".join(text.split())), 300)
