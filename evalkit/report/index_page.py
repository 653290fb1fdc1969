# SPDX-License-Identifier: Apache-2.0
"""The list of runs as one HTML page, which links to theirs; the same runs give the same bytes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote, quote_from_bytes

from markupsafe import Markup

from evalkit.core.strings import Language
from evalkit.evaluation.result import AskedModel, GateResult, Run
from evalkit.page.markup import data, fill
from evalkit.page.numbers import amount, between, change, count, ends, money
from evalkit.page.phrase import Phrase, Text, same, say
from evalkit.report.data_page import Choice, Part, data_page, finder
from evalkit.report.index_runs import Listed, Unread
from evalkit.report.names import metric_name, model_name
from evalkit.report.reading import card_of, difference_of, measure_of
from evalkit.report.verdict_words import decision_word

__all__ = ["address", "index_page"]

_MOST = 2_000  # runs of a list
_SUITES = 200
_LOST = 50
_PILLS = {"ship": "good", "dont_ship": "bad", "not_proven": "undecided", "measured": ""}


def index_page(
    runs: Sequence[Listed],
    unread: Sequence[Unread],
    *,
    at: Path,
    language: Language = "en",
) -> str:
    """The whole self-contained HTML file.

    Args:
        runs: In the order in which they are listed.
        unread: Told below them.
        at: The folder that the page will be in: links are relative to it, so that the folder can
            be moved, or served, as a whole.
        language: The one that the page opens in; both are in it.

    Returns:
        Deterministic text, ready to be written as UTF-8.
    """
    text = Text(language)
    title = say("{n} runs", "{n} 次运行", n=count(len(runs)))
    if len(runs) == 1:
        title = say("1 run", "1 次运行")
    shown, rows, damaged = _rows_of(runs[:_MOST], at)
    unread = [*unread, *damaged]
    suites = list(dict.fromkeys(one.run.suite for one in shown))
    decisions = list(dict.fromkeys(one.run.decision for one in shown))
    search = finder(
        text,
        len(shown),
        say("runs", "次运行"),
        [
            Choice(
                "suite",
                say("Suite", "测试集"),
                [(str(k), same(data(name, 60))) for k, name in enumerate(suites[:_SUITES])],
            ),
            Choice(
                "decision",
                say("Verdict", "结论"),
                [(one, decision_word(one)) for one in decisions],
            ),
        ],
    )
    body = fill(
        "evalkit.report",
        "index_runs.html",
        text=text,
        title=title,
        search=search if shown else Markup(),
        rows=[row | {"suite_at": suites.index(row["suite_name"])} for row in rows],
        more=count(len(runs) - _MOST) if len(runs) > _MOST else "",
        unread=[(data(_relative(one.folder, at), 200), one.why) for one in unread[:_LOST]],
        unread_more=count(len(unread) - _LOST) if len(unread) > _LOST else "",
    )
    whole = say("{t} · evalkit", "{t} · evalkit", t=title)
    part = Part("runs", say("Runs", "运行"), body, headed=False)
    return data_page(whole, [part], language=language, finds=bool(shown))


def _rows_of(
    runs: Sequence[Listed], at: Path
) -> tuple[list[Listed], list[dict[str, Any]], list[Unread]]:
    """The runs that can be shown, their lines, and those whose record is not what it should be."""
    shown, rows, damaged = [], [], []
    for one in runs:
        try:
            rows.append(_row(one, at))
        except (AttributeError, KeyError, TypeError, ValueError):  # of the wrong kind within
            damaged.append(Unread(one.folder))
        else:
            shown.append(one)
    return shown, rows, damaged


def _row(one: Listed, at: Path) -> dict[str, Any]:
    run = one.run
    passed = sum(gate.verdict == "pass" for gate in run.gates)
    return {
        "when": data(run.started[:16].replace("T", " "), 16),
        "suite": data(run.suite, 80),
        "suite_name": run.suite,
        "link": address(one.page, at) if one.page is not None else "",
        "place": data(_relative(one.folder, at), 120),
        "decision": run.decision if run.decision in _PILLS else "measured",
        "word": decision_word(run.decision) if run.decision in _PILLS else same("–"),
        "pill": _PILLS.get(run.decision, ""),
        "who": _who(run),
        "number": _number(run),
        "span": _span(run),
        "n": _rows(run),
        "gates": f"{passed}/{len(run.gates)}" if run.gates else "–",
        "gates_kind": _gates_kind(run.gates),
        "cost": _cost(card_of(run, run.candidate)),
        "spent": _spent(run),
    }


def _gates_kind(gates: Sequence[GateResult]) -> str:
    """The tone of the count: bad only where one failed; what is undecided is a warning."""
    verdicts = {gate.verdict for gate in gates}
    return "bad" if "fail" in verdicts else "warn" if "undecided" in verdicts else ""


def _who(run: Run) -> Phrase:
    ours = model_name(run, run.candidate)
    if run.base is None:
        return ours
    return say("{a} against {b}", "{a} 对 {b}", a=ours, b=model_name(run, run.base))


def _number(run: Run) -> Phrase:
    """The primary difference, or of one model the measure, with the metric's name."""
    name = metric_name(run.primary)
    if (found := difference_of(run)) is not None:
        value = change(found.interval.value, found.unit)
        return say("{m} {v}", "{m} {v}", m=name, v=value)
    if (one := measure_of(run, run.candidate)) is not None:
        return say("{m} {v}", "{m} {v}", m=name, v=amount(one.interval.value, one.unit))
    return same("–")


def _span(run: Run) -> Phrase:
    if (found := difference_of(run)) is not None:
        return between(found.interval, found.unit, signed=True)
    if (one := measure_of(run, run.candidate)) is not None:
        span = ends(one.interval, one.unit)
        return same(span) if span != "–" else same("")
    return same("")


def _rows(run: Run) -> str:
    found = difference_of(run) or measure_of(run, run.candidate)
    return count(found.interval.n) if found is not None else "–"


def _cost(card: AskedModel | None) -> str:
    if card is None or card.cost_per_1000 is None:
        return "–"
    return money(card.cost_per_1000, card.currency)


def _spent(run: Run) -> Phrase:
    """What the run cost, where all its models name one currency."""
    known = [card for card in run.models if card.cost is not None]
    if not known or len({card.currency for card in known}) > 1:
        return same("")
    from decimal import Decimal, InvalidOperation

    try:
        total = sum((Decimal(card.cost or "0") for card in known), Decimal(0))
    except InvalidOperation:
        return same("")
    return say("run: {m}", "本次：{m}", m=money(str(total), known[0].currency))


def address(page: Path, at: Path) -> str:
    """A relative address of a file from a folder, with everything escaped that could mean more.

    It begins with `./` or `../`, so that no folder's name is taken for a scheme or a host.
    """
    try:
        parts = PurePath(os.path.relpath(page, at)).parts
    except ValueError:  # another drive
        return page.absolute().as_uri()
    found = "/".join(_escaped(part) for part in parts)
    return found if found.startswith("../") else f"./{found}"


def _escaped(part: str) -> str:
    if part == "..":
        return part
    try:
        return quote_from_bytes(os.fsencode(part), safe="")  # names that are no UTF-8, too
    except UnicodeEncodeError:  # Windows
        return quote(part, safe="", errors="replace")


def _relative(path: Path, at: Path) -> str:
    try:
        return os.path.relpath(path, at)
    except ValueError:  # another drive
        return str(path)
