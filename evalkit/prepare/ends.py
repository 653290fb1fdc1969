# SPDX-License-Identifier: Apache-2.0
r"""What texts have in common at their ends, and whether that is a mark or content.

A separator tells the model where the prompt ends, a stop sequence where to stop. Texts that share
their last characters by chance (fifty questions from one template all end with "能献血吗？") have
neither. A common end is a mark where somebody must have put it there on purpose:

1. it ends with a mark that is in use (`\n\n###\n\n`, ` ->`, ` END`, `<|end|>`, a line break), or
2. its last line is a short label with a colon (`\nAgent:`), or
3. it holds neither letters nor digits (`?`, `***`): nobody's words are cut off with it.

Whatever else is common is content: it is not to be sent along, and not to be stopped at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "SEPARATORS",
    "STOPS",
    "common_end",
    "common_start",
    "free_separator",
    "free_stop",
    "mark",
    "only_punctuation",
]

# In the order in which openai 0.28.1 proposed them, the last where every other one is in use.
SEPARATORS = (
    " ->", "\n\n###\n\n", "\n\n===\n\n", "\n\n---\n\n", "\n\n===>\n\n", "\n\n--->\n\n",
    "\n\n### =>\n\n",
)  # fmt: skip
STOPS = ("\n", ".", " END", "***", "+++", "&&&", "$$$", "@@@", "%%%", " [END]")

_IN_USE = re.compile(
    r"""(?:
      (?:\s*(?:\#{2,}|={2,}|-{2,})>?\s*(?:=>)?\s*)   # ### === ---> with blanks around
    | \s*[-=]>\s*                                    # -> =>
    | \s*<\|?/?[A-Za-z_]{1,20}\|?>\s*                # <|end|> </s> <END>
    | \s*\[/?[A-Z_]{2,20}\]\s*                       # [END]
    | \s+(?:END|STOP|DONE)\s*
    | \n\s*                                          # line breaks
    )\Z""",
    re.VERBOSE,
)
_LABEL = re.compile(r"\n[^\n:：]{1,30}[:：][ \t]*\Z|(?:\A|(?<=\s))[^\W\d_]{1,12}[:：][ \t]*\Z")
_SENTENCE = frozenset(".?!。？！…．」』”\"')） ")


def common_end(texts: Sequence[str]) -> str:
    """The longest end that all texts have; one text has it in common with itself."""
    turned = [text[::-1] for text in texts]
    return _shared(min(turned), max(turned))[::-1] if turned else ""


def common_start(texts: Sequence[str]) -> str:
    """The longest start that all texts have, no word of Latin letters cut in two."""
    start = _shared(min(texts), max(texts)) if texts else ""
    size = len(start)
    while size and any(_inside_word(text, size) for text in texts):
        size -= 1
    return start[:size]


def _shared(one: str, other: str) -> str:
    """What both begin with; of the first and the last of sorted texts that is what all do."""
    length = min(len(one), len(other))
    return one[: next((at for at in range(length) if one[at] != other[at]), length)]


def _inside_word(text: str, place: int) -> bool:
    """Whether a cut there would divide a word; Chinese has no words to divide."""
    around = text[place - 1 : place + 1]
    return len(around) == 2 and all(c.isalnum() and c < "\u2e80" for c in around)


def mark(end: str) -> str:
    """The part of a common end that is a mark; empty where it is content."""
    if found := _IN_USE.search(end):
        return found.group()
    if found := _LABEL.search(end):
        return found.group()
    return end if end and not any(c.isalnum() for c in end) else ""


def only_punctuation(text: str) -> bool:
    """Whether it is but the end of a sentence."""
    return bool(text) and _SENTENCE.issuperset(text)


def free_separator(prompts: Sequence[str]) -> str:
    """The first that stands in no prompt; ` ->` only where no prompt has a line break."""
    lines = any("\n" in text for text in prompts)
    return _free(SEPARATORS[1:] if lines else SEPARATORS, prompts)


def free_stop(completions: Sequence[str]) -> str:
    """The first that stands in no completion."""
    return _free(STOPS, completions)


def _free(proposed: Sequence[str], texts: Sequence[str]) -> str:
    unused = (one for one in proposed if not any(one in text for text in texts))
    return next(unused, proposed[-1])
