# SPDX-License-Identifier: Apache-2.0
"""ENC019."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault, Fix
from evalkit.lint.keys import renamed
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["full_width_key"]


@rule(
    "ENC019",
    scope="shape",
    severity="error",
    fix="safe",
    en="{what}: typed in full width or with quotes or blanks around it; type it in ASCII",
    zh="{what}：用了全角字符或多余的引号、空格，请用半角输入",
)
def full_width_key(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds keys and roles that a Chinese input method or an editor has changed: `ｒｏｌｅ`, `“role”`,
    `role ` with a blank, `ｕｓｅｒ`.
    ## Why is this bad?
    To a reader of the file they are other words: the row lacks its `role`, and providers refuse it.
    ## Example
    {"messages": [{"ｒｏｌｅ": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Fix safety
    Safe: only what the input method added is taken away, and no other key has that name.
    ## References
    OpenAI: "Discriminator 'role' is missing in value". Unicode Standard Annex 15 (NFKC).
    """
    pairs = violation.wanted
    what = ", ".join(f"`{wrong}` → `{right}`" for wrong, right in pairs.items())
    value = violation.value
    mended = pairs[value] if isinstance(value, str) else renamed(value, pairs)
    fix = Fix("safe", edits={violation.pointer: mended})
    yield Fault(pointer=violation.pointer, args={"what": what}, fix=fix)
