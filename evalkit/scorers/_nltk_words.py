# SPDX-License-Identifier: Apache-2.0
"""English words as the CMRC 2018 script cuts them: NLTK's tokenizer, which it calls.

A port of `NLTKWordTokenizer` (NLTK 3.10, Apache-2.0), itself after the Penn Treebank's sed script;
without the splitting into sentences, which needs a trained model. Texts are short: answers.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["nltk_words"]

_RULES = (
    # opening quotes
    (r"([«“‘„]|[`]+)", r" \1 "),
    (r"^\"", r"``"),
    (r"(``)", r" \1 "),
    (r"([ \(\[{<])(\"|\'{2})", r"\1 `` "),
    (r"(?i)(?<!\w)(\')(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", r"\1 "),
    # punctuation
    (r"([^\.])(\.)([\]\)}>\"'»”’ ]*+)\s*$", r"\1 \2 \3 "),
    (r"([:,])([^\d])", r" \1 \2"),
    (r"([:,])$", r" \1 "),
    (r"\.{2,}", r" \g<0> "),
    (r"[;@#$%&]", r" \g<0> "),
    (r"[\u2012-\u2015]", r" \g<0> "),
    (r"([^\.])(\.)([\]\)}>\"']*)\s*$", r"\1 \2\3 "),
    (r"[?!]", r" \g<0> "),
    (r"([^'])' ", r"\1 ' "),
    (r"[*]", r" \g<0> "),
    # brackets, dashes
    (r"[\]\[\(\)\{\}\<\>]", r" \g<0> "),
    (r"--", r" -- "),
)
_AFTER = (
    # closing quotes and what is contracted; a blank stands before and after the text by now
    (r"([»”’])", r" \1 "),
    (r"''", " '' "),
    (r'"', " '' "),
    (r"\s+", " "),
    (r"([^' ])('[sS]|'[mM]|'[dD]|') ", r"\1 \2 "),
    (r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", r"\1 \2 "),
    (r"(?i)\b(can)(not)\b", r" \1 \2 "),
    (r"(?i)\b(d)('ye)\b", r" \1 \2 "),
    (r"(?i)\b(gim)(me)\b", r" \1 \2 "),
    (r"(?i)\b(gon)(na)\b", r" \1 \2 "),
    (r"(?i)\b(got)(ta)\b", r" \1 \2 "),
    (r"(?i)\b(lem)(me)\b", r" \1 \2 "),
    (r"(?i)\b(more)('n)\b", r" \1 \2 "),
    (r"(?i)\b(wan)(na)(?=\s)", r" \1 \2 "),
    (r"(?i) ('t)(is)\b", r" \1 \2 "),
    (r"(?i) ('t)(was)\b", r" \1 \2 "),
)


def nltk_words(text: str) -> list[str]:
    """The words and signs of a text."""
    before, after = _compiled()
    for pattern, put in before:
        text = pattern.sub(put, text)
    text = f" {text} "
    for pattern, put in after:
        text = pattern.sub(put, text)
    return text.split()


@cache
def _compiled() -> tuple[list[tuple[re.Pattern[str], str]], ...]:
    return tuple([(re.compile(p), put) for p, put in rules] for rules in (_RULES, _AFTER))
