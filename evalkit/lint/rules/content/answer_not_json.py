# SPDX-License-Identifier: Apache-2.0
"""CNT014."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.habits import Habits
from evalkit.lint.rule import rule
from evalkit.lint.texts import answer

__all__ = ["answer_not_json"]

_FEWEST = 10  # answers; fewer have no habit
_NEARLY_ALL = 0.95
_TEXT, _OBJECT, _ARRAY = "text", "{…}", "[…]"
_MOST = 2048  # characters of all keys; objects with more are maps, their keys are data
_JOINT = "\0"
_SHOWN = 24  # characters of an answer that is no JSON


@rule(
    "CNT014",
    scope="file",
    methods=("sft", "completion"),
    severity="warning",
    en="{share:.1%} of the answers are `{usual}`, this one is `{this}`; write all in one form",
    zh="{share:.1%} 的回答是 `{usual}`，这一条却是 `{this}`；请统一格式",
)
def answer_not_json(example: Example, forms: Habits[str], keys: Habits[str]) -> None:
    """## What it does
    Finds answers that are no JSON where `least_json_share` of all are a JSON object or array; arrays among
    objects, objects among arrays, and objects with other keys, where 95 % are alike. Needs 10 answers; the
    first 100 of each kind are reported.
    ## Why is this bad?
    What reads the answers of such a model is a program. If one example in a hundred cannot be read, or
    lacks a key, so does one answer in a hundred.
    """
    last = answer(example)
    if last is None:
        return
    text = last.content
    value = _loaded(text) if text[:1] in _JSON_BEGINS else None
    if value is None:
        forms.add(_TEXT, example, last)
    elif isinstance(value, dict):
        forms.add(_OBJECT, example, last)
        names = _JOINT.join(sorted(value))
        if len(names) <= _MOST:
            keys.add(names, example, last)
    else:
        forms.add(_ARRAY, example, last)


@answer_not_json.finish
def others(
    forms: Habits[str], keys: Habits[str], *, least_json_share: float = 0.9
) -> Iterator[Fault]:
    """Those that are not as the many are."""
    total, texts = forms.total(), forms.counts.get(_TEXT, 0)
    found = total - texts
    if total < _FEWEST or found < least_json_share * total:
        return
    usual = max((_OBJECT, _ARRAY), key=lambda form: forms.counts.get(form, 0))
    yield from _faults(forms, (_TEXT,), found / total, usual)
    number = forms.counts[usual]
    if number < _NEARLY_ALL * found:
        return
    yield from _faults(forms, {_OBJECT, _ARRAY} - {usual}, number / total, usual)
    names = keys.usual()
    if usual == _OBJECT and names is not None and keys.counts[names] >= _NEARLY_ALL * number:
        share = keys.counts[names] / total
        for other in sorted(set(keys.counts) - {names}):
            shown = _difference(names.split(_JOINT), other.split(_JOINT))
            yield from _faults(keys, (other,), share, *shown)


_JSON_BEGINS = frozenset("{[ \n\r\t")


def _faults(
    kinds: Habits[str], which: Iterable[str], share: float, usual: str, this: str = ""
) -> Iterator[Fault]:
    for kind in which:
        for seen in kinds.seen(kind):
            args = {"share": share, "usual": usual, "this": this or kind}
            yield Fault(location=seen.location, pointer=seen.pointer, args=args)


def _difference(usual: list[str], this: list[str]) -> tuple[str, str]:
    """The keys of two objects, those first that only it has."""
    return _shown(usual, this), _shown(this, usual)


def _shown(keys: list[str], others: list[str]) -> str:
    ordered = sorted(keys, key=lambda key: (key in others, key))
    return "{" + ", ".join(json.dumps(key, ensure_ascii=False) for key in ordered if key) + "}"


def _loaded(text: str) -> dict[str, object] | list[object] | None:
    """The object or array that a text is."""
    import jiter

    try:
        value = jiter.from_json(text.strip().encode("utf-8", "surrogatepass"))
    except ValueError:
        return None
    return value if isinstance(value, dict | list) else None
