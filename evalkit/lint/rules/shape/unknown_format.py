# SPDX-License-Identifier: Apache-2.0
"""SCH001."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.core.secrets import quoted
from evalkit.lint.phrase import Phrase
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["unknown_format"]

_TYPES = {
    "boolean": ("true or false", " true 或 false"),
    "array": ("a list", "列表"),
    "object": ("an object", "对象"),
    "string": ("a text", "文本"),
    "number": ("a number", "数字"),
}
_SHOWN = 6  # keys of the row
_NOTHING: dict[str, object] = {"missing": (), "beside": Phrase("", ""), "keys": ()}


@rule(
    "SCH001",
    scope="shape",
    severity="error",
    en="no known row layout{what:en}{missing}{beside:en}{keys}",
    zh="不是已知的数据格式{what:zh}{missing}{beside:zh}{keys}",
)
def unknown_format(example: Example, violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds rows that are of no layout that evalkit knows, and says which one is the nearest and what it
    would need; and parts of a row that its layout does not allow and that no other rule speaks of.
    ## Why is this bad?
    A provider refuses such a row, or a trainer learns from it what nobody meant.
    ## Example
    {"q": "Where is my parcel?", "a": "It arrives tomorrow."}
    ## Use instead
    {"messages": [{"role": "user", "content": "Where is my parcel?"}, {"role": "assistant", "content": "It arrives tomorrow."}]}
    ## References
    OpenAI: "Unexpected file format, expected either prompt/completion pairs or chat messages" and
    "Example 1 is missing key 'input'".
    """
    words = _inside(example, violation) if violation.keyword else _whole(example, violation.wanted)
    yield Fault(pointer=violation.pointer, args={**_NOTHING, **words})


def _whole(example: Example, near: Any) -> dict[str, object]:
    """Each text and each key is cut by itself when it is too long."""
    keys = tuple(f"`{key}`" for key in list(example.value)[:_SHOWN]) or ("{}",)
    if len(example.value) > _SHOWN:
        keys = (*keys, "…")
    if near is None or not near.missing:
        what = Phrase(": a chat row has `messages`, this one ", "：对话应有 `messages`，这一行有 ")
        return {"what": what, "keys": keys}
    name = near.name
    return {
        "what": Phrase(f"; {name} is the nearest and needs ", f"；最接近的是 {name}，还缺 "),
        "missing": tuple(f"`{key}`" for key in near.missing),
        "beside": Phrase(" beside ", "，已有 "),
        "keys": keys,
    }


def _inside(example: Example, violation: Violation) -> dict[str, object]:
    name = example.format.name if example.format is not None else ""
    where = f"`{quoted(violation.pointer or '/')}`"
    wanted = violation.wanted
    if violation.missing:
        needs = f"`{violation.missing}`"
        what = Phrase(f": {name} needs {needs}", f"：{name} 还缺 {needs}")
    elif violation.keyword == "type":
        kind, kind_zh = _TYPES.get(str(wanted), (str(wanted), str(wanted)))
        what = Phrase(f": {where} must be {kind} in {name}", f"：{name} 的 {where} 应为{kind_zh}")
    elif violation.keyword == "maxItems":
        what = Phrase(
            f": {where} holds more than {wanted} in {name}", f"：{name} 的 {where} 最多 {wanted} 项"
        )
    elif violation.keyword == "anyOf":  # of one key or another
        keys = "`label` or `kto_tag`", "`label` 或 `kto_tag`"
        what = Phrase(f": {name} needs {keys[0]}", f"：{name} 还缺 {keys[1]}")
    else:
        what = Phrase(f": {where} ({violation.keyword}) in {name}", f"：{name} 的 {where}")
    return {"what": what}
