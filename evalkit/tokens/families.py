# SPDX-License-Identifier: Apache-2.0
"""Tokenizers that are not OpenAI's: approximations, each with the error that was measured.

The numbers are in families.toml, which tools/fit_tokenizers.py writes and which says how they were
measured. Exact counts take the model's own `tokenizer.json`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from evalkit.tokens.frame import FRAMES, Frame

__all__ = ["FAMILIES", "Family"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How the tokens of a tokenizer follow from those of encodings that are at hand.

    Attributes:
        title: Whose models have it.
        frame: What their chat template spends around texts.
        plain: The encoding whose exact count of ASCII text is the start.
        weight: Tokens for each of that encoding's.
        figure: Tokens that each figure of up to three digits adds; may be negative, as all below.
        scripts: Kind of character (a name in `_approximate.KINDS`) to what it adds: "character" for
            each such character, and an encoding's name for each of its tokens in such runs.
        error: 95 of 100 files are closer than this, relatively, classes of text weighing the same.
        errors: The same for each class of text: english, chinese, code, json, other.
    """

    title: str
    frame: Frame
    plain: str
    weight: float
    figure: float
    scripts: Mapping[str, Mapping[str, float]]
    error: float
    errors: Mapping[str, float]


def _read() -> Mapping[str, Family]:
    text = (files("evalkit.tokens") / "families.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)["families"]
    # Families that have one vocabulary and several templates share their numbers.
    whole = {name: found[facts.get("as", name)] | facts for name, facts in found.items()}
    return MappingProxyType(
        {
            name: Family(
                title=facts["title"],
                frame=FRAMES[name],
                plain=facts["plain"],
                weight=facts["weight"],
                figure=facts["figure"],
                scripts=facts["scripts"],
                error=facts["error"],
                errors=facts["errors"],
            )
            for name, facts in whole.items()
        }
    )


FAMILIES: Mapping[str, Family] = _read()
