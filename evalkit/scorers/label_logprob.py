# SPDX-License-Identifier: Apache-2.0
"""Classification by log-probability: the label that the model holds most likely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan

from evalkit.core.exchange import Position, Reply
from evalkit.core.printable import excerpt
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._label_mass import Mass, label_mass
from evalkit.scorers._labels import OTHER, Synonyms, read_label, synonym_pairs
from evalkit.scorers._normalise import normalise

__all__ = ["label_logprob"]

_NEGLIGIBLE = 0.01  # share of the covered mass that may stay unclear without a word


@scale("share", binary=True)
def label_logprob(
    reply: Reply,
    expected: str,
    labels: Sequence[str],
    *,
    synonyms: Mapping[str, str | Sequence[str]] | None = None,
) -> Score:
    """1 if the expected label has the greatest probability, else 0.

    Probabilities that the model gives itself (`reply.probabilities`) are taken; else they come
    from the alternatives at the first position of the answer: a token counts for the label that
    begins with it (blanks before it and case ignored); where several labels begin alike, the next
    position tells them apart on the path that the model took. Over the labels they are scaled to
    sum to 1; `covered` is the sum before.

    NaN: no log-probabilities; labels that cannot be told apart and could change the answer; a
    failed request. No label among the alternatives: 0 with the answer "(other)".

    Args:
        reply: The answer.
        expected: A label; else NaN.
        labels: The set.
        synonyms: Label to other names of it; what is likely of them is likely of the label.
    """
    if error := failed(reply):
        return error
    wanted = read_label(expected, labels, synonyms)
    if wanted is None:
        return Score(nan, why=f"expected `{excerpt(expected)}`, which is not one of the labels")
    if reply.probabilities is not None:
        mass = _given(reply.probabilities, labels, synonyms)
    elif any(position.top for position in reply.positions[:1]):
        mass = _read(reply.positions, labels, synonyms)
    else:
        return Score(nan, why="the model gave no log-probabilities")
    return _chosen(mass, wanted)


def _read(positions: Sequence[Position], labels: Sequence[str], synonyms: Synonyms | None) -> Mass:
    """The mass of the labels, that of their other names added."""
    means = {label: label for label in labels}
    forms = {normalise(label) for label in labels}
    for name, label in synonym_pairs(synonyms):
        if label in labels and normalise(name) not in forms:
            means[name] = label
            forms.add(normalise(name))
    if len(means) == len(labels):
        return label_mass(positions, labels)
    found = label_mass(positions, list(means))
    of = dict.fromkeys(labels, 0.0)
    shared: dict[frozenset[str], float] = {}
    for name, own in found.of.items():
        of[means[name]] += own
    for several, mass in found.shared.items():
        meant = frozenset(means[name] for name in several)
        if len(meant) == 1:
            of[next(iter(meant))] += mass
        else:
            shared[meant] = shared.get(meant, 0.0) + mass
    return Mass(of, shared)


def _given(
    probabilities: Mapping[str, float], labels: Sequence[str], synonyms: Synonyms | None
) -> Mass:
    of = dict.fromkeys(labels, 0.0)
    for name, probability in probabilities.items():
        place = read_label(name, labels, synonyms)
        if place is not None and isfinite(probability) and probability > 0:
            of[place] += probability
    return Mass(of, {})


def _chosen(mass: Mass, wanted: str) -> Score:
    unclear = sum(mass.shared.values())
    covered = min(1.0, sum(mass.of.values()) + unclear)
    if covered <= 0:
        return Score(0.0, answer=OTHER, why="no label is among the alternatives", covered=0.0)
    ranked = sorted(mass.of, key=lambda label: -mass.of[label])  # stable: ties go by suite order
    answer = ranked[0]
    most = {  # what a label could have if all that is unclear were its own
        label: own + sum(m for several, m in mass.shared.items() if label in several)
        for label, own in mass.of.items()
    }
    if any(most[label] > mass.of[answer] for label in ranked[1:]) and unclear > 0:
        names = ", ".join(excerpt(label, 30) for label in sorted(set().union(*mass.shared)))
        return Score(nan, why=f"labels begin with the same token: {names}", covered=covered)
    right = float(answer == wanted)
    if unclear > _NEGLIGIBLE * covered:
        why = "the answer is certain, the probabilities are not: labels begin with the same token"
        return Score(right, answer=answer, why=why, covered=covered)
    total = sum(mass.of.values())
    probabilities = {label: own / total for label, own in mass.of.items()}
    return Score(right, answer=answer, probabilities=probabilities, covered=covered)
