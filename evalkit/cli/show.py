# SPDX-License-Identifier: Apache-2.0
"""`evalkit show`: one example as a conversation."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._files import local
from evalkit.core.errors import InputError, UsageError
from evalkit.core.strings import language

if TYPE_CHECKING:
    from evalkit.core.example import Example, Message
    from evalkit.lint.settings import Settings

__all__ = ["show"]

_PLACE = re.compile(r"(?:[A-Za-z]{1,3})?([0-9]{1,9})")
_TOKENS = ("tokens", "个 token")
_NOT_LEARNED = (", not learned", "，不参与学习")
_COLORS = {"system": "magenta", "developer": "magenta", "user": "cyan", "assistant": "green"}


@click.command()
@click.argument("place", metavar="FILE:LINE")
@click.argument("line", required=False, metavar="[LINE]")
@click.option("--model", metavar="NAME", help="Whose tokens to count; else o200k_base.")
@click.option("--target", "targets", multiple=True, metavar="NAME", help="Whose rules apply.")
@click.option("--columns", metavar="ROLE=HEADER,…", help="Which column of a table is which.")
@click.option("--sheet", metavar="NAME", help="Of a workbook.")
@click.option("--encoding", metavar="NAME", help="Of text files, where it is found wrong.")
@click.option("--lang", envvar="EVALKIT_LANG", type=click.Choice(["en", "zh"]), help="Language.")
def show(place: str, line: str | None, **given: Any) -> None:
    """Print one example as a conversation, with its tokens and findings.

    FILE:17 is the line (or the row of a table), FILE:C17 the cell of a spreadsheet.
    """
    from evalkit.cli.lint import settings_of

    path, number = _parsed(place, line)
    settings = settings_of(given)
    example = _example(path, number, settings)
    for text in _conversation(example, _encoding(settings), zh=settings.language == "zh"):
        click.echo(text, color=None if sys.stdout.isatty() else False)
    for text in _findings(path, example, settings, given):
        click.echo(text, color=None if sys.stdout.isatty() else False)


def _parsed(place: str, line: str | None) -> tuple[str, int]:
    path, colon, rest = place.rpartition(":")
    if line is not None:
        path, rest = place, line
    match = _PLACE.fullmatch(rest)
    if match is None or not path or int(match[1]) < 1 or not (colon or line):
        raise UsageError(f"`{place}` names no line", "such as train.jsonl:17 or support.xlsx:C17")
    return local(path), int(match[1])


def _example(path: str, number: int, settings: Settings) -> Example:
    from evalkit.data.read import open_data

    data = open_data(path, table=settings.table, layouts=settings.layouts, guess=True)
    last = 0
    for example in data:
        where = example.location
        last = where.end_line or where.line or last
        if (where.line or 0) <= number <= last:
            return example
        if (where.line or 0) > number:
            raise InputError(f"{path}:{number} holds no example", f"next: line {where.line}")
    hint = f"its last is {last}" if last else f"it holds no example; see: evalkit lint {path}"
    raise InputError(f"{path} has no line {number}", hint)


def _encoding(settings: Settings) -> str:
    if settings.model is None:
        return "o200k_base"
    from evalkit.targets.load import model_named

    return model_named(settings.model).encoding or "o200k_base"


def _conversation(example: Example, encoding: str, *, zh: bool) -> Iterator[str]:
    from evalkit.core.printable import printable
    from evalkit.core.secrets import masked
    from evalkit.lint.counting import count

    where = example.location
    number = f"第 {where.number} 条" if zh else f"example {where.number}"
    yield click.style(printable(str(where)), bold=True) + (f"  {number}" if where.number else "")
    if example.broken is not None or not example.messages:
        yield ""
        yield from _wrapped(masked(example.raw.decode("utf-8", "replace")))
        return
    tokens = count([example], encoding)[0]
    total = tokens.tokens
    name = example.format.name if example.format is not None else ""
    yield (
        f"{name}，{total.billed:,} 个 token（{encoding}），其中 {total.learned:,} 个参与学习"
        if zh
        else f"{name}, {total.billed:,} tokens ({encoding}), {total.learned:,} of them learned"
    )
    for message, span in zip(example.messages, tokens.messages, strict=True):
        color = _COLORS.get(message.role, "yellow")
        role = click.style(printable(message.role), fg=color, bold=True)
        cells, where_said = example.cells, message.pointer
        cell = cells.get(f"{where_said}/content") or cells.get(where_said, "")
        unlearned = message.role == "assistant" and not span.learns
        size = span.overhead + span.images + span.said
        facts = f"{size:,} {_TOKENS[zh]}{_NOT_LEARNED[zh] if unlearned else ''}"
        yield ""
        comma = "，" if zh else ", "
        yield f"{role}  " + click.style(f"{cell + comma if cell else ''}{facts}", dim=True)
        yield from _said(message)
    if example.fields:
        shown = ", ".join(f"{k}: {v}" for k, v in example.fields.items())
        yield ""
        yield from _wrapped(masked(shown), indent="")


def _said(message: Message) -> Iterator[str]:
    from evalkit.core.secrets import masked

    if isinstance(message.content, str):
        yield from _wrapped(masked(message.content))
    elif isinstance(message.content, list):
        for part in message.content:
            text = part.get("text") if isinstance(part, dict) else None
            shown = text if isinstance(text, str) else json.dumps(part, ensure_ascii=False)
            yield from _wrapped(masked(shown)[:2000])
    for call in message.value.get("tool_calls") or ():
        function = call.get("function", {}) if isinstance(call, dict) else {}
        yield from _wrapped(masked(f"→ {function.get('name')}({function.get('arguments')})"))


def _wrapped(text: str, indent: str = "  ") -> Iterator[str]:
    """Lines that fit the terminal; Chinese characters take two columns."""
    from rich.cells import cell_len, chop_cells

    from evalkit.core.printable import printable

    width = max(20, min(100, shutil.get_terminal_size((100, 24)).columns) - len(indent))
    for line in text.split("\n"):
        shown = printable(line.rstrip("\r").expandtabs(4))
        while cell_len(shown) > width:
            head = chop_cells(shown, width)[0]
            blank = head.rfind(" ")
            cut = blank + 1 if blank > len(head) // 2 else len(head)
            yield indent + shown[:cut].rstrip()
            shown = shown[cut:]
        yield (indent + shown).rstrip()


def _findings(
    path: str, example: Example, settings: Settings, given: dict[str, Any]
) -> Iterator[str]:
    from evalkit.lint.engine import check
    from evalkit.lint.outputs._look import Look
    from evalkit.lint.outputs.full import headline

    found = [
        f for f in check([path], settings).findings if f.location.line == example.location.line
    ]
    look = Look(color=True, language=language(given["lang"]))
    if found:
        yield ""
    for finding in found:
        pointer = f"  {finding.pointer}" if finding.pointer else ""
        yield headline(finding, look) + click.style(pointer, dim=True)
