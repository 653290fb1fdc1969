# SPDX-License-Identifier: Apache-2.0
r"""Texts with fields in them: `{title}\n{ask}`.

A template is taken apart once, when it is given; a row's texts are then put between its literal
parts in one pass. What stands in the data is never looked at: `{title}` or `{{ x }}` in a cell
stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt

__all__ = ["Field", "bound", "fields", "filled", "parsed"]

T = TypeVar("T")

_MARK = re.compile(r"\\([nt\\])|(\{\{|\}\})|\{([^{}]*)\}|([{}])")
_ESCAPES: Mapping[str, str] = {"n": "\n", "t": "\t", "\\": "\\"}


class Field(NamedTuple):
    """A place in a template that a row fills.

    Attributes:
        name: Of a column or a key, as the user wrote it.
    """

    name: str


def parsed(text: str) -> tuple[str | Field, ...]:
    r"""The literal parts and the fields of a template, in order.

    `\n`, `\t` and `\\` are a line feed, a tab and a backslash; `{{` and `}}` are braces.

    Raises:
        UsageError: A brace stands alone, or a field has no name.
    """
    parts: list[str | Field] = []
    literal, end = "", 0
    for mark in _MARK.finditer(text):
        literal += text[end : mark.start()]
        end = mark.end()
        escape, brace, name, lone = mark.groups()
        if escape:
            literal += _ESCAPES[escape]
        elif brace:
            literal += brace[0]
        elif lone or not name.strip():
            what = f"`{lone}` stands alone" if lone else "a field has no name"
            raise UsageError(
                f"template `{excerpt(text)}`: {what}",
                "a field is {NAME}; braces of the text itself are written {{ and }}",
            )
        else:
            parts += [literal] if literal else []
            parts.append(Field(name.strip()))
            literal = ""
    literal += text[end:]
    return (*parts, literal) if literal else tuple(parts)


def fields(parts: Iterable[str | Field]) -> tuple[str, ...]:
    """Names of the fields of a template, each once."""
    return tuple(dict.fromkeys(part.name for part in parts if isinstance(part, Field)))


def bound(parts: Iterable[str | Field], find: Callable[[str], T]) -> tuple[str | T, ...]:
    """The template with what each name stands for in place of the name.

    Args:
        parts: Of the template.
        find: Name to column or key; raises where there is none.
    """
    return tuple(part if isinstance(part, str) else find(part.name) for part in parts)


def filled(parts: Sequence[str | T], text: Callable[[T], str]) -> str:
    """The text of a row; empty where every field is, for then only the template would speak.

    Args:
        parts: Of a template that is bound.
        text: What the row has in place of a field.
    """
    texts = [part if isinstance(part, str) else text(part) for part in parts]
    said = [told for part, told in zip(parts, texts, strict=True) if not isinstance(part, str)]
    return "".join(texts) if any(said) or not said else ""
