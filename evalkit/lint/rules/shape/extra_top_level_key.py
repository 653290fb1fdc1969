# SPDX-License-Identifier: Apache-2.0
"""SCH008."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault, Fix
from evalkit.lint.keys import surplus
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["extra_top_level_key"]

_OURS = ("metadata",)  # where evalkit keeps the slices of a row


@rule(
    "SCH008",
    scope="shape",
    severity="warning",
    fix="unsafe",
    en="{keys} beside the conversation: strict providers refuse rows with other keys; remove it",
    zh="对话之外还有 {keys}：严格的平台会拒收多余的键，请删去",
)
def extra_top_level_key(
    violation: Violation, *, accepted_keys: tuple[str, ...] = (), refused_keys: tuple[str, ...] = ()
) -> Iterator[Fault]:
    """## What it does
    Finds keys of a row that do not belong to its layout, where hosted providers read that layout:
    chat, preference and prompt/completion rows. Rows for graders may have any key, and layouts that
    only trainers read are left alone: trainers pass over columns that they do not know. `metadata`
    is accepted unless the target refuses it (`refused_keys`).
    ## Why is this bad?
    OpenAI, Azure and Together refuse the whole file for one such row; others pass over the key.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}], "source": "crm"}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Fix safety
    Unsafe: no trainer learns what is removed, but you may need it. Keep a copy if you sort your rows by such keys, or
    put them under `metadata`. A key that looks like a misspelled one is left to you.
    ## References
    OpenAI: "Example 536 contains an extra "weight"". Together, client 1.5.35: one of its layouts and
    no other column.
    """
    accepted = frozenset({*_OURS, *accepted_keys} - {*refused_keys})
    row = violation.example.value
    if extra := surplus(row, violation.value, violation.wanted, accepted):
        fix = Fix("unsafe", edits=extra.edits) if extra.edits else None
        yield Fault(pointer=extra.pointer, args={"keys": extra.shown}, fix=fix)
