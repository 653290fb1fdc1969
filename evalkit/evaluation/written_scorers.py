# SPDX-License-Identifier: Apache-2.0
"""The suite key `scorers`, as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.core.errors import UsageError

__all__ = ["written_scorers"]


def written_scorers(document: Any, place: str) -> dict[str, Mapping[str, Any]]:
    """The suite key `scorers`, normalised: names with - for _, a text as {"use": TEXT}.

    Raises:
        UsageError: Two names that are one.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for key, value in (document or {}).items():
        name = str(key).replace("_", "-")
        if name in found:
            raise UsageError(f"{place}: the scorer `{name}` stands twice", "name it once")
        written = {} if value is None else value
        if isinstance(written, str):
            written = {"grader": written} if written.endswith(".json") else {"use": written}
        found[name] = written
    return found
