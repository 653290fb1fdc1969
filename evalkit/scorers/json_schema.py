# SPDX-License-Identifier: Apache-2.0
"""Is the reply JSON of the shape that a schema states?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._json_text import parsed
from evalkit.scorers._options import checked_by
from evalkit.scorers._schema import faults, validator

__all__ = ["json_schema"]


def _check(options: Mapping[str, Any], where: str) -> None:
    del where  # what is wrong with a schema says so itself
    if "schema" in options:
        validator(options["schema"])


@scale("share", binary=True)
@checked_by(_check)
def json_schema(reply: Reply, *, schema: Mapping[str, Any] | bool, fenced: bool = False) -> Score:
    """1 if the whole reply is JSON that the schema holds for, else 0, with the first fault.

    Drafts 4 to 2020-12, by `$schema`; formats are checked; nothing is fetched. A failed request:
    NaN.

    Args:
        reply: The answer.
        schema: A JSON Schema; in a suite also the name of its file.
        fenced: Whether a Markdown fence around it may stand.
    """
    if error := failed(reply):
        return error
    found = parsed(reply.text, fenced=fenced)
    if found.why:
        return Score(0.0, why=found.why)
    wrong = faults(schema, found.value)
    return Score(float(not wrong), why=wrong[0] if wrong else "")
