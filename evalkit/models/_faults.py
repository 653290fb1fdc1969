# SPDX-License-Identifier: Apache-2.0
"""Which failures stop a run and which are only one request's; no SDK type passes here.

RemoteError              stops the run: the key is refused, no quota, no such model
├── UnreachableError     stops it once asking again has not helped
└── RequestError         becomes a Reply with `finish="error"`; the other requests go on
    ├── TimedOutError    the answer may have been paid for: asked again at most once
    │   └── UnreadableError   it came, and is no answer
    └── FilteredError    the provider's filter took offence: an answer of its own kind
"""

from __future__ import annotations

import re

from evalkit.core.errors import RemoteError
from evalkit.core.printable import excerpt
from evalkit.core.secrets import removed

__all__ = [
    "FilteredError",
    "RequestError",
    "TimedOutError",
    "UnreachableError",
    "UnreadableError",
    "without_secrets",
]

_KEY = re.compile(r"\b(?:sk|org|proj|pk|key)[-_][\w*.-]{4,}")


class RequestError(RemoteError):
    """One request failed."""


class TimedOutError(RequestError):
    """No answer in time: whether it was worked on, and billed, is not known."""


class UnreadableError(TimedOutError):
    """An answer came whole and says nothing that can be read: it was probably paid for."""


class FilteredError(RequestError):
    """The prompt was refused by the provider's content filter; asking again does not help."""


class UnreachableError(RemoteError):
    """Nothing listens there, or the connection broke before an answer."""


def without_secrets(text: str, *sent: str) -> str:
    """One printable line of a provider's message: without keys, parts of keys, organisations.

    Args:
        text: As the provider wrote it.
        sent: Secrets that it was sent; both halves of each and its coded forms are hidden too.
    """
    text = " ".join(text[:10_000].split())
    for secret in sent:
        for form in _forms(secret):
            text = text.replace(form, "(key)")
    return excerpt(_KEY.sub("(hidden)", removed(text, "(hidden)")), 300)


def _forms(key: str) -> list[str]:
    if len(key) < 8:  # a placeholder such as "none" is a word
        return []
    from base64 import b64encode
    from urllib.parse import quote

    # The last letters of a code depend on what follows: all but those.
    coded = [b64encode(key.encode()).decode().rstrip("=")[:-1], quote(key, safe=""), quote(key)]
    parts = [key[: len(key) // 2], key[len(key) // 2 :]] if len(key) >= 16 else []
    return [key, *coded, *parts]
