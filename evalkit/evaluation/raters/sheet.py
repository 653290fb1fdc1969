# SPDX-License-Identifier: Apache-2.0
"""The sheet that raters fill in: blind, shuffled, safe to open in a spreadsheet program."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.atomic import atomic
from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.core.strings import Language
from evalkit.data.cells import guarded
from evalkit.evaluation.raters.draw import Drawn
from evalkit.evaluation.raters.key import Key, answers_digest, pair_digest, swapped
from evalkit.evaluation.raters.table import SHEET
from evalkit.evaluation.raters.words import Kind
from evalkit.evaluation.result import Row

__all__ = ["Plan", "sheet_rows", "write_sheet"]

_HEADERS: dict[str, tuple[str, str]] = {
    "id": ("id", "编号"),
    "question": ("question", "问题"),
    "expected": ("expected", "参考答案"),
    "A": ("reply A", "回答 A"),
    "B": ("reply B", "回答 B"),
    "reply": ("reply", "回答"),
    "verdict": ("verdict", "判断"),
    "comment": ("comment", "备注"),
    "key": ("key", "密钥"),
}
_CHOICES: dict[Kind, tuple[Sequence[str], Sequence[str]]] = {
    "pair": (("A", "B", "tie"), ("A", "B", "平")),
    "right": (("right", "wrong"), ("对", "错")),
}
_WIDTHS = {"question": 45, "expected": 30, "A": 50, "B": 50, "reply": 50, "verdict": 12}
_WIDTHS |= {"id": 12, "comment": 30, "key": 8}
_MOST = 32_000  # UTF-16 units: a cell of a workbook holds 32,767
# What no workbook or CSV can hold: controls but for tab and line feed, lone surrogates, U+FFFE. And
# what turns the text around it, so that a rater reads another answer than was given.
_UNHOLDABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the same rows make the same bytes
_HOW = {
    "pair": (
        (
            "Read the question, then both replies. Which one is better?",
            "Write A, B or tie into the column `verdict`. Leave it empty where you cannot say.",
            "Length and style are no merit by themselves. A tie is a good answer.",
            "Do not discuss rows with other raters before all of you are done.",
        ),
        (
            "先读问题，再读两个回答。哪个更好？",
            "在“判断”一列填 A、B 或 平；无法判断时留空。",
            "长度和文风本身不是优点；平局也是好答案。",
            "全部评完之前，请不要与其他评审讨论。",
        ),
    ),
    "right": (
        (
            "Read the question and the reply. Is the reply right?",
            "Write right or wrong into the column `verdict`. Leave it empty where you cannot say.",
            "The column `expected` is the answer of the data: it may be wrong itself.",
            "Do not discuss rows with other raters before all of you are done.",
        ),
        (
            "先读问题，再读回答。回答对吗？",
            "在“判断”一列填 对 或 错；无法判断时留空。",
            "“参考答案”来自数据，它本身也可能有错。",
            "全部评完之前，请不要与其他评审讨论。",
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a sheet shows and hides.

    Attributes:
        pair: (candidate, base); never in the sheet.
        kind: As in `Humans`.
        seed: Decides the sides.
        ask: The question to raters; "" = the usual one.
        raters: Columns for verdicts.
        language: Of headers; the instructions are in both.
    """

    pair: tuple[str, str | None]
    kind: Kind
    seed: int = 0
    ask: str = ""
    raters: int = 1
    language: Language = "en"


def sheet_rows(drawn: Drawn, plan: Plan) -> tuple[list[str], list[dict[str, str]]]:
    """Columns in order, by their names here; and rows of texts, by the same names."""
    replies = ["A", "B"] if plan.kind == "pair" else ["reply"]
    columns = ["id", "question", "expected", *replies, *_verdicts(plan), "comment", "key"]
    return columns, [cells for row in drawn.rows for cells in _lines(row, drawn, plan)]


