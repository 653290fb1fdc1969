# SPDX-License-Identifier: Apache-2.0
"""SET004."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from evalkit.core.accumulators import Firsts
from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.core.secrets import quoted
from evalkit.lint.kinds import Kind, Kinds
from evalkit.lint.phrase import Phrase
from evalkit.lint.rule import rule

__all__ = ["Prompts", "several_system_prompts"]

_INSTRUCTIONS = ("system", "developer")
_NEAR = 8  # characters by which nearly equal prompts differ at most
_FEW = 10  # rows, below which prompts are not counted
_SHOWN = 20


class Prompts(Kinds):
    """System prompts; where there are more than 100, they are part of the input."""

    MOST = 100
    __slots__ = ()


@rule(
    "SET004",
    scope="file",
    severity="info",
    en="{what:en}",
    zh="{what:zh}",
)
def several_system_prompts(example: Example, prompts: Prompts, without: Firsts) -> None:
    """## What it does
    Finds that the rows of a file have several system prompts, or that some have one and some have none
    (from 10 rows on). Prompts that differ from another by a few characters are shown with the
    difference. More than 20 prompts (option `most`), or one for every three rows, are taken to be part
    of the input.
    ## Why is this bad?
    A tuned model does what it learned under the prompt that it learned it with. Two versions of one
    prompt, or none in some rows, mostly came about by mistake, and the model is later asked with one.
    ## Example
    {"messages": [{"role": "system", "content": "You are a helpful support agent."}, {"role": "user", "content": "Where is my parcel?"}, {"role": "assistant", "content": "May I have its number?"}]}
    {"messages": [{"role": "system", "content": "You are a helpfull support agent."}, {"role": "user", "content": "Can I pay by card?"}, {"role": "assistant", "content": "Yes, with all of the usual ones."}]}
    ## Use instead
    {"messages": [{"role": "system", "content": "You are a helpful support agent."}, {"role": "user", "content": "Where is my parcel?"}, {"role": "assistant", "content": "May I have its number?"}]}
    {"messages": [{"role": "system", "content": "You are a helpful support agent."}, {"role": "user", "content": "Can I pay by card?"}, {"role": "assistant", "content": "Yes, with all of the usual ones."}]}
    """
    messages = example.messages
    if messages:
        first = messages[0]
        if first.role in _INSTRUCTIONS and (text := first.text):
            prompts.add(text, example.location)
        else:
            without.add(example.location)


@several_system_prompts.finish
def several(prompts: Prompts, without: Firsts, *, most: int = 20) -> Iterator[Fault]:
    """Mixture, number, and each prompt that nearly equals a more frequent one."""
    rows = prompts.total + without.total
    if prompts.total and without.total and rows >= _FEW:
        yield _mixed(prompts, without)
    kinds = prompts.items()
    if prompts.overflowed or len(kinds) > most:
        return  # they are part of the input
    near = list(_near(kinds))
    if len(kinds) - len(near) > 1 and rows >= _FEW and 3 * len(kinds) < prompts.total:
        yield _counted(kinds)
    for kind, usual, lost, put in near[:_SHOWN]:
        yield Fault(location=kind.first, args={"what": _differing(kind, usual, rows, lost, put)})


def _mixed(prompts: Prompts, without: Firsts) -> Fault:
    """At the first example of the rarer kind, as far as it is known."""
    few, rows = without.total, prompts.total + without.total
    if 2 * few <= rows:
        what = Phrase(
            f"{few:,} of {rows:,} examples have no system prompt, the others have one; train with "
            "the one that the model will be asked with",
            f"{rows:,} 条中有 {few:,} 条没有系统提示词，其余都有；请用上线时的提示词训练",
        )
        return Fault(location=without.items()[0], args={"what": what})
    what = Phrase(
        f"{prompts.total:,} of {rows:,} examples have a system prompt, the others have none; train "
        "as the model will be asked",
        f"{rows:,} 条中只有 {prompts.total:,} 条有系统提示词；请按上线时的用法训练",
    )
    return Fault(location=prompts.first, args={"what": what})


def _counted(kinds: list[Kind]) -> Fault:
    total = sum(kind.number for kind in kinds)
    excerpt = quoted(kinds[0].text, 40)
    what = Phrase(
        f"{len(kinds)} different system prompts; “{excerpt}” stands in {kinds[0].number:,} of "
        f"{total:,} examples; if that is not meant, write one",
        f"有 {len(kinds)} 种系统提示词，{total:,} 条中有 {kinds[0].number:,} 条是“{excerpt}”；如非有意，请统一",
    )
    return Fault(args={"what": what})


def _differing(kind: Kind, usual: Kind, rows: int, lost: str, put: str) -> Phrase:
    now, then = quoted(put, 24), quoted(lost, 24)
    if not put:
        en, zh = f"lacks “{then}”", f"少了“{then}”"
    elif not lost:
        en, zh = f"has “{now}” too much", f"多了“{now}”"
    else:
        en, zh = f"has “{now}” for “{then}”", f"把“{then}”写成“{now}”"
    return Phrase(
        f"the system prompt here ({kind.number:,} of {rows:,} examples) {en}, compared with the "
        f"usual one ({usual.number:,}); write one of them",
        f"这里的系统提示词（{rows:,} 条中的 {kind.number:,} 条）比常用的（{usual.number:,} 条）{zh}；请统一写法",
    )


def _near(kinds: list[Kind]) -> Iterator[tuple[Kind, Kind, str, str]]:
    """Prompts that nearly equal a more frequent one, with what it has there and what they have."""
    known: set[str] = set()
    for usual, kind in combinations(kinds, 2):
        if kind.text in known:
            continue
        lost, put = _difference(usual.text, kind.text)
        few = max(len(lost), len(put)) <= min(_NEAR, len(usual.text) // 4)
        # Another number or date is a parameter, not another version.
        if few and not any(map(str.isdigit, lost + put)):
            known.add(kind.text)
            yield kind, usual, lost, put


def _difference(one: str, other: str) -> tuple[str, str]:
    """What is left of two texts without their common beginning and end."""
    start = _common(one, other)
    one, other = one[start:], other[start:]
    end = _common(one[::-1], other[::-1])
    return one[: len(one) - end], other[: len(other) - end]


def _common(one: str, other: str) -> int:
    """Length of the common beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
