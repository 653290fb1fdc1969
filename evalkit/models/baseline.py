# SPDX-License-Identifier: Apache-2.0
"""Classical baselines, trained on the training set in a second: what a tuned model must beat."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from math import fsum
from typing import Any

from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.core.example import Example, canonical
from evalkit.core.exchange import Reply, Request
from evalkit.core.registry import suggestion
from evalkit.models._provided import Provided

__all__ = ["baseline", "terms"]

_MOST_LABELS = 1_000
# The same question always gets the same answer, and instructions are left out: no harm.
_CAPABILITIES = frozenset({"logprobs", "seed", "system"})
# Scripts that are written without blanks between words: pairs of characters stand for words.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0e7f"
_RUNS = re.compile(f"[{_UNSPACED}]+|[^\\W{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")

Pairs = Sequence[tuple[str, str]]
Predict = Callable[[str], Reply]


@asynccontextmanager
async def baseline(model: str, train: Sequence[Example] | None) -> AsyncIterator[Provided]:
    """Open "majority", "tfidf-logreg" or "nearest-answer".

    - majority: the most frequent answer of the training set, whatever is asked.
    - tfidf-logreg: TF-IDF of words, word pairs and Chinese characters, logistic regression.
    - nearest-answer: the answer to the most similar training question (TF-IDF cosine); where it
      is good, held-out and training rows are alike.

    Raises:
        UsageError: No such baseline, no training rows, or answers that are no labels.
        MissingExtraError: scikit-learn is not there.
    """
    known: dict[str, Callable[[Pairs], Predict]] = {
        "majority": _majority,
        "tfidf-logreg": _tfidf_logreg,
        "nearest-answer": _nearest_answer,
    }
    if model not in known:
        raise UsageError(
            f"no baseline `{model}`{suggestion(model, list(known))}", f"known: {', '.join(known)}"
        )
    pairs = _pairs(train or ())
    if not pairs:
        raise UsageError(
            f"baseline:{model} has no training rows to learn from",
            "name the training file in the suite: train: data/train.jsonl",
        )
    predict = known[model](pairs)

    async def answer(request: Request) -> Reply:
        reply = predict(_question(request.messages))
        if not request.labels or reply.probabilities is None:
            return reply
        given = {label: reply.probabilities.get(label, 0.0) for label in request.labels}
        return replace(reply, probabilities=given, covered=min(1.0, fsum(given.values())))

    rows = hashlib.sha256(canonical([list(pair) for pair in pairs])).hexdigest()
    yield Provided(
        answer=answer,
        identity=f"baseline:{model} {rows} {_version(model)}",
        logprobs=model != "nearest-answer",
        capabilities=_CAPABILITIES - ({"logprobs"} if model == "nearest-answer" else set()),
    )


def terms(text: str) -> list[str]:
    """Words and word pairs, case folded (NFKC); single characters and pairs of Chinese and such."""
    found: list[str] = []
    words: list[str] = []
    for match in _RUNS.finditer(unicodedata.normalize("NFKC", text).casefold()):
        run = match.group()
        if _IS_UNSPACED.match(run):
            found += run
            found += (run[i : i + 2] for i in range(len(run) - 1))
        else:
            words.append(run)
    found += words
    found += (f"{a} {b}" for a, b in pairwise(words))
    return found


def _majority(pairs: Pairs) -> Predict:
    counts = Counter(answer for _, answer in pairs)
    # Ties go to the answer that sorts first, not to the one that stands first in the file.
    text = min(counts, key=lambda answer: (-counts[answer], answer))
    shares = {a: n / len(pairs) for a, n in sorted(counts.items())}
    known = shares if len(shares) <= _MOST_LABELS else None
    return lambda question: Reply(text=text, probabilities=known, model="baseline:majority")  # noqa: ARG005


def _tfidf_logreg(pairs: Pairs) -> Predict:
    labels = {answer for _, answer in pairs}
    if len(labels) > max(2, min(_MOST_LABELS, len(pairs) // 2)):
        raise UsageError(
            f"baseline:tfidf-logreg needs labels, and {len(pairs)} training rows have "
            f"{len(labels)} different answers",
            "use baseline:nearest-answer for free text",
        )
    if len(labels) == 1:
        return _majority(pairs)
    vectors, rows = _tfidf(pairs)
    try:
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise _missing() from error
    # C=10: TF-IDF rows have length 1, and the default of 1 holds small sets near the prior.
    untrained = LogisticRegression(C=10.0, max_iter=1_000, solver="newton-cg")
    with threadpool_limits(
        limits=1
    ):  # BLAS threads that wait for each other took 500 times as long
        fitted = untrained.fit(rows, [a for _, a in pairs])
    classes = [str(label) for label in fitted.classes_]

    def predict(question: str) -> Reply:
        shares = fitted.predict_proba(vectors.transform([question]))[0].tolist()
        best = max(range(len(classes)), key=shares.__getitem__)
        return Reply(
            text=classes[best],
            probabilities=dict(zip(classes, shares, strict=True)),
            model="baseline:tfidf-logreg",
        )

    return predict


def _nearest_answer(pairs: Pairs) -> Predict:
    vectors, rows = _tfidf(pairs)

    def predict(question: str) -> Reply:
        # Rows have length 1: the product is the cosine. argmax takes the first of equals.
        likeness = (rows @ vectors.transform([question]).T).toarray().ravel()
        return Reply(text=pairs[int(likeness.argmax())][1], model="baseline:nearest-answer")

    return predict


def _tfidf(pairs: Pairs) -> tuple[Any, Any]:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as error:
        raise _missing() from error
    vectors = TfidfVectorizer(analyzer=terms, sublinear_tf=True)
    try:
        return vectors, vectors.fit_transform([question for question, _ in pairs])
    except ValueError as error:  # an empty vocabulary
        raise UsageError(
            "the training questions hold no words to learn from", "look at them: evalkit show FILE"
        ) from error


def _missing() -> MissingExtraError:
    return MissingExtraError("scikit-learn", extra="eval", purpose="train classical baselines")


def _pairs(train: Sequence[Example]) -> list[tuple[str, str]]:
    """Question and answer of the rows that end in an assistant's answer."""
    found = []
    for example in train:
        messages = example.messages
        if len(messages) > 1 and messages[-1].role == "assistant" and messages[-1].text.strip():
            asked = "\n".join(m.text for m in messages[:-1] if m.role not in _INSTRUCTIONS)
            found.append((asked, messages[-1].text.strip()))
    return found


_INSTRUCTIONS = ("system", "developer")  # the same in every row: they tell nothing apart


def _question(messages: Sequence[Mapping[str, Any]]) -> str:
    texts = []
    for message in messages:
        content = message.get("content")
        if message.get("role") in _INSTRUCTIONS:
            continue
        if isinstance(content, str):
            texts.append(content)
        elif isinstance(content, list):
            parts = (p.get("text") for p in content if isinstance(p, Mapping))
            texts.append("".join(p for p in parts if isinstance(p, str)))
        else:
            texts.append("")
    return "\n".join(texts)


def _version(model: str) -> str:
    """What a prediction depends on besides the rows."""
    if model == "majority":
        return "1"
    from importlib.metadata import version

    return f"1 scikit-learn {version('scikit-learn')}"
