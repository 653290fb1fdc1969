# SPDX-License-Identifier: Apache-2.0
"""Texts that are written where there is nothing yet, and scalars that stay what they are."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalkit.core.atomic import write_text
from evalkit.core.errors import InputError
from evalkit.core.printable import printable

__all__ = ["NewFile", "State", "comment", "scalar", "state_of", "toml_text", "write_new"]

State = Literal["wrote", "same", "kept"]
"""What became of a file: it is new, it is there as it would be written, or it is another one."""

_PLAIN = re.compile(r"[A-Za-z_./][\w./@+-]*(?:(?:[ :][\w./@+-]+))*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A text and where it belongs.

    Attributes:
        path: As seen from the folder.
        text: The whole of it.
        about: What it is, in a few words, English and Chinese.
        kept: What to do where the file is there already, English and Chinese; ("", "") = nothing.
    """

    path: Path
    text: str
    about: tuple[str, str]
    kept: tuple[str, str] = ("", "")


def state_of(folder: Path, one: NewFile) -> State:
    """What writing would come to."""
    target = folder / one.path
    if not os.path.lexists(target):
        return "wrote"
    try:
        known = target.read_bytes() if target.is_file() else b""
    except OSError:
        known = b""
    return "same" if known == one.text.encode("utf-8", "backslashreplace") else "kept"


def write_new(folder: Path, one: NewFile) -> State:
    """Write it unless something is there.

    Raises:
        InputError: The place lies outside of the folder (a link leads there), or cannot be written.
    """
    state = state_of(folder, one)
    target = folder / one.path
    if state != "wrote":
        return state
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{printable(str(one.path))} would be written outside of {printable(str(folder))}",
            "a folder on the way is a link: name the folder that it leads to",
        )
    write_text(target, one.text)
    return state


def scalar(text: str) -> str:
    """A text as a YAML scalar that is read back as that text, in flow and in block style."""
    plain = _PLAIN.fullmatch(text) is not None and ": " not in text and text.isascii()
    if plain and text.casefold() not in _WORDS and not text.endswith(":"):
        return text
    return toml_text(text)


def toml_text(text: str) -> str:
    """A text as a double-quoted string, which JSON, YAML and TOML read alike; Chinese as itself."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(
        f"\\u{ord(c):04x}" if c in "\x7f\x85\xa0\u2028\u2029\ufeff" or "\x80" <= c < "\xa0" else c
        for c in quoted
    )


def comment(text: str) -> str:
    """Text from data in a comment: one line, nothing hidden."""
    return printable(" ".join(text.split()))
