# SPDX-License-Identifier: Apache-2.0
"""What a suite says of its judge: who it is, what it is asked, and how its verdicts count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.models.spec import _KEYS as _MODEL_KEYS
from evalkit.models.spec import ModelSpec, parse_spec

__all__ = ["JUDGE", "JudgeSpec", "asked_name", "parse_judge"]

JUDGE = "judge"  # its name where models are listed and in recordings

_WORDS: Mapping[str, tuple[str, ...]] = {
    "mode": ("pairwise", "pointwise"),
    "orders": ("both", "one"),
    "ties": ("strict", "half"),
    "language": ("en", "zh"),
}
_TEXTS = ("ask", "rubric", "context", "humans")
_OWN = (*_WORDS, *_TEXTS, "scale", "reference", "probes")
_MOST_PROBES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSpec:
    """A judge as written.

    Attributes:
        model: Who judges.
        ask: The question put to it; "" = the rubric's, or whether the answer serves the user.
        rubric: "grounded", "policy", or a file (.toml, or a text); None = `ask` alone.
        mode: "pairwise" (two answers, which is better) or "pointwise" (one answer, how good).
        scale: Lowest and highest score of pointwise judging.
        orders: "both" = each pair is shown both ways round; "one" = the candidate's answer is
            first for every other question.
        ties: Two orders that disagree are a tie ("strict"), or the mean of the two ("half").
        humans: A file of human verdicts, as `evalkit label` writes it.
        reference: Whether the judge sees the expected answer, where the data holds one.
        context: A file, or a field of the data, that the judge sees beside the conversation.
        language: Of the instructions; None = by the questions.
        probes: How many pairs are judged once more with a text behind the worse answer that tries
            to win the judge over; 0 = none.
        unrecorded: Of a replayed suite: the recording, where it holds no answers of the judge.
    """

    model: ModelSpec
    ask: str = ""
    rubric: str | None = None
    mode: Literal["pairwise", "pointwise"] = "pairwise"
    scale: tuple[float, float] = (1.0, 10.0)
    orders: Literal["both", "one"] = "both"
    ties: Literal["strict", "half"] = "strict"
    humans: str | None = None
    reference: bool = True
    context: str | None = None
    language: Literal["en", "zh"] | None = None
    probes: int = 0
    unrecorded: str = ""


def asked_name(scorer: str) -> str:
    """The name of a scorer's model where models are listed and in recordings."""
    return f"scorer.{scorer}"


def parse_judge(written: Any, *, models: Mapping[str, ModelSpec], place: str) -> JudgeSpec | None:
    """Understand the suite key `judge`; opens and reads nothing.

    Args:
        written: A model's name, or a mapping: keys of a model (`use`, `url`, ...) and of judging.
        models: Of the suite.
        place: For messages.

    Raises:
        UsageError: An unknown key, a value of the wrong kind, or a contradiction.
    """
    if written is None:
        return None
    where = f"{place}, judge"
    if JUDGE in models:
        raise UsageError(
            f"{place}: a model is named `{JUDGE}`, which is the judge's name",
            "give the model another name",
        )
    said = {"use": written} if isinstance(written, str) else dict(written)
    own = {key: said.pop(key) for key in _OWN if key in said}
    _check(own, said, where)
    model = parse_spec(said, where=where)
    given: dict[str, Any] = {key: value for key, value in own.items() if value is not None}
    if "scale" in given:
        given["scale"] = tuple(map(float, given["scale"]))
    if given.get("mode") == "pointwise":
        for key in ("orders", "ties", "probes"):
            if key in given:
                raise UsageError(
                    f"{where}: `{key}` is of pairwise judging only", f"leave out `{key}`"
                )
    elif "scale" in given:
        raise UsageError(f"{where}: `scale` is of `mode: pointwise` only", "leave out `scale`")
    if given.get("mode") != "pointwise" and len(models) < 2:
        raise UsageError(
            f"{where}: two answers are compared, and the suite has one model",
            "name a second model, or judge each answer by itself: mode: pointwise",
        )
    return JudgeSpec(model=model, **given)


def _check(own: Mapping[str, Any], rest: Mapping[str, Any], where: str) -> None:
    if not isinstance(rest.get("use"), str):
        raise UsageError(f"{where}: no `use`", "name the model that judges: use: openai/gpt-5.5")
    _check_rest(rest, where)
    for key, known in _WORDS.items():
        if key in own and own[key] not in known:
            shown = excerpt(str(own[key]), 40)
            near = suggestion(shown, list(known))
            raise UsageError(f"{where}: `{key}` is `{shown}`{near}", f"known: {', '.join(known)}")
    for key in _TEXTS:
        if key in own and not (isinstance(own[key], str) and own[key].strip()):
            raise UsageError(f"{where}: `{key}` is no text", "write it in quotes, or leave it out")
    if not isinstance(own.get("reference", True), bool):
        raise UsageError(
            f"{where}: `reference` is `{excerpt(str(own['reference']), 40)}`",
            "true shows the judge the expected answer, false hides it",
        )
    probes = own.get("probes", 0)
    if not isinstance(probes, int) or isinstance(probes, bool) or not 0 <= probes <= _MOST_PROBES:
        raise UsageError(
            f"{where}: `probes` is `{excerpt(repr(probes), 40)}`",
            f"give a whole number from 0 to {_MOST_PROBES}, such as 50",
        )
    if "scale" in own:
        _check_scale(own["scale"], where)


def _check_rest(rest: Mapping[str, Any], where: str) -> None:
    """What is left for the model: no misspelt key of judging, nothing that changes our words."""
    for key in ("system", "few_shot"):
        if key in rest:
            raise UsageError(
                f"{where}: `{key}` would change what the judge is told",
                "say what counts with `ask` and `rubric`, and show a text with `context`",
            )
    for key in map(str, rest):
        near = suggestion(key, list(_OWN))
        if near and key not in _MODEL_KEYS:
            raise UsageError(
                f"{where}: unknown key `{excerpt(key)}`{near}",
                f"keys of judging: {', '.join(_OWN)}; the others are those of a model",
            )


def _check_scale(scale: Any, where: str) -> None:
    ends = list(scale) if isinstance(scale, list | tuple) else []
    numbers = [e for e in ends if isinstance(e, int | float) and not isinstance(e, bool)]
    if len(ends) != 2 or len(numbers) != 2 or not -1e6 <= ends[0] < ends[1] <= 1e6:
        raise UsageError(
            f"{where}: `scale` is `{excerpt(repr(scale), 40)}`",
            "give the lowest and the highest score, such as [1, 10]",
        )
