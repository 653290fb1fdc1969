# SPDX-License-Identifier: Apache-2.0
"""When two examples ask the same."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable

from evalkit.core.example import Message, canonical

__all__ = ["prompt_key"]

_INSTRUCTIONS = ("system", "developer")


def prompt_key(messages: Iterable[Message]) -> bytes:
    """16 bytes that are equal for conversations that ask the same.

    What is asked is the text of all messages but the assistant's and the instructions (system,
    developer), compatibility-normalised (NFKC), case-folded, with runs of blanks as one. Images
    and other parts count as they are. A conversation without a question is its whole self.
    """
    known = list(messages)
    asked = [m for m in known if m.role != "assistant" and m.role not in _INSTRUCTIONS]
    digest = hashlib.blake2b(digest_size=16)
    for message in asked:
        text = unicodedata.normalize("NFKC", message.text).casefold()
        digest.update(" ".join(text.split()).encode("utf-8", "surrogatepass"))
        if isinstance(message.content, list):
            for part in message.content:
                if not (isinstance(part, dict) and isinstance(part.get("text"), str)):
                    digest.update(b"\x1e" + canonical(part))
        digest.update(b"\x1f")
    if not asked:
        digest.update(b"\x1d" + canonical([[m.role, m.content] for m in known]))
    return digest.digest()
