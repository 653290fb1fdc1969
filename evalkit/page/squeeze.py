# SPDX-License-Identifier: Apache-2.0
"""Our own style sheets and scripts without the white space and comments that only readers need."""

from __future__ import annotations

import re

__all__ = ["squeezed_script", "squeezed_style"]

# What stays as it is: strings, templates (none is nested in another), regular expressions, which
# follow an operator or an opening bracket. Comments are found among them: each may look like both.
_KEPT = re.compile(
    r"""
    (?P<comment> [ ]*//[^\n]* | /\*.*?\*/ )
    | (?P<literal>
        "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `(?:[^`\\]|\\.)*`
        | (?<=[=(,:&|?!])[ ]?/(?![*/])(?:\\.|\[(?:\\.|[^]\\\n])*]|[^/\\\n\[])+/[a-z]*
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_SQUEEZES = (
    (re.compile(r"[ \t]*\n\s*"), "\n"),
    (re.compile(r" ?([=*/%&|<>!?:;,(){}\[\]]) ?"), r"\1"),
    (re.compile(r"(?<![+-]) ?([+-]) ?(?![ +-])"), r"\1"),  # never `+ +`
    (re.compile(r"(?<=[{(\[,;])\n"), ""),
    (re.compile(r"\n(?=[})\]?:&|.])"), ""),
    (re.compile(r";(?=})"), ""),  # we write no empty statement
    (re.compile(r"(?<![\w$)\]])\((\w+)\)=>"), r"\1=>"),
)


def squeezed_script(script: str) -> str:
    """JavaScript that does the same in fewer bytes: names and line ends that count stay."""
    bare = _KEPT.sub(lambda found: found["literal"] or "", script)
    parts, at = [], 0
    for found in _KEPT.finditer(bare):
        parts += [_squeezed(bare[at : found.start()]), found.group().strip(" ")]
        at = found.end()
    return "".join([*parts, _squeezed(bare[at:])]).strip()


def squeezed_style(style: str) -> str:
    """A style sheet on one line, without comments."""
    bare = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return "".join(line.strip() for line in bare.splitlines()).replace(";}", "}")


def _squeezed(code: str) -> str:
    for pattern, by in _SQUEEZES:
        code = pattern.sub(by, code)
    return code
