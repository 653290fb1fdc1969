# SPDX-License-Identifier: Apache-2.0
"""SCH014."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault, Fix
from evalkit.lint.keys import renamed
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["misspelled_key"]


@rule(
    "SCH014",
    scope="shape",
    severity="error",
    fix="safe",
    en="{what}: rename the key, as nothing reads it under this name",
    zh="{what}：键名不对，请改名，否则读不到",
)
def misspelled_key(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds a key that a row or a message must have under another name, a letter or two away: `message`,
    `mesages`, `contents`, `Role`; and names that have changed: `preferred_completion`.
    ## Why is this bad?
    What stands under such a key is not read. Providers refuse the file for the key that they miss.
    ## Example
    {"message": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Fix safety
    Safe: the row has the right shape with the new name, and no key of that name yet.
    ## References
    OpenAI: "Example 1 is missing key 'messages'". The preference keys were renamed between Dec 2024
    and Jun 2025 (openai-openapi).
    """
    pairs = violation.wanted
    what = tuple(f"`{wrong}` → `{right}`" for wrong, right in pairs.items())
    fix = Fix("safe", edits={violation.pointer: renamed(violation.value, pairs)})
    yield Fault(pointer=violation.pointer, args={"what": what}, fix=fix)
