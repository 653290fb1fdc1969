# SPDX-License-Identifier: Apache-2.0
"""Tool calls by name and argument: which are missed, which are filled wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

from markupsafe import Markup

from evalkit.evaluation.result import Row, Run
from evalkit.page.markup import data, fill, row_link
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, say
from evalkit.page.words import marked
from evalkit.report.names import model_name
from evalkit.report.reading import asked
from evalkit.report.section import section
from evalkit.report.tool_calls_of import CallPair, pair_calls

__all__ = ["tool_calls"]

_Key = TypeVar("_Key")
_Counts = dict[str, Counter[str]]  # by model

_MOST_ROWS = 10
_MOST_TOOLS = 30
_WORDS = {
    "same": ("right", "正确"),
    "other": ("other arguments", "参数不同"),
    "missing": ("not called", "未调用"),
    "extra": ("not wanted", "多余的调用"),
}
_KINDS = {"same": "good", "other": "bad", "missing": "bad", "extra": "bad"}


def _has_calls(run: Run) -> bool:
    return any(row.calls or any(a.calls for a in row.answers.values()) for row in run.rows)


@section(order=57, en="Tool calls", zh="工具调用", applies=_has_calls)
def tool_calls(run: Run, text: Text) -> Markup:
    """Tools by model, arguments by model, and the first rows on which the candidate is off."""
    names = [card.name for card in run.models]
    tools: dict[str, _Counts] = {}
    arguments: dict[tuple[str, str], _Counts] = {}
    for name in names:
        for row in run.rows:
            for pair in _pairs(row, name):
                by = tools.setdefault(pair.name, {n: Counter() for n in names})
                by[name][pair.what] += 1
                if pair.what in ("missing", "extra"):
                    continue
                for one in pair.arguments:
                    key = (pair.name, one.name)
                    of = arguments.setdefault(key, {n: Counter() for n in names})
                    of[name][one.what] += 1
    off = [row for row in run.rows if _off(row, run.candidate)]
    return fill(
        "evalkit.report.sections",
        "tool_calls.html",
        text=text,
        models=[model_name(run, name) for name in names],
        tools=[
            (data(tool, 60), [_tool(by[name], text) for name in names])
            for tool, by in _largest(tools)
        ],
        arguments=[
            (data(tool, 60), data(key, 60) if key else text("as a whole", "整体"),
             [_argument(by[name], text) for name in names])
            for (tool, key), by in _largest(arguments)
        ],
        off=count(len(off)),
        rows=[_row(run, row) for row in off[:_MOST_ROWS]],
        compared=[model_name(run, name) for name in _compared(run)],
        more=count(len(off) - _MOST_ROWS) if len(off) > _MOST_ROWS else "",
    )  # fmt: skip


def _compared(run: Run) -> list[str]:
    return [name for name in (run.base, run.candidate) if name is not None]


def _pairs(row: Row, model: str | None) -> list[CallPair]:
    answer = row.answers.get(model or "")
    if answer is None or answer.error is not None:
        return []
    return pair_calls(row.calls, answer.calls)


def _off(row: Row, model: str | None) -> bool:
    return any(pair.what != "same" for pair in _pairs(row, model))


def _largest(found: dict[_Key, _Counts]) -> list[tuple[_Key, _Counts]]:
    """Those that occur most often, first seen first among equals."""
    ordered = sorted(found.items(), key=lambda item: -sum(c.total() for c in item[1].values()))
    return ordered[:_MOST_TOOLS]


def _tool(found: Counter[str], text: Text) -> dict[str, object]:
    """Expected calls that are right, and what the others are."""
    wanted = found["same"] + found["other"] + found["missing"]
    notes = [
        say(f"{{n}} {en}", f"{{n}} 次{zh}", n=count(found[what]))
        for what, (en, zh) in _WORDS.items()
        if what != "same" and found[what]
    ]
    return {"right": _of(found["same"], wanted, text), "notes": notes}


def _argument(found: Counter[str], text: Text) -> dict[str, object]:
    words = {
        "other": say("{n} differ", "{n} 次不同", n=count(found["other"])),
        "missing": say("{n} left out", "{n} 次缺少", n=count(found["missing"])),
        "extra": say("{n} added", "{n} 次多出", n=count(found["extra"])),
    }
    wanted = found["same"] + found["other"] + found["missing"]
    notes = [word for what, word in words.items() if found[what]]
    return {"right": _of(found["same"], wanted, text), "notes": notes}


def _of(right: int, wanted: int, text: Text) -> Phrase | str:
    if not wanted:
        return "–"
    return text("{k} of {n}", "{k}/{n}", k=count(right), n=count(wanted))


def _row(run: Run, row: Row) -> tuple[str, Markup, list[list[dict[str, object]]]]:
    """Link, question, and of each compared model every call with its arguments."""
    return (
        row_link(row.id),
        data(asked(row), 220),
        [[_call(pair) for pair in _pairs(row, name)] for name in _compared(run)],
    )


def _call(pair: CallPair) -> dict[str, object]:
    return {
        "name": data(pair.name, 60),
        "kind": _KINDS[pair.what],
        "word": say(*_WORDS[pair.what]),
        "arguments": list(_shown(pair)),
    }


def _shown(pair: CallPair) -> Iterator[tuple[Markup, Markup, Markup | None]]:
    """Name, value given, and what was expected instead; the words that differ are marked."""
    whole = pair.what in ("missing", "extra")  # all of it on one side: nothing to compare
    for one in pair.arguments:
        name = data(one.name, 40)
        if whole or one.what == "same":
            yield name, data(one.given or one.wanted, 80), None
        else:
            given = marked(one.given, one.wanted, 80) if one.given else data("–")
            yield name, given, data(one.wanted or "–", 80)
