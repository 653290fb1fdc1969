# SPDX-License-Identifier: Apache-2.0
"""The measures of OpenAI's `text_similarity` grader, each of two texts, in [0, 1]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from evalkit.core.errors import UsageError
from evalkit.scorers._rouge import ngram_overlap, overlap
from evalkit.scorers._tokenise import tokenise

__all__ = ["SIMILARITIES", "edit", "gleu", "similarity"]

SIMILARITIES = (
    "fuzzy_match",
    "bleu",
    "gleu",
    "rouge_1",
    "rouge_2",
    "rouge_3",
    "rouge_4",
    "rouge_5",
    "rouge_l",
    "cosine",
    "meteor",
)


def similarity(name: str, where: str) -> Callable[[str, str], float]:
    """The measure of that name: of the answer and the reference.

    Raises:
        UsageError: `cosine` and `meteor`, which need a model or word lists.
    """
    if name == "cosine":
        raise UsageError(f"{where}: cosine needs a model", "use the scorer: embedding")
    if name == "meteor":
        raise UsageError(
            f"{where}: meteor needs WordNet, which is not here", "fuzzy_match or rouge_l come near"
        )
    if name == "fuzzy_match":
        return edit
    if name == "gleu":
        return lambda a, b: gleu(tokenise(a), tokenise(b))
    if name == "bleu":
        return _bleu
    if name == "rouge_l":
        return lambda a, b: overlap(tokenise(a), tokenise(b)).f
    n = int(name.removeprefix("rouge_"))
    return lambda a, b: ngram_overlap(tokenise(a), tokenise(b), n).f


def edit(a: str, b: str) -> float:
    """1 - insertions and deletions / characters of both: `fuzz.ratio` of rapidfuzz / 100."""
    from rapidfuzz.distance import Indel

    return float(Indel.normalized_similarity(a, b))


def gleu(given: list[str], wanted: list[str]) -> float:
    """The smaller of precision and recall of all n-grams, n from 1 to 4.

    Wu et al. (2016), arXiv 1609.08144, section 4; equal to nltk's `sentence_gleu`.
    """
    ours, theirs = _grams(given), _grams(wanted)
    most = max(ours.total(), theirs.total())
    return (ours & theirs).total() / most if most else 1.0


def _grams(tokens: list[str]) -> Counter[tuple[str, ...]]:
    return Counter(
        tuple(tokens[i : i + n]) for n in range(1, 5) for i in range(len(tokens) - n + 1)
    )


def _bleu(a: str, b: str) -> float:
    from evalkit.scorers._bleu import sentence_bleu

    return sentence_bleu(a, [b]).value
