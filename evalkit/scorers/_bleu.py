# SPDX-License-Identifier: Apache-2.0
"""BLEU and chrF by sacrebleu: the score of one answer, and the counts that corpora sum.

Papineni et al. (2002), ACL, 311-318; Popović (2015), WMT, 392-395; Post (2018), WMT, 186-191.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

from evalkit.core.errors import MissingExtraError

__all__ = ["BleuTokens", "Counted", "sentence_bleu", "sentence_chrf"]

BleuTokens = Literal["auto", "13a", "intl", "zh", "char", "none"]
"""How BLEU cuts texts: sacrebleu's names, or by the script of the expected text."""

_KANA_HANGUL = re.compile("[\u3040-\u30ff\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]")
_HAN = re.compile("[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


class Counted(NamedTuple):
    """The score of one answer in [0, 1], and what a corpus sums."""

    value: float
    parts: tuple[float, ...]


def sentence_bleu(
    text: str, expected: Sequence[str], *, tokenise: BleuTokens = "auto", ignore_case: bool = False
) -> Counted:
    """BLEU of one answer, exponential smoothing, orders that it is too short for left out.

    Parts: lengths of answer and nearest reference, matches of order 1 to 4, n-grams of order 1
    to 4. Answer and references empty: 1.
    """
    how = _by_script(expected) if tokenise == "auto" else tokenise
    found = _bleu(how, ignore_case).sentence_score(text, list(expected))
    parts = (found.sys_len, found.ref_len, *found.counts, *found.totals)
    empty = not text.strip() and not any(one.strip() for one in expected)
    return Counted(1.0 if empty else min(1.0, found.score / 100), tuple(map(float, parts)))


def sentence_chrf(
    text: str, expected: Sequence[str], *, words: int = 0, ignore_case: bool = False
) -> Counted:
    """chrF2 of one answer: characters up to order 6, and words up to `words` (2: chrF++).

    Parts: n-grams of answer, of the best reference and of both, order by order. Answer and
    references empty: 1.
    """
    metric = _chrf(words, ignore_case)
    # Its counts have no public name (sacrebleu 2.5 to 2.6).
    parts = metric._extract_corpus_statistics([text], [[one] for one in expected])[0]  # noqa: SLF001
    empty = not text.strip() and not any(one.strip() for one in expected)
    value = 1.0 if empty else metric._compute_f_score(parts) / 100  # noqa: SLF001
    return Counted(min(1.0, value), tuple(map(float, parts)))


def _by_script(texts: Sequence[str]) -> str:
    """The expected text alone decides, so that every model's answer is cut alike."""
    whole = "".join(texts)
    if _KANA_HANGUL.search(whole):
        return "char"  # sacrebleu's zh knows Han only
    return "zh" if _HAN.search(whole) else "13a"


@cache
def _bleu(tokenise: str, ignore_case: bool) -> Any:
    metrics = _sacrebleu()
    return metrics.BLEU(tokenize=tokenise, lowercase=ignore_case, effective_order=True, force=True)


@cache
def _chrf(words: int, ignore_case: bool) -> Any:
    return _sacrebleu().CHRF(word_order=words, lowercase=ignore_case)


def _sacrebleu() -> Any:
    try:
        from sacrebleu import metrics
    except ImportError:
        raise MissingExtraError("sacrebleu", extra="eval", purpose="count n-grams") from None
    return metrics
