# SPDX-License-Identifier: Apache-2.0
"""Keys of the environment that a function or program of the user's repeats in its answers.

Such code reads the keys that it needs itself, and what it answers is stored, reported and recorded:
a value of a variable that is known to hold a key is taken out first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.models._endpoints import endpoints
from evalkit.models.spec import ModelSpec

__all__ = ["Keys"]

_SHORTEST = 12  # characters: a shorter value, or one without a digit, is a word and no key
_INSTEAD = "(hidden)"


class Keys:
    """The values of variables that hold keys, as they are now."""

    __slots__ = ("_values",)

    def __init__(self, spec: ModelSpec) -> None:
        """Look at the variables that the model and the known providers name.

        Args:
            spec: Of the model.
        """
        names = {spec.key_env, *(one.key_env for one in endpoints().values())}
        values = {os.environ.get(name, "").strip() for name in names if name}
        self._values = sorted((v for v in values if _is_key(v)), key=len, reverse=True)

    def __repr__(self) -> str:
        """Without them."""
        return f"Keys({len(self._values)})"

    def hidden(self, text: str) -> str:
        """The text without them."""
        for value in self._values:
            text = text.replace(value, _INSTEAD)
        return text

    def out_of(self, reply: Reply) -> Reply:
        """The reply without them; the same one where it holds none."""
        if not self._values:
            return reply
        found = {
            "text": self.hidden(reply.text),
            "refusal": self._deep(reply.refusal),
            "error": self._deep(reply.error),
            "model": self._deep(reply.model),
            "tool_calls": tuple(self._deep(call) for call in reply.tool_calls),
        }
        changed = any(getattr(reply, name) != value for name, value in found.items())
        return replace(reply, **found) if changed else reply

    def _deep(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.hidden(value)
        if isinstance(value, Mapping):
            return {self._deep(key): self._deep(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._deep(one) for one in value]
        return value


def _is_key(value: str) -> bool:
    return len(value) >= _SHORTEST and any(character.isdigit() for character in value)
