# SPDX-License-Identifier: Apache-2.0
r"""Backslash sequences that were read as control characters, as `\frac` by a form feed and `rac`.

Only words that are nothing else are listed: a tab may stand before `an`, but not before `imes`.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["NEEDLES", "eaten", "restored", "without_eaten"]

# Control character: its letter, what follows it in commands of LaTeX.
_COMMANDS = {
    "\f": ("f", ("rac", "orall", "box{", "ootnote")),
    "\b": (
        "b",
        (
            "egin", "eta", "ar{", "ar ", "f{", "ig", "inom", "oxed", "mod", "ullet", "oldsymbol",
            "ackslash", "ot", "reak", "ecause", "owtie", "racket",
        ),
    ),
    "\x0b": ("v", ("ec", "ert", "ee", "arepsilon", "arphi", "artheta", "ar{")),
    "\x07": (
        "a",
        ("lpha", "ngle", "pprox", "st", "leph", "rccos", "rcsin", "rctan", "rray", "cute", "mp"),
    ),
    "\t": (
        "t",
        (
            "imes", "heta", "ext{", "extbf{", "extit{", "extrm{", "frac{", "ilde{", "riangle",
            "herefore",
        ),
    ),
    "\r": ("r", ("ightarrow", "ight)", "ight]", "ight\\", "ight|", "ight.", "m{")),
    "\n": ("n", ("abla", "otin", "ewcommand", "onumber")),
}  # fmt: skip
# In paths of Windows: `C:\temp`, `C:\new`.
_PATHS = {"\t": ("t", ("emp", "ools")), "\n": ("n", ("ew\\", "ode_modules")), "\f": ("f", ("iles",)),
          "\b": ("b", ("in\\", "uild"))}  # fmt: skip


def _needles() -> tuple[bytes, ...]:
    import json

    found = []
    for before, table in (("", _COMMANDS), (":", _PATHS)):
        for control, (_, rests) in table.items():
            found += [json.dumps(before + control + rest)[1:-1].encode() for rest in rests]
    return tuple(found)


NEEDLES = _needles()


@cache
def _command() -> re.Pattern[str]:
    kinds = []
    for control, (_, rests) in _COMMANDS.items():
        words = "|".join(
            re.escape(rest) + ("(?![a-z])" if rest.isalpha() else "") for rest in rests
        )
        kinds.append(f"{re.escape(control)}(?:{words})")
    return re.compile("|".join(kinds))


@cache
def _path() -> re.Pattern[str]:
    kinds = [
        f"{re.escape(control)}(?:{'|'.join(map(re.escape, rests))})"
        for control, (_, rests) in _PATHS.items()
    ]
    return re.compile(f"(?<![A-Za-z])[A-Za-z]:(?:{'|'.join(kinds)})")


def eaten(text: str) -> list[str]:
    """What stands there instead of commands and paths, in order."""
    found = [*_command().finditer(text), *_path().finditer(text)]
    return [match.group() for match in sorted(found, key=lambda match: match.start())]


def restored(text: str) -> str:
    """The text with its commands; paths are left, for some may be a line of their own."""
    return _command().sub(_command_again, text)


def without_eaten(text: str) -> str:
    """The text without what `eaten` finds."""
    return _path().sub("", _command().sub("", text))


def _command_again(match: re.Match[str]) -> str:
    found = match.group()
    return f"\\{_COMMANDS[found[0]][0]}{found[1:]}"
