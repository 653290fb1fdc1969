# SPDX-License-Identifier: Apache-2.0
"""From log-probabilities of tokens to probability mass of labels."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from math import exp, isnan
from typing import NamedTuple

from evalkit.core.exchange import Position

__all__ = ["Mass", "label_mass"]

_BLANKS = ("▁", "Ġ")  # how some servers write the blank that begins a token


class Mass(NamedTuple):
    """Probability mass, not scaled.

    Attributes:
        of: Label to what is surely its own.
        shared: Sets of labels to what belongs to one of them, nobody knows which.
    """

    of: dict[str, float]
    shared: dict[frozenset[str], float]


def label_mass(positions: Sequence[Position], labels: Sequence[str]) -> Mass:
    """Mass of each label by the alternatives at the positions of an answer.

    A text T (what was generated before, plus a token) stands for label L where T begins with L
    and then a non-word character or nothing, or where L begins with T. If that is one label, the
    token's probability is its. If it is several, and T is what the model went on with, the next
    position splits it; else it is shared. Tokens of blanks only, off the path, count for nobody.

    Args:
        positions: Of the answer, in order; those after the first serve only to tell labels apart.
        labels: The set; case is ignored unless two labels differ only by it.
    """
    forms = _forms(labels)
    mass = Mass(dict.fromkeys(labels, 0.0), {})
    path: _Path | None = _Path("", 1.0, frozenset(labels))
    for position in positions:
        if path is None:
            return mass
        path = _step(mass, path, position, forms)
    if path is not None and path.text:  # ended in the middle, or at a label others begin with
        if path.text.strip() in {forms[label] for label in path.open}:
            done = next(label for label in path.open if forms[label] == path.text.strip())
            mass.of[done] += path.weight
        else:
            _share(mass, path.open, path.weight)
    return mass


class _Path(NamedTuple):
    """What the model generated so far, how likely, and the labels that it may become."""

    text: str
    weight: float
    open: frozenset[str]


def _step(mass: Mass, path: _Path, position: Position, forms: _Forms) -> _Path | None:
    """Give out the alternatives of one position; where the path goes on, or None if it is told."""
    ahead: _Path | None = None
    left = path.weight
    for token, probability in _alternatives(position).items():
        text = _text(path.text, token, forms)
        meant = _meant(text, forms, path.open)
        here = path.weight * probability
        if len(meant) > 1 and token == position.token:
            ahead = _Path(text, here, meant)
        elif len(meant) == 1:
            mass.of[next(iter(meant))] += here
        elif meant and text.strip():
            _share(mass, meant, here)
        else:
            continue
        left -= here
    # A label that is complete already: whatever does not go on to a longer one is it.
    for label in path.open:
        if path.text and forms[label] == path.text.strip():
            mass.of[label] += max(0.0, left)
    return ahead


def _share(mass: Mass, labels: frozenset[str], weight: float) -> None:
    mass.shared[labels] = mass.shared.get(labels, 0.0) + weight


def _alternatives(position: Position) -> dict[str, float]:
    """Token to probability, the generated one among them; broken numbers are dropped."""
    found = {token: exp(min(logprob, 0.0)) for token, logprob in position.top if not isnan(logprob)}
    if not isnan(position.logprob):
        found.setdefault(position.token, exp(min(position.logprob, 0.0)))
    return found


class _Forms(dict[str, str]):
    """Label to what its tokens spell, with case folded where no two labels need it."""

    ignore_case = True


def _forms(labels: Sequence[str]) -> _Forms:
    forms = _Forms((label, _plain(label).strip().casefold()) for label in labels)
    if len(set(forms.values())) < len(labels):
        forms = _Forms((label, _plain(label).strip()) for label in labels)
        forms.ignore_case = False
    return forms


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _text(before: str, token: str, forms: _Forms) -> str:
    plain = _plain(token)
    if plain[:1] in _BLANKS:
        plain = " " + plain[1:]
    if forms.ignore_case:
        plain = plain.casefold()
    return before + plain if before else plain.lstrip()


def _meant(text: str, forms: _Forms, among: frozenset[str]) -> frozenset[str]:
    """The labels that a text may become or is."""
    if not text.strip():
        return among
    whole = [
        label
        for label in among
        if text.startswith(forms[label]) and not _goes_on(text[len(forms[label]) :])
    ]
    longer = [label for label in among if forms[label].startswith(text)]
    if whole:
        longest = max(whole, key=lambda label: len(forms[label]))
        return frozenset({longest, *longer})
    return frozenset(longer)


def _goes_on(rest: str) -> bool:
    """Whether what follows a label continues its last word."""
    return bool(rest) and (rest[0].isalnum() or rest[0] in "_-")