def write_sheet(path: Path, drawn: Drawn, plan: Plan) -> int:
    """Write the sheet, whole or not at all.

    Args:
        path: Ends in .xlsx or .csv.
        drawn: Its rows.
        plan: What it shows.

    Returns:
        Lines to fill in.

    Raises:
        UsageError: Another suffix.
        MissingExtraError: No workbook can be written without the extra `xlsx`.
        InputError: The place cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in (".xlsx", ".csv"):
        raise UsageError(f"{path} is neither .xlsx nor .csv", "such as -o labels.xlsx")
    columns, rows = sheet_rows(drawn, plan)
    body = _csv(columns, rows, plan) if suffix == ".csv" else _xlsx(columns, rows, plan, drawn)
    with atomic(path) as stream:
        stream.write(body)
    return len(rows)


def _verdicts(plan: Plan) -> list[str]:
    if plan.raters == 1:
        return ["verdict"]
    return [f"verdict_{k}" for k in range(1, plan.raters + 1)]


def _lines(row: Row, drawn: Drawn, plan: Plan) -> Iterator[dict[str, str]]:
    candidate, base = plan.pair
    digest = pair_digest(plan.seed, candidate, base)
    turned = swapped(plan.seed, row.id)
    shown = {"id": row.id, "question": _question(row, drawn), "expected": row.expected}
    ours = row.answers[candidate].text
    theirs = row.answers[base].text if base is not None else ours

    def key(slot: str, *texts: str) -> str:
        return str(Key(plan.seed, digest, slot, answers_digest(plan.seed, *texts), row.id))

    if plan.kind == "pair":
        first, second = (theirs, ours) if turned else (ours, theirs)
        yield {**shown, "A": first, "B": second, "key": key("A", ours, theirs)}
    elif base is None:
        yield {**shown, "reply": ours, "key": key("2" if turned else "1", ours)}
    elif ours.strip() == theirs.strip():
        yield {**shown, "reply": ours, "key": key("=", ours)}
    else:
        first, second = (theirs, ours) if turned else (ours, theirs)
        yield {**shown, "reply": first, "key": key("1", first)}
        yield {**shown, "reply": second, "key": key("2", second)}


def _question(row: Row, drawn: Drawn) -> str:
    """What was asked; with the speakers where there are several turns."""
    shown = row.messages
    if _common_system(drawn):
        shown = shown[1:]
    if len(shown) == 1:
        return shown[0][1]
    return "\n\n".join(f"{role}: {text}" for role, text in shown)


def _common_system(drawn: Drawn) -> str:
    """The system message, where all rows have the same: it is said once, in the instructions."""
    first = {row.messages[0] for row in drawn.rows if row.messages}
    if len(first) != 1 or any(len(row.messages) < 2 for row in drawn.rows):
        return ""
    role, text = first.pop()
    return text if role in ("system", "developer") else ""


def _header(column: str, language: Language) -> str:
    stem, _, number = column.partition("_")
    text = _HEADERS[stem][language == "zh"]
    return f"{text}_{number}" if number else text


def _holdable(text: str) -> str:
    shown = _UNHOLDABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(shown) * 2 > _MOST and len(shown.encode("utf-16-le")) // 2 > _MOST:
        cut = shown.encode("utf-16-le")[: 2 * _MOST].decode("utf-16-le", "ignore")
        return f"{cut}\n[…]"
    return shown


def _csv(columns: Sequence[str], rows: Sequence[dict[str, str]], plan: Plan) -> bytes:
    """No cell is a formula (`data.cells`); the mark tells Excel that it is UTF-8."""
    stream = io.StringIO(newline="")
    cells = csv.writer(stream)
    cells.writerow([_header(column, plan.language) for column in columns])
    cells.writerows([guarded(_holdable(row.get(column, ""))) for column in columns] for row in rows)
    return codecs.BOM_UTF8 + stream.getvalue().encode("utf-8")


def _xlsx(
    columns: Sequence[str], rows: Sequence[dict[str, str]], plan: Plan, drawn: Drawn
) -> bytes:
    """A sheet of texts with a list to choose verdicts from, and one that says how."""
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise MissingExtraError("xlsxwriter", extra="xlsx", purpose="write a workbook") from error
    stream = io.BytesIO()
    never = ("strings_to_formulas", "strings_to_numbers", "strings_to_urls")
    book = Workbook(stream, {"in_memory": True, **dict.fromkeys(never, False)})
    book.set_properties({"title": "evalkit label", "created": _EPOCH})
    sheet = book.add_worksheet(SHEET)
    bold = book.add_format({"bold": True, "bottom": 1})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    fill_in = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFF7D6"})
    sheet.freeze_panes(1, 0)
    choices = list(_CHOICES[plan.kind][plan.language == "zh"])
    for column, name in enumerate(columns):
        stem = name.partition("_")[0]
        hidden: dict[str, Any] = {"hidden": True} if stem == "key" else {}
        sheet.set_column(column, column, _WIDTHS[stem], text, hidden)
        sheet.write_string(0, column, _header(name, plan.language), bold)
        if stem == "verdict" and rows:
            sheet.data_validation(
                1,
                column,
                len(rows),
                column,
                {"validate": "list", "source": choices, "error_type": "warning"},
            )
    for number, row in enumerate(rows, 1):
        for column, name in enumerate(columns):
            if name.startswith("verdict"):
                sheet.write_blank(number, column, None, fill_in)
            elif cell := _holdable(row.get(name, "")):
                sheet.write_string(number, column, cell, text)
    _how_to(book, plan, drawn)
    book.close()
    return stream.getvalue()


def _how_to(book: Any, plan: Plan, drawn: Drawn) -> None:
    sheet = book.add_worksheet("how to 说明")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 100, wrapped)
    english, chinese = _HOW[plan.kind]
    system = _common_system(drawn)
    said = [plan.ask] if plan.ask else []
    for lines, head in ((english, "All models were told:"), (chinese, "所有模型收到的系统提示：")):
        said += ["", *lines]
        if system:
            said += [head, system]
    for number, line in enumerate(said):
        if line:
            sheet.write_string(number, 0, _holdable(line), wrapped)
