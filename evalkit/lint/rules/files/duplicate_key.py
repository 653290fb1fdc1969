# SPDX-License-Identifier: Apache-2.0
"""FIL006."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule

__all__ = ["duplicate_key"]


@rule(
    "FIL006",
    scope="bytes",
    only_with="repeated_keys",
    severity="warning",
    en="the key `{key}` stands more than once in one object; readers keep only one of its values",
    zh="同一对象中键 `{key}` 出现多次，读取时只会保留一个值",
)
def duplicate_key(example: Example) -> Iterable[Fault]:
    """## What it does
    Finds objects in which a key occurs twice. The last value counts, here and in most readers; what
    else is wrong with the row is said for that one.
    ## Why is this bad?
    What stands under the first is lost without a word, and readers do not agree on which one to keep.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hey", "content": "Hello!"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## References
    RFC 8259, 4: "The names within an object SHOULD be unique".
    """
    if not example.repeated_keys:
        return ()
    return [
        Fault(pointer=pointer, args={"key": _name(pointer)}) for pointer in example.repeated_keys
    ]


def _name(pointer: str) -> str:
    return pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
